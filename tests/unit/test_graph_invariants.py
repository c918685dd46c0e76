"""What must hold for every resource of both shipped stacks, whatever they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pulumi_aws as aws

from tests.unit import cloud
from tests.unit.graph import Graph, Resource

OWNERSHIP_TAGS = {"Client", "Environment", "System", "ManagedBy"}
# Shorter secrets, such as a port in a connection, would be found in texts that have nothing to do with them.
SHORTEST_SECRET = 12


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a value, with its dotted path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, f"{path}.{index}")


def secret_texts(graph: Graph) -> set[str]:
    """Every text that any resource was given, or answered with, as a secret."""
    found = {
        text
        for resource in graph.resources
        for values, secrets in ((resource.inputs, resource.secrets), (resource.outputs, resource.secret_outputs))
        for path, text in _texts(dict(values))
        if any(path == secret or path.startswith(f"{secret}.") for secret in secrets)
    }
    return {text for text in found if len(text) >= SHORTEST_SECRET}


def _leaks(resource: Resource, secrets: set[str]) -> Iterator[str]:
    for path, text in _texts(dict(resource.inputs)):
        if not resource.is_secret(path) and any(secret in text for secret in secrets):
            yield f"{resource.name}.{path}"


def test_no_resource_is_an_orphan(graph: Graph) -> None:
    """Each resource belongs to a component: protect, aliases and targets are inherited, and the tree can be read."""
    assert [each.urn for each in graph.children(graph.stack) if each.type.startswith(("aws:", "random:"))] == []


def test_urns_are_unique(graph: Graph) -> None:
    """Two resources with one URN would stop the engine in the middle of an update."""
    assert [urn for urn, count in Counter(each.urn for each in graph.resources).items() if count > 1] == []


def test_dns_records_are_deleted_before_they_are_replaced(graph: Graph) -> None:
    """The other way round, a change that fails half-way leaves a record to be deleted later, under a name that the old
    stack file makes again: its deletion takes that record away (pulumi/pulumi#2948)."""
    records = graph.of_type(aws.route53.Record)
    assert records
    assert [each.name for each in records if not each.delete_before_replace] == []


def test_every_taggable_resource_says_whose_it_is(graph: Graph) -> None:
    """A resource whose type has tags carries the four of them, none empty: bills and policies are read by them."""
    taggable = [each for each in graph.resources if each.custom and hasattr(cloud.sdk_class(each.type), "tags")]
    assert taggable
    untagged = {
        each.urn
        for each in taggable
        if not {key for key, value in (each.inputs.get("tags") or {}).items() if value} >= OWNERSHIP_TAGS
    }
    assert untagged == set()


def test_the_environment_tag_is_the_stacks_own(graph: Graph) -> None:
    """No resource of one environment is billed to the other."""
    environments = {each.inputs["tags"]["Environment"] for each in graph.resources if each.inputs.get("tags")}
    assert environments == {graph.stack.split("::")[0].rpartition(":")[2]}


def test_every_component_registers_its_outputs(graph: Graph) -> None:
    """A component that does not is shown as still being made for ever."""
    assert graph.components()
    assert [each.urn for each in graph.components() if not each.outputs_registered] == []


def test_no_secret_is_exported_in_the_clear(graph: Graph) -> None:
    """No text that any resource holds as a secret is part of an export that is not one."""
    secrets = secret_texts(graph)
    assert secrets
    plain = [(path, text) for path, text in _texts(dict(graph.exports)) if not graph.is_secret_export(path)]
    assert [path for path, text in plain if any(secret in text for secret in secrets)] == []


def test_no_secret_is_a_plain_input(graph: Graph) -> None:
    """No text that any resource holds as a secret is, elsewhere, an input that state and previews show."""
    secrets = secret_texts(graph)
    assert [leak for each in graph.resources for leak in _leaks(each, secrets)] == []
