"""State machines: AWS checks their definition and their role, and a second one of the same name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from moto.stepfunctions.models import StateMachine, StepFunctionBackend
from moto.stepfunctions.responses import StepFunctionResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.trust import trusts
from sandbox.emulator.patching import operation, patch

_SERVICE = "states.amazonaws.com"
_TYPES = ("Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait")
_LAST = ("Choice", "Fail", "Succeed")
"""Types of states that have no ``Next`` and no ``End`` of their own."""


@patch(
    "moto.stepfunctions.models:StepFunctionBackend.create_state_machine",
    sha256="a69a99214fb57cb107502bbc902f1d2b50475a4348be2a1aa78d0e45cffd10aa",
    upstream="CreateStateMachine answers with an existing state machine whose definition or type is another one.",
)
def _create_state_machine(
    original: Callable[..., StateMachine], backend: StepFunctionBackend, name: str, definition: str, **more: Any
) -> StateMachine:
    """The same request again is answered with what it made; another one of that name is refused."""
    _check(backend, definition, more["roleArn"])
    made = original(backend, name, definition, **more)
    if made.definition != definition or made.type != (more.get("sm_type") or "STANDARD"):
        raise AwsError("StateMachineAlreadyExists", f"State Machine Already Exists: '{made.arn}'")
    return made


@patch(
    "moto.stepfunctions.models:StepFunctionBackend.update_state_machine",
    sha256="55399331b73fd9b0def31cdd3ac4640dc34a82385fc10ae8a356122173adc707",
)
def _update_state_machine(
    original: Callable[..., StateMachine], backend: StepFunctionBackend, arn: str, **changes: Any
) -> StateMachine:
    before = backend.describe_state_machine(arn)
    _check(backend, changes.get("definition") or before.definition, changes.get("role_arn") or before.roleArn)
    return original(backend, arn, **changes)


@operation(StepFunctionResponse)
def validate_state_machine_definition(_: StepFunctionResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """Terraform's provider asks it before it plans a state machine."""
    found = [fault.partition(": ") for fault in _faults(parameters["definition"])]
    diagnostics = [{"severity": "ERROR", "code": code, "message": message} for code, _, message in found]
    return {"result": "FAIL" if diagnostics else "OK", "diagnostics": diagnostics, "truncated": False}


def _check(backend: StepFunctionBackend, definition: str, role_arn: str) -> None:
    if wrong := next(_faults(definition), None):
        raise AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{wrong}'")
    if not trusts(role_arn, _SERVICE, region=backend.region_name, account_id=backend.account_id):
        raise AwsError(
            "AccessDeniedException",
            f"Neither the global service principal {_SERVICE}, nor the regional one is authorized to assume the "
            "provided role.",
        )


def _faults(definition: str) -> Iterator[str]:
    """What AWS refuses of a definition, as far as it is the machine's outline ("Amazon States Language")."""
    try:
        machine = json.loads(definition)
    except ValueError as error:
        yield f"INVALID_JSON_DESCRIPTION: {error}"
        return
    states = machine.get("States") if isinstance(machine, dict) else None
    if not isinstance(states, dict) or not states:
        yield "SCHEMA_VALIDATION_FAILED: The value for the field 'States' must be an object with a state at /States"
        return
    if machine.get("StartAt") not in states:
        yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {machine.get('StartAt')} at /StartAt"
    for name, state in states.items():
        if state.get("Type") not in _TYPES:
            yield f"SCHEMA_VALIDATION_FAILED: The value for the field 'Type' is not valid at /States/{name}/Type"
        if state.get("Type") == "Task" and not str(state.get("Resource", "")).startswith("arn:"):
            yield f"SCHEMA_VALIDATION_FAILED: The value for the field 'Resource' must be an ARN at /States/{name}"
        if state.get("Type") not in _LAST and ("Next" in state) == ("End" in state):
            yield f"SCHEMA_VALIDATION_FAILED: Exactly one of 'Next' or 'End' is needed at /States/{name}"
        choices = [choice.get("Next") for choice in state.get("Choices", [])]
        for target in (state.get("Next"), state.get("Default"), *choices):
            if target is not None and target not in states:
                yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at /States/{name}"
