"""Check: the program's inputs judged against an adapter's declaration, and completed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.provider.adapter import Adapter, Values
from sandbox.provider.compare import DEFAULTED, default_of, inputs_of, is_regional
from sandbox.provider.configuration import Configuration
from sandbox.provider.naming import physical_name
from sandbox.provider.registry import file_of
from sandbox.provider.tags import all_tags
from sandbox.provider.values import has_unknown


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What the engine says about a resource's physical name."""

    logical_name: str
    seed: bytes = b""
    proposed: str = ""
    """A name from the project's own autonaming configuration."""
    disabled: bool = False
    """The project's autonaming configuration asks for explicit names."""
    earlier: Mapping[str, str] = field(default_factory=dict)
    """Names that were generated for a creation whose result was lost: it goes on under them."""


@dataclass(kw_only=True)
class Checked:
    """The completed inputs and what is wrong with them: ``(property, reason)`` each."""

    inputs: Values
    failures: list[tuple[str, str]] = field(default_factory=list)

    def fail(self, name: str, reason: str) -> None:
        self.failures.append((name, reason))


def check(adapter: Adapter, olds: Values, news: Values, naming: Naming, provider: Configuration | None) -> Checked:
    """The inputs with defaults, a physical name, and the ``provider``'s region and tags (if it has such) filled in.
    ``olds`` are the last checked inputs, and empty for a new resource or a replacement."""
    inputs = {name: value for name, value in news.items() if not name.startswith("__")}
    checked = Checked(inputs=inputs)
    declared = inputs_of(adapter)
    for name in sorted(inputs.keys() - declared.keys()):
        checked.fail(
            name,
            f"{adapter.token}: got the property '{name}', expected one that the sandbox handles. "
            f"Add it in {file_of(adapter)}.",
        )
    _name(adapter, checked, olds, naming)
    for name, rule in declared.items():
        if name not in inputs and (default := default_of(rule)) is not None:
            inputs[name] = default
        if name not in inputs and rule.required:
            checked.fail(name, f"{adapter.token}: got no '{name}', expected a value")
    if provider is not None:
        if is_regional(adapter):
            inputs.setdefault("region", provider.region)
        if "tags" in declared:
            inputs["tagsAll"] = all_tags(provider.default_tags, inputs.get("tags"))
    if not checked.failures:
        known = {name: value for name, value in inputs.items() if name in declared and not has_unknown(value)}
        checked.failures.extend(adapter.check(known))
    return checked


def _name(adapter: Adapter, checked: Checked, olds: Values, naming: Naming) -> None:
    for name, declared in adapter.properties.items():
        if declared.autoname is None or name in checked.inputs:
            continue
        if name in olds.get(DEFAULTED, []) and name in olds:
            checked.inputs[name] = olds[name]
        elif name in naming.earlier:
            checked.inputs[name] = naming.earlier[name]
        elif naming.proposed:
            checked.inputs[name] = naming.proposed
        elif naming.disabled:
            checked.fail(name, f"{adapter.token}: got no '{name}', expected a name: automatic naming is off")
            continue
        else:
            try:
                checked.inputs[name] = physical_name(declared.autoname, naming.logical_name, naming.seed)
            except ValueError as error:
                checked.fail(name, str(error))
                continue
        checked.inputs.setdefault(DEFAULTED, []).append(name)
