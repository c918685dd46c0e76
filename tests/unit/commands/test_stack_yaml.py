"""A slip of YAML in a stack file is one line that names the file, the line and what usually helps."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from commands import stack_yaml
from commands.engine import Engine
from commands.errors import CannotRunError, CommandError
from tests.unit.program import ROOT

PROD = b"config:\n  aws:region: eu-west-3\n  magento:network:\n    cidr: 10.0.0.0/16\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "Pulumi.prod.yaml"


@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_the_shipped_stack_files_have_none(stack: str) -> None:
    assert stack_yaml.slip_in(ROOT / f"Pulumi.{stack}.yaml") == ""


@pytest.mark.parametrize(
    "content",
    [
        PROD,
        b"",
        codecs.BOM_UTF8 + PROD,
        PROD.replace(b"\n", b"\r\n"),
        # PyYAML cannot load either; Pulumi takes both.
        b"config:\n  magento:client: =\n",
        b"config:\n",
        b"encryptionsalt: v1:abc\nconfig: {}\nx-sizes: &sizes [1]\n",
        b"config:\n  magento:client: 2026-02-31\n",
    ],
    ids=[
        "a whole file",
        "an empty one",
        "a byte order mark",
        "lines of Windows",
        "a bare =",
        "no keys",
        "other keys",
        "no date",
    ],
)
def test_what_pulumi_reads_has_none(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert stack_yaml.slip_in(file) == ""


def test_a_file_that_is_not_there_is_pulumis(file: Path) -> None:
    assert stack_yaml.slip_in(file) == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            b"    cidr",
            b"\tcidr",
            r'4: got "\\tcidr: 10.0.0.0/16", expected YAML: .*\. Indent with spaces, not with tabs\.',
        ),
        (b"    cidr", b"     nat: none\n    cidr", '5: got "    cidr: 10.0.0.0/16", expected YAML: .* indented .*'),
        (b"10.0.0.0/16", b"a: b", '4: got "    cidr: a: b", expected YAML: mapping values are not allowed .* quoted.'),
        (b"10.0.0.0/16", b"[10.0.0.0/16", "4: got .*, expected YAML: .* open bracket."),
        (b"10.0.0.0/16", b'"10.0.0.0/16', "4: got .*, expected YAML: found unexpected end of stream."),
        (b"10.0.0.0/16", b"*.client.url", r"4: got .*, expected YAML: .*Quote a value that begins with \*.*"),
        (b"10.0.0.0/16", b"@home", '4: got "    cidr: @home", expected YAML: .* Quote a value that begins with @.*'),
        (b"10.0.0.0/16", b"\x00", "4: got .*, expected YAML: control characters are not allowed."),
        (b"10.0.0.0/16", "bâtiment".encode("latin-1"), "4: got a byte 0xe2, expected UTF-8. Save it as UTF-8."),
        (b"magento:network", b"aws:region", '3: got "  aws:region:", expected the key aws:region only once.'),
        (b"10.0.0.0/16\n", b"10.0.0.0/16\n    cidr: 10.1.0.0/16\n", "5: got .*, expected the key cidr only once."),
        (b"config:", b"confg:", '1: got "confg:", expected config:, and what belongs to it indented below it.'),
        (b"  aws:region: eu-west-3", b"aws:region: eu-west-3\nother:", '2: got "aws:region: .*", expected config:, .*'),
        (PROD, b"config:\n- magento:client: client\n", "2: got .*, expected keys and values below config:."),
        (PROD, b"- magento:client: client\n", "1: got .*, expected config: and the keys of the stack below it."),
    ],
)
def test_a_slip_is_one_line_with_its_place(file: Path, old: bytes, new: bytes, said: str) -> None:
    file.write_bytes(PROD.replace(old, new))
    with pytest.raises(CannotRunError, match=f"^Pulumi.prod.yaml, line {said}$") as slip:
        stack_yaml.require(file)
    assert "\n" not in str(slip.value)


def test_the_cli_is_not_asked_about_such_a_stack(file: Path) -> None:
    """Its words name neither the file nor, for most slips, the line."""
    file.write_bytes(PROD.replace(b"    cidr", b"\tcidr"))
    engine = Engine(command=Path("/bin/false"), project=file.parent, environment={})
    for stack in ("prod", "organization/magento/prod"):
        with pytest.raises(CannotRunError, match=r"^Pulumi\.prod\.yaml, line 4: "):
            engine.ask("config", "get", "aws:region", "--stack", stack)
        with pytest.raises(CannotRunError, match=r"^Pulumi\.prod\.yaml, line 4: "):
            engine.run("preview", "--stack", stack)
    # The CLI answers this one without the file.
    with pytest.raises(CommandError, match=r"^`pulumi stack output --stack prod` failed"):
        engine.ask("stack", "output", "--stack", "prod")
