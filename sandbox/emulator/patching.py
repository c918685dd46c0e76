"""The tools that extend and correct moto at run time; the installed package stays as it is.

- ``@operation(Response)`` on ``def describe_x(self, parameters: dict) -> dict | None`` adds an operation to a service.
- ``@patch("moto.rds.models:DBInstance.update", sha256="…", upstream="…")`` replaces a function of moto.
- ``raise AwsError(code, message)`` (``errors.py``) answers an error in the wire format of the service.
- ``client(service, region, account)`` (``in_process.py``) is a boto3 client of this process. With it, the backend of
  one service creates resources in another service.
- ``install()`` imports the modules in ``EXTENSIONS``.

``python -m sandbox.emulator.patching`` prints every patch with the hash of the installed source, and the bugs to report
to moto.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.core.utils import camelcase_to_underscores, get_service_model

from sandbox.emulator.shared_loaders import share_loaders

share_loaders()

# Modules that patch or extend moto when they are imported, one a service.
EXTENSIONS = (
    "sandbox.emulator.core",
    "sandbox.emulator.iam",
    "sandbox.emulator.autoscaling",
    "sandbox.emulator.elasticbeanstalk",
    "sandbox.emulator.elasticache",
    "sandbox.emulator.rds",
    "sandbox.emulator.ec2",
    "sandbox.emulator.s3",
    "sandbox.emulator.route53",
    "sandbox.emulator.opensearch",
    "sandbox.emulator.elbv2",
    "sandbox.emulator.fleet.endpoint",
    "sandbox.emulator.acm",
    "sandbox.emulator.cloudfront",
    "sandbox.emulator.cloudwatch",
    "sandbox.emulator.kms",
    "sandbox.emulator.logs",
    "sandbox.emulator.secretsmanager",
    "sandbox.emulator.service_quotas",
    "sandbox.emulator.sns",
    "sandbox.emulator.ssm",
    "sandbox.emulator.wafv2",
    "sandbox.emulator.backup",
    "sandbox.emulator.bcmdataexports",
    "sandbox.emulator.stepfunctions",
    "sandbox.emulator.scheduler",
    "sandbox.emulator.creations",
    "sandbox.emulator.faults",
    "sandbox.emulator.inventory",
)


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A function of moto that the embedded AWS replaces."""

    target: str
    """``package.module:Class.method`` or ``package.module:function``."""
    sha256: str
    """The hash of moto's source when the patch was written."""
    upstream: str
    """What moto does wrong, in one sentence to report; empty where the patch is an addition or a choice of ours."""
    original: Callable[..., Any]

    def installed_sha256(self) -> str:
        """The hash of moto's installed source, without its indentation."""
        return hashlib.sha256(textwrap.dedent(inspect.getsource(self.original)).encode()).hexdigest()


PATCHES: list[Patch] = []

Replacement = Callable[..., Any]


def patch(target: str, *, sha256: str, upstream: str = "") -> Callable[[Replacement], Replacement]:
    """Replaces a function, method, class method, static method or property getter of moto.

    The replacement gets the original function first (unbound: ``original(self, …)``), then the arguments of the call.
    To replace a function that a module imports by name, ``target`` names that module, not the one that defines it.
    """
    module_name, _, path = target.partition(":")
    owner: Any = importlib.import_module(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    current = inspect.getattr_static(owner, name)
    original = current.fget if isinstance(current, property) else getattr(current, "__func__", current)
    if not inspect.isfunction(original):
        raise TypeError(f"{target}: got {current!r}, expected a function, method or property")

    def decorate(replacement: Replacement) -> Replacement:
        @functools.wraps(original)
        def patched(*args: Any, **kwargs: Any) -> Any:
            return replacement(original, *args, **kwargs)

        if isinstance(current, property):
            setattr(owner, name, property(patched, current.fset, current.fdel))
        elif isinstance(current, classmethod | staticmethod):
            setattr(owner, name, type(current)(patched))
        else:
            setattr(owner, name, patched)
        PATCHES.append(Patch(target=target, sha256=sha256, upstream=upstream, original=original))
        return replacement

    return decorate


Operation = Callable[[Any, dict[str, Any]], dict[str, Any] | None]


def operation(response: type[BaseResponse]) -> Callable[[Operation], Operation]:
    """Adds an operation to a response class of moto, or replaces moto's. The function has boto3's name for it.

    The function gets the response instance (``self.region``, ``self.current_account``) and the parameters of the
    request in AWS's spelling, without those that were not sent. It returns the output in AWS's spelling, or None if the
    operation has no output.
    """
    service = get_service_model(response().boto3_service_name)
    names = {xform_name(name): name for name in service.operation_names}

    def decorate(function: Operation) -> Operation:
        if function.__name__ not in names:
            raise LookupError(
                f"{service.service_name}: got operation {function.__name__}, expected one of AWS's in boto3's spelling"
            )

        def handler(self: BaseResponse) -> ActionResult:
            if not self.automated_parameter_parsing:
                self.parse_parameters(self.normalized_request)
            result = function(self, _sent(self.params))
            return EmptyResult() if result is None else ActionResult(result)

        handler.__name__ = camelcase_to_underscores(names[function.__name__])
        setattr(response, handler.__name__, handler)
        return function

    return decorate


def _sent(value: Any) -> Any:
    """Parsed parameters as plain dicts and lists, without the members that moto's parser sets to None."""
    if hasattr(value, "original_dict"):
        value = value.original_dict()
    if isinstance(value, dict):
        return {key: _sent(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_sent(member) for member in value]
    return value


def install() -> None:
    """Loads every extension into moto. A second call changes nothing."""
    for module in EXTENSIONS:
        importlib.import_module(module)


def main() -> None:
    """Prints each patched function with the hash of its installed source (``!``: it has changed) and its bug."""
    # Run as a script, this module is `__main__`: the extensions have registered their patches in the imported module.
    registry = importlib.import_module("sandbox.emulator.patching")
    registry.install()
    for known in registry.PATCHES:
        installed = known.installed_sha256()
        print(f"{'  ' if installed == known.sha256 else '! '}{known.target} {installed}")
        if known.upstream:
            print(f"      bug: {known.upstream}")
    bugs = sum(bool(known.upstream) for known in registry.PATCHES)
    print(f"{len(registry.PATCHES)} patched functions of moto; {bugs} of them have a bug to report to moto.")


if __name__ == "__main__":
    main()
