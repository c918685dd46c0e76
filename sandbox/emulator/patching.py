"""How the embedded AWS adds to moto and mends it, without touching the installed package.

- ``@operation(Response)`` on ``def describe_x(self, parameters: dict) -> dict | None`` adds an operation to a service.
- ``@patch("moto.rds.models:DBInstance.__init__", sha256="…")`` replaces a function of moto; it gets the original first.
- ``raise AwsError(code, message)`` (``errors.py``) answers in the service's own wire format, from anywhere.
- ``client(service, region, account)`` (``in_process.py``) is a boto3 client of this same process and thread,
  for one service's backend to make real objects in another's.
- ``install()`` imports what ``EXTENSIONS`` names; ``python -m sandbox.emulator.patching`` prints each patch's hash.
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

# Modules that patch or extend moto when imported; those of one service stand together.
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
    "sandbox.emulator.acm",
    "sandbox.emulator.cloudfront",
    "sandbox.emulator.cloudwatch",
    "sandbox.emulator.kms",
    "sandbox.emulator.logs",
    "sandbox.emulator.secretsmanager",
    "sandbox.emulator.sns",
    "sandbox.emulator.backup",
    "sandbox.emulator.bcmdataexports",
)


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A function of moto that the embedded AWS replaces, and the upstream source that it was written for."""

    target: str  # "package.module:Class.method" or "package.module:function"
    sha256: str  # of the upstream source when the patch was written
    original: Callable[..., Any]

    def upstream_sha256(self) -> str:
        """The hash of the source that is installed now, without its indentation."""
        return hashlib.sha256(textwrap.dedent(inspect.getsource(self.original)).encode()).hexdigest()


PATCHES: list[Patch] = []

Replacement = Callable[..., Any]


def patch(target: str, *, sha256: str) -> Callable[[Replacement], Replacement]:
    """Replace a function, method, class method, static method or property getter of moto.

    The replacement gets the original as its first argument (unbound: ``original(self, …)``), then the call's own.
    A module-level function is replaced in the module that ``target`` names: name the module that *uses* it when that
    one imported it by name.
    """
    module_name, _, path = target.partition(":")
    owner: Any = importlib.import_module(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    upstream = inspect.getattr_static(owner, name)
    original = upstream.fget if isinstance(upstream, property) else getattr(upstream, "__func__", upstream)
    if not inspect.isfunction(original):
        raise TypeError(f"{target} is {upstream!r}: only functions, methods and properties can be patched")

    def decorate(replacement: Replacement) -> Replacement:
        @functools.wraps(original)
        def patched(*args: Any, **kwargs: Any) -> Any:
            return replacement(original, *args, **kwargs)

        if isinstance(upstream, property):
            setattr(owner, name, property(patched, upstream.fset, upstream.fdel))
        elif isinstance(upstream, classmethod | staticmethod):
            setattr(owner, name, type(upstream)(patched))
        else:
            setattr(owner, name, patched)
        PATCHES.append(Patch(target=target, sha256=sha256, original=original))
        return replacement

    return decorate


Operation = Callable[[Any, dict[str, Any]], dict[str, Any] | None]


def operation(response: type[BaseResponse]) -> Callable[[Operation], Operation]:
    """Add an operation, named as boto3 names it, to a moto response class, or replace moto's own.

    The function gets the response instance (``self.region``, ``self.current_account``) and the request's parameters as
    botocore's model parses them, spelt as AWS spells them and without those that were not sent. It returns the output
    in the same spelling, or None where the operation has no output.
    """
    service = get_service_model(response().boto3_service_name)
    names = {xform_name(name): name for name in service.operation_names}

    def decorate(function: Operation) -> Operation:
        if function.__name__ not in names:
            raise LookupError(f"{service.service_name} has no operation {function.__name__}")

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
    """Parsed parameters as plain dicts and lists, without the members that moto's parser fills with None."""
    if hasattr(value, "original_dict"):
        value = value.original_dict()
    if isinstance(value, dict):
        return {key: _sent(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_sent(member) for member in value]
    return value


def install() -> None:
    """Load every extension into moto; calling it again changes nothing."""
    for module in EXTENSIONS:
        importlib.import_module(module)


def main() -> None:
    """Print the hash of the installed source of every patched function, marking those that changed."""
    # Run as a script this module is `__main__`: the registry that the extensions filled is the imported one's.
    registry = importlib.import_module("sandbox.emulator.patching")
    registry.install()
    for known in registry.PATCHES:
        current = known.upstream_sha256()
        print(f"{'  ' if current == known.sha256 else '! '}{known.target} {current}")


if __name__ == "__main__":
    main()
