"""Which stack a command works on."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.deployed_stack import STACK_FILE, DeployedStack
from commands.errors import CannotRunError


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CLI with one stack, `prod`, which is selected."""
    command = tmp_path / "pulumi"
    command.write_text(
        "#!/bin/sh\n"
        'case " $* " in\n'
        "  *' --stack nosuch '*) echo \"error: no stack named 'nosuch' found\" >&2; exit 255 ;;\n"
        "  *' config get '*) echo eu-west-3 ;;\n"
        "  *) echo '{}' ;;\n"
        "esac\n"
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv(STACK_FILE, raising=False)


@pytest.mark.usefixtures("pulumi")
def test_a_stack_that_is_not_there_is_wrong_usage() -> None:
    assert DeployedStack.read("prod").region == "eu-west-3"
    with pytest.raises(CannotRunError, match=r"^stack: got 'nosuch', expected one that `pulumi stack ls` lists$"):
        DeployedStack.read("nosuch")


@pytest.mark.usefixtures("pulumi")
def test_no_name_is_not_the_stack_that_somebody_selected() -> None:
    """As of `-s "$STACK"` in a script that never sets it."""
    with pytest.raises(CannotRunError, match="--stack: got '', expected the name of a stack, such as prod"):
        DeployedStack.read("")


@pytest.mark.parametrize("address", ["stack.json", "s3://", "s3://bucket", "s3://bucket/", "https://bucket/stack.json"])
def test_an_address_that_is_none_is_named_with_its_variable(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STACK_FILE, address)
    with pytest.raises(CannotRunError, match=f"^{STACK_FILE}: got '{address}', expected an address such as s3://"):
        DeployedStack.read("prod")
