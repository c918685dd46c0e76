"""``python -m settings.describe`` writes ``docs/configuration.md`` from the sections' own descriptions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from inspect import cleandoc
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from settings import day_two
from settings.descriptions import description
from settings.messages import message
from settings.section import Section
from settings.server_size import ServerSizeSettings
from settings.stack_file import Settings
from settings.validation import sections_in
from settings.values import Limit, at_least

PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"
COMMAND = "python -m settings.describe"
_UNITS = {"gib": "GiB", "mib": "MiB", "days": "days", "percent": "%", "seconds": "seconds"}
"""Units by the last word of a key."""
_KINDS = {
    bool: "true or false",
    int: "number",
    str: "text",
    IPv4Network: "IPv4 network, such as 192.0.2.0/24",
    IPv4Address: "IPv4 address, such as 192.0.2.10",
}
_DESCRIBED_ONCE = {"size": "[size](#size)", "shared_database": "the keys of [`site.database`](#site)"}
"""Keys whose sections are described in one place."""
_INTRODUCTION = f"""\
# Configuration

<!-- `{COMMAND}` writes this page from settings/. Change the text there, then run it. -->

Each stack has one file, `Pulumi.<stack>.yaml`. It holds the keys below under `magento:`, and the AWS region as
`aws:region`. For example:

```yaml
config:
  aws:region: eu-west-3
  magento:client: client
  magento:environment: prod
  magento:network:
    cidr: 10.0.0.0/16
```

[`Pulumi.prod.yaml`](../Pulumi.prod.yaml) is a complete file with a network of its own.
[`Pulumi.preprod.yaml`](../Pulumi.preprod.yaml) joins that network.

The program checks the whole file before it creates anything. It reports every fault at once, with the path of the key,
the value that it got and what it expected. An entry of a list has its number, from 0:

```
{message("magento:site.front.instances", got=0, expected=at_least(1).expected)}
{message("magento:vpn_links.0.peer_address", got="192.0.2.300", expected="an IPv4 address, such as 192.0.2.10")}
```

If each key and section is right by itself, it then checks what the sections ask of each other, such as networks that
must not overlap.

Every file has `client`, `environment`, `network` and `site`. A stack with a network of its own also needs `domains`,
`certificate` and `buckets`. Every other section is optional: without `rundeck`, there is no Rundeck server.

In the tables, `required` means that the section must have the key. `satellites[].name` is the key `name` of each entry
in the list `satellites`.

`Change later` says what a change does to a stack that is up, as the Pulumi engine planned it for two edits of the key
or more:

| Change later | What a change does |
|---|---|
| yes | `pulumi up` makes it, and what shoppers and people use goes on |
| with an interruption | `pulumi up` makes it, and what is named is away for a while, or for good under its old name |
| without effect | nothing, for what is there: the value counts when something is made |
| no | it is refused before anything is done: by the program, by Pulumi (`protect`) or by the policy that is named |

A policy refuses production more than other stacks, and an exception allows what it refuses. If a change removes what
`policies/exceptions.yaml` names, remove the exception too.

