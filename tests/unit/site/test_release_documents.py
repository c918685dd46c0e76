"""The SSM documents of releases: what they are made of, and that a parameter can never become a command."""

from __future__ import annotations

import json
import re

import pulumi_aws as aws
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.site.release_documents import DOCUMENTS, ReleaseDocument, documents_of
from release.first_installation import ADDRESS
from tests.unit.program import ROOT, program

STACKS = ("prod", "preprod")
SCRIPTS = ROOT / "components/site/release_scripts"
PATTERNS = {
    parameter.content["allowedPattern"]: f"{document.name}-{name}"
    for document in DOCUMENTS
    for name, parameter in document.parameters.items()
}
"""Each once, with a parameter that has it."""
MOST_BYTES = 65_536 * 3 // 4
"""Of a document. Its parameters count too ("CreateDocument": 64 KB)."""


def _name(document: ReleaseDocument) -> str:
    return document.name


@pytest.mark.parametrize("stack", STACKS)
def test_a_site_has_a_document_for_each_command_of_releases(stack: str) -> None:
    graph = program(stack)
    declared = {
        each.inputs["name"]: each
        for each in graph.of_type(aws.ssm.Document)
        if each.name.startswith("site-") and each.inputs["documentType"] == "Command"
    }
    documents = documents_of(protected=stack == "prod")
    assert declared.keys() == {f"client-{stack}-{document.name}" for document in documents}
    for document in documents:
        made = declared[f"client-{stack}-{document.name}"]
        assert made.inputs["documentFormat"] == "JSON"
        assert made.inputs["content"] == document.content
        assert made.inputs["tags"]["Name"] == f"client-{stack}-site-release-{document.name}"
        assert "permissions" not in made.inputs
    assert graph.exports["release_documents"] == {each.name: f"client-{stack}-{each.name}" for each in documents}


def test_no_command_replaces_the_data_of_a_protected_stack() -> None:
    """So nobody who may release can empty production's database with it, by mistake or not."""
    assert {each.name for each in DOCUMENTS} - {each.name for each in documents_of(protected=True)} == {"load-copy"}
    assert documents_of(protected=False) == DOCUMENTS


@pytest.mark.parametrize("stack", STACKS)
def test_what_they_print_is_in_an_encrypted_log_group(stack: str) -> None:
    """SSM Agent writes it with the role of its instance. It asks for the group first, and stops if it may not."""
    graph = program(stack)
    group = graph.one(aws.cloudwatch.LogGroup, name="site-release-output")
    assert group.inputs["name"] == graph.exports["release_log_group"] == f"/aws/ssm/client-{stack}-releases"
    assert group.inputs["retentionInDays"] == 90
    assert group.inputs["kmsKeyId"] == graph.one(aws.kms.Key).outputs["arn"]
    for tier in ("front", "back-office"):
        policy = graph.one(aws.iam.RolePolicy, name=f"site-{tier}-writes-release-output")
        assert policy.inputs["role"] == graph.one(aws.iam.Role, name=f"site-{tier}-role").outputs["name"]
        arn = group.outputs["arn"]
        assert [(each["Action"], each["Resource"]) for each in json.loads(policy.inputs["policy"])["Statement"]] == [
            (
                ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                [arn, f"{arn}:*"],
            ),
            (["logs:DescribeLogGroups"], ["arn:aws:logs:eu-west-3:123456789012:log-group:*"]),
        ]


def test_a_document_is_its_script_with_the_parameters_after_the_first_line() -> None:
    [document] = [each for each in DOCUMENTS if each.name == "install-magento"]
    content = json.loads(document.content)
    assert (content["schemaVersion"], content["description"]) == ("2.2", "Installs Magento into the empty database")
    assert content["parameters"]["AdminEmail"] == {
        "type": "String",
        "description": "The first administrator's e-mail address",
        "allowedPattern": "^(?:[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+)$",
    }
    [step] = content["mainSteps"]
    assert (step["action"], step["inputs"]["timeoutSeconds"]) == ("aws:runShellScript", "3600")
    interpreter, *script = (SCRIPTS / "install-magento.sh").read_text().splitlines()
    assert step["inputs"]["runCommand"] == [
        interpreter,
        "ADMIN_SECRET='{{ AdminSecret }}'",
        "ADMIN_EMAIL='{{ AdminEmail }}'",
        "FENCE='{{ Fence }}'",
        'FENCE_FILE="/var/lib/magento-release-fence"',
        *(SCRIPTS / "check-fence.sh").read_text().splitlines()[1:],
        *script,
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_a_document_keeps_awss_rules(document: ReleaseDocument) -> None:
    """Braces in a script would be parameters to AWS. A parameter without a default has to be said."""
    assert re.fullmatch(r"[a-z][a-z-]{2,60}", document.name)
    assert 0 < document.timeout_seconds <= 172_800
    assert len(document.content.encode()) <= MOST_BYTES
    script = (SCRIPTS / f"{document.name}.sh").read_text()
    assert "{{" not in script
    assert script.startswith("#!/usr/bin/env bash\n")
    for name, parameter in document.parameters.items():
        assert re.fullmatch("[A-Z][A-Za-z0-9]+", name)
        assert parameter.content.keys() == {"type", "description", "allowedPattern"}
        variable = re.search(rf"([A-Z0-9_]+)='{{{{ {name} }}}}'", document.content)
        assert variable, name
        assert variable[1] not in {"PATH", "HOME", "IFS", "SHELL", "USER"}
        assert re.search(rf"\${{?{variable[1]}\b", script), f"{document.name}.sh does not use ${variable[1]}"


def test_every_script_is_a_document() -> None:
    fence = {"check-fence"}
    assert {path.stem for path in SCRIPTS.iterdir()} - fence == {document.name for document in DOCUMENTS}


@pytest.mark.parametrize("pattern", PATTERNS, ids=PATTERNS.values())
@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.data())
def test_no_parameter_can_leave_its_quotes(pattern: str, data: st.DataObject) -> None:
    """AWS puts the text between single quotes into a script that root runs. So what matches has none, and nothing
    either that would mean something if a script forgot to quote it."""
    allowed = data.draw(st.from_regex(pattern.replace("$", r"\Z"), fullmatch=True))
    assert re.search(pattern, allowed)
    place = data.draw(st.integers(0, len(allowed)))
    character = data.draw(st.sampled_from(list("'\"`$\\\n\r\0 \t;&|<>(){}*?!#~")))
    assert not re.fullmatch(pattern, f"{allowed[:place]}{character}{allowed[place:]}")


def test_install_refuses_an_address_that_aws_would_refuse() -> None:
    """Before it asks AWS for anything."""
    [document] = [each for each in DOCUMENTS if each.name == "install-magento"]
    assert ADDRESS.pattern == document.parameters["AdminEmail"].allowed
