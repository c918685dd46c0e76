"""What a stack that joins another's network asks of that stack, known before anything is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import pulumi

from settings.host_names import SharedNames, faults_beside
from settings.messages import Fault
from settings.stack_file import Settings, SettingsError, report

OUTPUT = "shared_platform"
"""The stack output with which a stack shares its network, zones, certificate and buckets."""
REFRESH_SOURCE = "refresh_source"
"""The stack output that says what a stack needs rights on whose releases refresh from this one."""
READ_STACK_OUTPUTS = "pulumi:pulumi:readStackOutputs"
"""The engine's function behind ``StackReference``. Called by itself, it answers at once: the outputs of a
``StackReference`` are known only while resources are being made."""


def outputs_of(stack: str) -> Mapping[str, Any]:
    """The outputs of a stack of this project, as its last run left them. Raises ``Exception`` if there is none."""
    full_name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"
    outputs: Mapping[str, Any] = pulumi.runtime.invoke(READ_STACK_OUTPUTS, {"name": full_name}).value["outputs"]
    return outputs


def check(settings: Settings) -> None:
    """Hold a stack that joins another's network against that stack. Raises ``SettingsError`` with every fault."""
    if settings.joined_stack and (faults := tuple(_faults(settings, settings.joined_stack))):
        raise SettingsError(report(faults))


def _faults(settings: Settings, stack: str) -> Iterator[Fault]:
    if stack == pulumi.get_stack():
        yield Fault(path="network.stack", got=stack, expected="the name of another stack")
        return
    try:
        outputs = outputs_of(stack)
    except Exception as error:  # the SDK's own, without a type
        said = str(error).rpartition("returned an error: ")[2]
        fix = f"The engine says: {said.removesuffix(' ()')}."
        yield Fault(path="network.stack", got=stack, expected="a stack of this project", fix=fix)
        return
    shared = outputs.get(OUTPUT) or {}
    names = [field.name for field in fields(SharedNames)]
    if not all(name in shared for name in names):
        yield Fault(
            path="network.stack",
            got=stack,
            expected="a stack that has a network of its own and is up",
            fix=f"Run pulumi up -s {stack} first, with this version of the program.",
        )
        return
    if settings.releases and settings.releases.refreshes_from and not outputs.get(REFRESH_SOURCE):
        yield Fault(
            path="releases.refreshes_from",
            got=stack,
            expected="a stack that has the section releases and is up",
            fix=f"Run pulumi up -s {stack} first, with this version of the program.",
        )
    yield from faults_beside(settings, SharedNames(**{name: shared[name] for name in names}), stack)
