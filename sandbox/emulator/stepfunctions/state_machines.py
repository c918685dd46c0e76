"""State machines: AWS checks their definition and their role, and a second one of the same name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.stepfunctions.models import StateMachine, StepFunctionBackend
from moto.stepfunctions.responses import StepFunctionResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.trust import trusts
from sandbox.emulator.patching import operation, patch

_SERVICE = "states.amazonaws.com"
_TYPES = ("Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait")
_ENDS = ("Fail", "Succeed")
_LAST = ("Choice", *_ENDS)
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
    diagnostics = [
        {
            "severity": "ERROR",
            "code": each.code,
            "message": each.message,
            **({"location": each.location} if each.location else {}),
        }
        for each in _faults(parameters["definition"])
    ]
    return {"result": "FAIL" if diagnostics else "OK", "diagnostics": diagnostics, "truncated": False}


def _check(backend: StepFunctionBackend, definition: str, role_arn: str) -> None:
    if faults := list(_faults(definition)):
        raise AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(map(str, faults))}'")
    if not trusts(role_arn, _SERVICE, region=backend.region_name, account_id=backend.account_id):
        raise AwsError(
            "AccessDeniedException",
            f"Neither the global service principal {_SERVICE}, nor the regional one is authorized to assume the "
            "provided role.",
        )


@dataclass(frozen=True)
class _Fault:
    """What is wrong with a definition, with AWS's codes ("ValidateStateMachineDefinitionDiagnostic")."""

    code: str
    message: str
    location: str | None

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {self.location or 'null'}"


def _faults(definition: str) -> Iterator[_Fault]:
    """What AWS refuses of a definition, as far as it is the machine's outline ("Amazon States Language").

    Its words are those that people have met: localstack/localstack#12487, floci-io/floci#2735 and #2786.
    """
    try:
        machine = json.loads(definition)
    except ValueError as error:
        yield _Fault("INVALID_JSON_DESCRIPTION", str(error), None)
        return
    schema = list(_faults_of_schema(machine))
    yield from schema or _faults_of_transitions(machine["StartAt"], machine["States"])


def _faults_of_schema(machine: Any) -> Iterator[_Fault]:
    def fault(message: str, location: str) -> _Fault:
        return _Fault("SCHEMA_VALIDATION_FAILED", message, location)

    if not isinstance(machine, dict) or not isinstance(machine.get("StartAt"), str):
        yield fault("These fields are required: [StartAt]", "/")
        return
    states = machine.get("States")
    if not isinstance(states, dict) or not states:
        yield fault("The value for the field 'States' must be an object with a state", "/States")
        return
    for name, state in states.items():
        path = f"/States/{name}"
        if not isinstance(state, dict) or state.get("Type") not in _TYPES:
            yield fault("The value for the field 'Type' is not valid", f"{path}/Type")
            continue
        if state["Type"] == "Task" and not str(state.get("Resource", "")).startswith("arn:"):
            yield fault("Value is not a valid resource ARN", f"{path}/Resource")
        if state["Type"] not in _LAST and ("Next" in state) == ("End" in state):
            yield fault("Exactly one of 'Next' or 'End' is needed", path)


def _faults_of_transitions(start: str, states: Mapping[str, Any]) -> Iterator[_Fault]:
    leads = {name: list(_leads(state, f"/States/{name}")) for name, state in states.items()}
    for location, target in (("/StartAt", start), *(each for found in leads.values() for each in found)):
        if target not in states:
            yield _Fault("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {target}", location)
    if not any(state["Type"] in _ENDS or state.get("End") for state in states.values()):
        yield _Fault("MISSING_END_STATE", "Workflow has no terminal state", None)
        return
    reached, reaching = set[str](), {start}
    while reaching:
        reached |= reaching
        reaching = {target for name in reaching for _, target in leads.get(name, ())} - reached
    for name in states:
        if name not in reached:
            yield _Fault("MISSING_TRANSITION_TARGET", f'State "{name}" is not reachable.', f"/States/{name}")


def _leads(state: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """Where a state names another one, and which."""
    for field in ("Next", "Default"):
        if field in state:
            yield f"{path}/{field}", state[field]
    for field in ("Choices", "Catch"):
        for number, each in enumerate(state.get(field, ())):
            yield f"{path}/{field}[{number}]/Next", each.get("Next")
