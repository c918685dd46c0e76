"""Tags of vaults and plans, for clients that end the path of a request with a slash and for those that do not."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.backup.responses import BackupResponse

from sandbox.emulator.patching import patch


@patch(
    "moto.backup.responses:BackupResponse.list_tags",
    sha256="1e084756efc04284f240421f522f83c51e2da598a535b1eb0b181fdfb278cef1",
    upstream="ListTags answers no tags if the path does not end with a slash, as Go's SDK sends it.",
)
def _list_tags(_original: Any, response: BackupResponse) -> str:
    arn = unquote(response.path.partition("/tags/")[2]).rstrip("/")
    return json.dumps({"Tags": response.backup_backend.list_tags(resource_arn=arn)})
