"""Has the engine start the AWS plugin while Python imports the program. Import it first, for its effect. Without this
file, the program does the same.

The engine starts the plugin at the first question to it. The SDK sends the program's first question only when the whole
program has run: by then Python has imported pulumi_aws for a second or more on one core, and the engine has waited. So
this asks the question that the program asks first anyway, for the account, and waits for no answer. If it fails, the
program's own question fails too, and the SDK reports that.

Delete this file when a preview of production takes no longer without it.
"""

from __future__ import annotations

import importlib.metadata
import re

from pulumi.runtime import settings
from pulumi.runtime.proto import resource_pb2

_QUESTION = "aws:index/getCallerIdentity:getCallerIdentity"
_RELEASE = re.compile(r"\d+\.\d+\.\d+")


def ask(monitor: object) -> object | None:
    """The answer to come; None if the monitor is not an engine's, or if it is not clear how the SDK names its version.

    With another version than pulumi_aws names, the engine would start a second plugin.
    """
    send = getattr(getattr(monitor, "Invoke", None), "future", None)
    version = importlib.metadata.version("pulumi_aws")
    if send is None or not _RELEASE.fullmatch(version):
        return None
    answer: object = send(resource_pb2.ResourceInvokeRequest(tok=_QUESTION, version=version))
    return answer


answer = ask(settings.get_monitor())
"""Kept, since gRPC cancels a question that nobody holds."""
