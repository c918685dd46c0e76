"""Documents: those of the account, and what a command runs of one. Only shell scripts run here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from moto.ssm.models import Document, SimpleSystemManagerBackend

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch
from sandbox.emulator.ssm import session_documents

MOST_BYTES = 65_536
"""Of a document's content. Source: Systems Manager API reference, ``CreateDocument``."""
EXECUTION_SECONDS = 3600
"""How long a script may run that says nothing of it ("Command document plugin reference", aws:runShellScript)."""
ACTION = "aws:runShellScript"
ACTIONS = frozenset(
    {
        ACTION,
        "aws:applications",
        "aws:cloudWatch",
        "aws:configureDocker",
        "aws:configurePackage",
        "aws:domainJoin",
        "aws:downloadContent",
        "aws:psModule",
        "aws:refreshAssociation",
        "aws:runDockerAction",
        "aws:runDocument",
        "aws:runPowerShellScript",
        "aws:softwareInventory",
        "aws:updateAgent",
        "aws:updateSsmAgent",
    }
)
"""Source: Systems Manager user guide, "Command document plugin reference"."""
_SCHEMAS = ("1.2", "2.0", "2.2")
_TYPES = ("String", "StringList", "Integer", "Boolean", "MapList", "StringMap")
_PARAMETER = re.compile(r"{{\s*([a-zA-Z0-9]+)\s*}}")

RUN_SHELL_SCRIPT = "AWS-RunShellScript"
_OF_AWS: Mapping[str, Any] = {
    RUN_SHELL_SCRIPT: {
        "parameters": {
            "commands": {"type": "StringList", "minItems": 1},
            "workingDirectory": {"type": "String", "default": ""},
            "executionTimeout": {
                "type": "String",
                "default": str(EXECUTION_SECONDS),
                "allowedPattern": r"^([1-9][0-9]{0,4}|1[0-6][0-9]{4}|17[0-1][0-9]{3}|172[0-7][0-9]{2}|172800)$",
            },
        },
        "mainSteps": [
            {
                "action": ACTION,
                "name": ACTION,
                "inputs": {
                    "runCommand": "{{ commands }}",
                    "workingDirectory": "{{ workingDirectory }}",
                    "timeoutSeconds": "{{ executionTimeout }}",
                },
            }
        ],
    }
}
"""AWS's own documents that can run here."""


@dataclass(frozen=True, kw_only=True)
class Script:
    """What a command runs: the step of a document, with the parameters of the command in it."""

    step: str
    """The name of the step, which AWS calls the plugin's."""
    lines: Sequence[str]
    working_directory: str
    timeout_seconds: int

    @classmethod
    def of(cls, backend: SimpleSystemManagerBackend, request: Mapping[str, Any]) -> Script:
        """The script of a SendCommand. Raises AWS's error for an unknown document and for wrong parameters."""
        name = request["DocumentName"].rpartition("/")[2]
        content = _OF_AWS.get(name) or _content(backend, name, request.get("DocumentVersion", "$DEFAULT"))
        steps = content.get("mainSteps") or [{}]
        if len(steps) > 1 or steps[0].keys() != {"action", "name", "inputs"} or steps[0]["action"] != ACTION:
            raise AwsError(
                "InvalidDocument",
                f"The document {name} is not one that the embedded AWS can run: it runs one step, {ACTION}, without a "
                "precondition.",
            )
        inputs = _filled(steps[0]["inputs"], _values(name, content, request.get("Parameters", {})))
        return cls(
            step=steps[0]["name"],
            lines=inputs["runCommand"],
            working_directory=inputs.get("workingDirectory", ""),
            timeout_seconds=int(inputs.get("timeoutSeconds", EXECUTION_SECONDS)),
        )


@patch(
    "moto.ssm.models:Document.__init__",
    sha256="e353a948c7fb71b8cf3ad653eb25425d3cc9a2d783370e91490bc800f0222673",
    upstream="CreateDocument and UpdateDocument accept every JSON object as a Command or Session document.",
)
def _init(original: Callable[..., None], document: Document, **arguments: Any) -> None:
    kind = arguments["document_type"]
    read = _read(arguments["content"], arguments["document_format"])
    if kind == "Command":
        _check(read)
    elif kind == session_documents.TYPE:
        session_documents.check(read)
    original(document, **arguments)
    document.platform_types = ["Linux", "MacOS"] if ACTION in arguments["content"] else ["Windows", "Linux", "MacOS"]


@patch(
    "moto.ssm.models:SimpleSystemManagerBackend.update_document",
    sha256="5ccb6f86e576bcbf1d75867562590fb91e3e78c21dddb4473a9fea41da45f901",
)
def _update_document(
    original: Callable[..., dict[str, Any]], backend: SimpleSystemManagerBackend, **arguments: Any
) -> dict[str, Any]:
    """A document may get the content of an earlier version again: ``DuplicateDocumentContent`` means the latest, as
    pulumi-aws takes it. moto compares all."""
    if (documents := backend._documents.get(arguments["name"])) is None:
        return original(backend, **arguments)
    every, compared = documents.versions, {documents.default_version, documents.latest_version}
    documents.versions = {version: each for version, each in every.items() if version in compared}
    try:
        return original(backend, **arguments)
    finally:
        documents.versions = every | documents.versions


