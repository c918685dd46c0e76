"""A graph as YAML documents: a file an area, a block a resource, in an order that does not change by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import yaml

from tests.unit.cloud import DEFAULT_REGION, function_answer
from tests.unit.graph import Graph, Resource
from tests.unit.snapshots.areas import OUTSIDE, Tree
from tests.unit.snapshots.readable import Names, References, readable

_HEADER = "# Written by `make snapshots` from what the program declares for {stack}. Do not edit.\n"


def documents(graph: Graph) -> dict[str, str]:
    """The YAML files of a stack, by name (``network.yaml``)."""
    names, tree = Names(graph), Tree(graph)
    every = names.of(resource.urn for resource in graph.resources)
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for resource in graph.resources:
        blocks = found[tree.area_of(resource)]
        path = tree.path_of(resource)
        # A component and its main resource may have one name; two children of one parent may too, if of two types.
        blocks[f"{path} ({resource.type})" if path in blocks else path] = _block(resource, names, every)
    found[OUTSIDE] |= _outside(graph, every)
    header = _HEADER.format(stack=graph.stack.split("::")[0].rpartition(":")[2])
    return {
        f"{area}.yaml": header + "".join(f"\n{_text({path: block})}" for path, block in sorted(blocks.items()))
        for area, blocks in found.items()
    }


def _block(resource: Resource, names: Names, every: References) -> dict[str, Any]:
    """What a reviewer reads of a resource: its type, the options that are set, its inputs; a component's outputs."""
    of_inputs = frozenset[str]().union(*resource.property_dependencies.values())
    options: dict[str, Any] = {
        "provider": resource.provider,
        "protect": resource.protect,
        "retain_on_delete": resource.retain_on_delete,
        "delete_before_replace": resource.delete_before_replace,
        "ignore_changes": sorted(resource.ignore_changes),
        "replace_on_changes": sorted(resource.replace_on_changes),
        "timeouts": dict(resource.timeouts),
        "depends_on": sorted(urn.rpartition("::")[2] for urn in resource.dependencies - of_inputs),
    }
    inputs = readable(
        resource.inputs,
        secrets=resource.secrets,
        names={key: names.of(urns) for key, urns in resource.property_dependencies.items()},
    )
    values = {"inputs": inputs, "outputs": {} if resource.custom else _outputs(resource, every)}
    return {
        "type": resource.type,
        **{key: value for key, value in options.items() if value},
        **{key: value for key, value in values.items() if value},
    }


def _outputs(component: Resource, every: References) -> dict[str, Any]:
    return readable(component.outputs, secrets=component.secret_outputs, names=dict.fromkeys(component.outputs, every))


def _outside(graph: Graph, every: References) -> dict[str, Any]:
    """The stack's outputs, and what it asks AWS for before it declares anything, with the id that the tests answer."""
    found: dict[str, Any] = {
        "stack outputs": readable(
            graph.exports, secrets=graph.secret_exports, names=dict.fromkeys(graph.exports, every)
        )
    }
    if graph.calls:
        found["provider functions"] = [
            {
                token: readable(arguments, secrets=frozenset(), names={})
                | {"answer": function_answer(token, arguments, DEFAULT_REGION)["id"]}
            }
            for token, arguments in graph.calls
        ]
    return found


def _text(value: Mapping[str, Any]) -> str:
    return yaml.dump(value, Dumper=_Dumper, width=10_000, sort_keys=False, allow_unicode=True, indent=2)


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)
