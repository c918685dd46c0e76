"""The tool as Rundeck's server gets it, and what it is told where Pulumi is not."""

from __future__ import annotations

import ast
import io
import json
import sys
import zipfile
from typing import Any

import pytest

from commands.deployed_stack import STACK_FILE, DeployedStack
from commands.errors import CannotRunError
from release import tool
from tests.unit.program import ROOT

ADDRESS = "s3://client-releases/client-magento-prod/stack.json"


def contents() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(tool.archive())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_same_files_make_the_same_archive() -> None:
    assert tool.archive() == tool.archive()


def test_it_brings_all_that_it_imports() -> None:
    """Its own modules, and the packages of its requirements: the server installs no others."""
    files = contents()
    rooms = {name.partition("/")[0] for name in files if name.endswith(".py")}
    imported: set[str] = set()
    for name, content in files.items():
        if name.endswith(".py") and name.startswith(("commands/", "release/", "settings/")):
            for node in ast.walk(ast.parse(content)):
                if isinstance(node, ast.Import):
                    imported |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    imported.add(node.module)
    outside = {each.partition(".")[0] for each in imported} - sys.stdlib_module_names - rooms
    # botocore comes with boto3, and yaml is of PyYAML.
    assert outside - {"botocore"} == {"yaml" if each == "PyYAML" else each for each in tool.PACKAGES}
    assert {each for each in imported if each.startswith("settings")} == {"settings.messages"}
    assert {f"{each.replace('.', '/')}.py" for each in imported if each.startswith("settings.")} <= files.keys()


def test_its_packages_have_the_projects_versions() -> None:
    pinned = (ROOT / "requirements.txt").read_text().splitlines()
    lines = contents()["requirements.txt"].decode().splitlines()
    assert set(lines) <= set(pinned)
    assert {line.partition("==")[0] for line in lines} == set(tool.PACKAGES)


def test_it_holds_nothing_but_the_tool() -> None:
    """No stack file, no certificate, no bytecode."""
    names = contents().keys()
    assert {name.partition("/")[0] for name in names} == {
        "commands",
        "platform_config",
        "release",
        "requirements.txt",
        "settings",
        "shop",
    }
    assert not [name for name in names if name.endswith(".pyc")]


@pytest.fixture
def written(s3: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes what a stack says of itself, and names it to the tool."""
    monkeypatch.setenv(STACK_FILE, ADDRESS)
    monkeypatch.setattr("commands.deployed_stack.boto3.client", lambda _service: s3)

    def write(said: object) -> None:
        s3.put_object(Bucket="client-releases", Key="client-magento-prod/stack.json", Body=json.dumps(said).encode())

    return write


def test_a_stack_is_read_without_pulumi(written: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    written({"stack": "prod", "region": "eu-west-3", "outputs": {"front_environment": "client-prod-front"}})
    stack = DeployedStack.read("prod")
    assert (stack.name, stack.region) == ("prod", "eu-west-3")
    assert stack.output("front_environment") == "client-prod-front"


def test_a_file_of_another_stack_is_refused(written: Any) -> None:
    """A job for pre-production must not release production."""
    written({"stack": "prod", "region": "eu-west-3", "outputs": {}})
    with pytest.raises(CannotRunError, match="--stack: got preprod, expected prod, the stack of s3://client-releases"):
        DeployedStack.read("preprod")


def test_a_file_of_something_else_is_named(written: Any) -> None:
    written(["prod"])
    with pytest.raises(CannotRunError, match=f"{ADDRESS}: got .*, expected what `pulumi up` wrote there"):
        DeployedStack.read("prod")