def _read(content: str, document_format: str) -> dict[str, Any]:
    """The object that is written in a document."""
    if len(content.encode()) > MOST_BYTES:
        raise AwsError("MaxDocumentSizeExceeded", "The size limit of a document is 64 KB.")
    try:
        read = yaml.safe_load(content) if document_format == "YAML" else json.loads(content)
    except json.JSONDecodeError as error:
        raise _invalid(f"JSON not well-formed. at Line: {error.lineno}, Column: {error.colno}") from None
    except yaml.YAMLError as error:
        raise _invalid(f"YAML not well-formed. {error}") from None
    if not isinstance(read, dict):
        raise _invalid("The document is not an object.")
    return read


def _check(content: Mapping[str, Any]) -> None:
    """Refuse what is no Command document ("Data elements and parameters")."""
    version = str(content.get("schemaVersion"))
    if version not in _SCHEMAS:
        raise _invalid(f"schemaVersion: got {version}, expected one of {', '.join(_SCHEMAS)}.")
    for name, parameter in (content.get("parameters") or {}).items():
        if not re.fullmatch("[a-zA-Z0-9]+", name):
            raise _invalid(f"The parameter {name} may have letters and digits only.")
        if parameter.get("type") not in _TYPES:
            raise _invalid(f"The type of parameter {name}: got {parameter.get('type')}, expected one of {_TYPES}.")
        try:
            re.compile(parameter.get("allowedPattern", ""))
        except re.error as error:
            raise _invalid(f"The allowedPattern of parameter {name}: {error}.") from None
    if version == "1.2":
        return
    steps = content.get("mainSteps")
    if not steps or not isinstance(steps, list):
        raise _invalid("mainSteps: expected at least one step.")
    for step in steps:
        if step.get("action") not in ACTIONS:
            raise _invalid(f"The action of a step: got {step.get('action')}, expected a plugin for Command documents.")
        if not step.get("name") or not isinstance(step.get("inputs"), dict):
            raise _invalid("A step has an action, a name, and an object of inputs.")
    if len({step["name"] for step in steps}) < len(steps):
        raise _invalid("Each step has a name of its own.")


def _invalid(why: str) -> AwsError:
    return AwsError("InvalidDocumentContent", why)


def _content(backend: SimpleSystemManagerBackend, name: str, version: str) -> dict[str, Any]:
    """The content of a version of a document of the account."""
    if name not in backend._documents:
        raise AwsError(
            "InvalidDocument",
            f"Document with name {name} does not exist. Of AWS's own, the embedded AWS has {RUN_SHELL_SCRIPT}.",
        )
    found = backend._documents[name].find(None if version == "$DEFAULT" else version, strict=False)
    if found is None:
        raise AwsError("InvalidDocumentVersion", f"Document version {version} of {name} does not exist.")
    if found.document_type != "Command":
        raise AwsError("InvalidDocument", f"The document {name} is of type {found.document_type}, not Command.")
    content: dict[str, Any] = found.content_json
    return content


def _values(name: str, content: Mapping[str, Any], given: Mapping[str, list[str]]) -> dict[str, Any]:
    """The values of a document's parameters. Raises ``InvalidParameters`` for those that it does not take."""
    declared = content.get("parameters") or {}
    if given and not declared:
        raise _refused(f"document {name} does not support parameters.")
    missing = [each for each, parameter in declared.items() if each not in given and "default" not in parameter]
    if wrong := [*missing, *(each for each in given if each not in declared)]:
        raise _refused(
            "You must specify values for all required parameters in the SSM document. You can only supply values to "
            f"parameters defined in the SSM document: {', '.join(wrong)}."
        )
    return {
        each: _value(each, parameter, given[each]) if each in given else parameter["default"]
        for each, parameter in declared.items()
    }


def _value(name: str, parameter: Mapping[str, Any], given: list[str]) -> str | list[str]:
    several = parameter["type"] == "StringList"
    fewest, most = (parameter.get("minItems", 0), parameter.get("maxItems", len(given))) if several else (1, 1)
    if not fewest <= len(given) <= most:
        raise _refused(f"Parameter {name}: got {len(given)} values.")
    # In the agent's language, $ is the end of the text only, and not before a last line break too.
    pattern = re.sub(r"\$$", r"\\Z", parameter.get("allowedPattern", ""))
    for value in given:
        if not re.search(pattern, value):
            raise _refused(f"Parameter {name}: {value!r} does not match {parameter['allowedPattern']}.")
        if value not in parameter.get("allowedValues", [value]):
            raise _refused(f"Parameter {name}: {value!r} is not one of {parameter['allowedValues']}.")
        if not parameter.get("minChars", 0) <= len(value) <= parameter.get("maxChars", len(value)):
            raise _refused(f"Parameter {name}: got {len(value)} characters.")
    return given if several else given[0]


def _refused(why: str) -> AwsError:
    return AwsError("InvalidParameters", why)


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    """A part of a document with the values of its parameters, as the agent puts them in (``parameters.go``)."""
    match value:
        case str():
            if (whole := _PARAMETER.fullmatch(value)) and whole[1] in values:
                return values[whole[1]]
            return _PARAMETER.sub(lambda found: _text(values[found[1]]) if found[1] in values else found[0], value)
        case list():
            return [_filled(each, values) for each in value]
        case dict():
            return {key: _filled(each, values) for key, each in value.items()}
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