The file holds no passwords. The stack generates passwords, tokens and Magento's crypt key, and keeps them in Secrets
Manager. The instances of the site read theirs from one encrypted object, `<environment>/env.php` in the bucket for
`site-configuration`; only their role may read it.
"""


def page() -> str:
    """The whole page."""
    top = {name: field for name, field in Settings.model_fields.items() if name != "region"}
    plain = {name: field for name, field in top.items() if not any(sections_in(field.annotation))}
    parts = [_INTRODUCTION, "## The stack\n", _table(_row(name, name, Settings) for name in plain)]
    for name, field in top.items():
        if name not in plain:
            parts += ["", f"## {name}\n", *_section(name, field)]
    parts += ["", "## size\n", _text(ServerSizeSettings), "", _table(_rows("size", ServerSizeSettings))]
    return "\n".join(parts) + "\n"


def _section(name: str, field: FieldInfo) -> Iterator[str]:
    sections = tuple(sections_in(field.annotation))
    if name in _DESCRIBED_ONCE or len(sections) > 1:
        yield f"{_line(description(Settings, name))}\n"
    yield f"Change later: {day_two.answer(name)}.\n"
    if name in _DESCRIBED_ONCE:
        yield f"It has {_DESCRIBED_ONCE[name]}, as `{name}.engine_version` and so on."
        return
    for index, section in enumerate(sections):
        yield f"{'' if index == 0 else chr(10)}{_text(section)}\n"
        yield _table(_rows(_prefix(name, field), section))


def keys() -> Iterator[str]:
    """Every key and section of the page, by the path that it has there."""
    for name, field in Settings.model_fields.items():
        if name != "region":
            yield name
        if name not in _DESCRIBED_ONCE:
            for section in sections_in(field.annotation):
                yield from (path for path, _, _ in _keys(_prefix(name, field), section))
    yield from (path for path, _, _ in _keys("size", ServerSizeSettings))


def _keys(prefix: str, section: type[Section]) -> Iterator[tuple[str, str, type[Section]]]:
    """The path and the name of each key of a section and of those in it, and which section has it."""
    for name, field in section.model_fields.items():
        inner = next(sections_in(field.annotation), None)
        path = f"{prefix}.{name}"
        yield path, name, section
        if inner and name not in _DESCRIBED_ONCE:
            yield from _keys(_prefix(path, field), inner)


def _prefix(path: str, field: FieldInfo) -> str:
    return f"{path}[]" if is_list(field.annotation) else path


def _rows(prefix: str, section: type[Section]) -> Iterator[str]:
    return (_row(*each) for each in _keys(prefix, section))


def _table(rows: Iterator[str]) -> str:
    return "\n".join(["| Key | Type and unit | Default | Change later | Description |", "|---|---|---|---|---|", *rows])


def _row(path: str, name: str, section: type[Section]) -> str:
    field = section.model_fields[name]
    kind = _DESCRIBED_ONCE.get(name) or _kind(field.annotation, name, tuple(field.metadata))
    told = f"{_line(day_two.answer(path))} | {_line(description(section, name))}"
    return f"| `{path}` | {kind} | {_default(field)} | {told} |"


def _text(section: type[Section]) -> str:
    return cleandoc(section.__doc__ or "")


def _line(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|")


def is_list(annotation: Any) -> bool:
    """Whether a key holds a list."""
    return get_origin(annotation) is tuple or any(map(is_list, get_args(annotation)[:1]))


def _kind(annotation: Any, name: str, metadata: tuple[object, ...] = ()) -> str:
    """What a key holds, in words: its unit, or its kind, and what its rules expect."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _kind(inner, name, (*more, *metadata))
    choices = [each for each in get_args(annotation) if each is not type(None)]
    rules = ", ".join(each.expected for each in metadata if isinstance(each, Limit))
    if type(None) in get_args(annotation):
        return _kind(choices[0], name, metadata)
    if is_list(annotation):
        entry = _kind(choices[0], name) if not any(sections_in(annotation)) else "sections"
        return f"list of {entry}{f' ({rules})' if rules else ''}"
    if any(sections_in(annotation)):
        return "section"
    if get_origin(annotation) is Mapping:
        return f"names ({_kind(choices[0], name)}) with values"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return ", ".join(f"`{each}`" for each in annotation)
    if annotation is int:
        return ", ".join(filter(None, [_UNITS.get(name.rpartition("_")[2], "number"), rules]))
    return re.sub(r"^an? | that is not empty", "", rules).replace("*", "\\*") or _KINDS[annotation]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if default is None or default == () or default == {}:
        return "none"
    return "see below" if isinstance(default, BaseModel) else f"`{_yaml(default)}`"


def _yaml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_yaml, value))}]"
    return json.dumps(value) if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE} is written")
