"""Writes ``docs/sandbox-resources.md``: how far each resource type of the sandbox behaves as on AWS.

``python -m sandbox.provider.coverage`` writes the page; with ``--check`` it says whether the page is current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from itertools import groupby
from pathlib import Path
from pkgutil import walk_packages
from typing import Final

import sandbox.provider.aws as aws_adapters
from sandbox.provider.adapter import ADAPTERS, FUNCTIONS, Adapter
from sandbox.provider.generated import Generated

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "sandbox-resources.md"
_COMMAND: Final = "python -m sandbox.provider.coverage"

_INTRODUCTION: Final = f"""\
<!-- Written by `{_COMMAND}` from the adapters' own declarations: change those, not this page. -->
# What the sandbox really does with each resource type

The sandbox creates, reads, updates and deletes every type below through AWS's own API, against the embedded AWS. You
can read what it wrote with boto3 or the AWS CLI, `pulumi refresh` sees what changed there, and a property that the
sandbox does not handle is an error. The columns list what differs from AWS:

- **Kept in the state only**: properties that never reach the embedded AWS, or that AWS's API never answers.
  `pulumi refresh` does not see changes of these.
- **Not acted on**: what is stored but has no effect. For every type: no traffic flows without a fleet, no metrics are
  recorded, alarms change state only through `SetAlarmState`, and IAM policies are not enforced.

If a type or function is not listed, using it is an error that names the file to add it in.
"""
_HEAD: Final = "| type | kept in the state only | not acted on |\n| --- | --- | --- |\n"


def page() -> str:
    """The whole page, in Markdown."""
    _load_all()
    sections = [_INTRODUCTION]
    in_aws = sorted((each for each in ADAPTERS.values() if not isinstance(each, Generated)), key=_by_service)
    for service, adapters in groupby(in_aws, key=lambda each: each.service):
        rows = "".join(f"| `{each.token}` | {_kept(each)} | {each.emulation or '–'} |\n" for each in adapters)
        sections.append(f"## {service}\n\n{_HEAD}{rows}")
    generated = _list(each.token for each in ADAPTERS.values() if isinstance(each, Generated))
    sections.append(
        f"## random\n\nMade by the plugin, with the values in the stack's state, as officially.\n\n{generated}"
    )
    sections.append(f"## Functions\n\nAnswered by the embedded AWS.\n\n{_list(FUNCTIONS)}")
    return "\n".join(sections)


def main(arguments: list[str]) -> int:
    """The exit status: 1 when ``--check`` finds the page missing or stale."""
    if arguments == ["--check"]:
        current = PAGE.is_file() and PAGE.read_text() == page()
        if not current:
            print(f"{PAGE.relative_to(PAGE.parents[1])} is not current: run `{_COMMAND}`", file=sys.stderr)
        return 0 if current else 1
    if arguments:
        print(f"usage: {_COMMAND} [--check]", file=sys.stderr)
        return 2
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
    return 0


def _load_all() -> None:
    for module in walk_packages(aws_adapters.__path__, f"{aws_adapters.__name__}."):
        import_module(module.name)
    import_module("sandbox.provider.random")


def _by_service(each: Adapter) -> tuple[str, str]:
    return each.service, each.token


def _kept(each: Adapter) -> str:
    reasons = (
        f"`{name}` ({declared.kept.rstrip('.') or 'AWS never gives it back'})"
        for name, declared in sorted(each.properties.items())
        if declared.kept or declared.write_only
    )
    return ", ".join(reasons) or "–"


def _list(tokens: Iterable[str]) -> str:
    return "".join(f"- `{token}`\n" for token in sorted(tokens))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
