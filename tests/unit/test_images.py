"""The template that makes images of servers: what it starts from, what it may do, and that it uses the boots' files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hcl2
import pytest

from components.servers import server_files
from components.servers.image import OperatingSystem, newest_image
from settings.rundeck import RundeckSizeSettings
from settings.server_size import ServerSizeSettings
from tests.servers.programs import not_installed
from tests.unit import cloud
from tests.unit.program import ROOT, build

IMAGES = ROOT / "images"
FILES = ROOT / "components" / "servers" / "server_files"
SERVERS = ("gateway", "nfs_server", "openvpn", "phpmyadmin", "rundeck")
ARCHITECTURES = ("amd64", "arm64")
MATRIX = [tuple(line.split()) for line in (IMAGES / "matrix.txt").read_text().splitlines()]
VARIABLES = ("region=eu-west-3", "subnet_id=subnet-1", "kms_key_id=alias/client-prod", "client=client")
# What Debian's Packer, the last under a free licence, does not know yet.
NEWER = (
    re.compile(r"^  imds_support .*\n", re.MULTILINE),
    re.compile(r"^  metadata_options \{\n(?:    .*\n)*  \}\n", re.MULTILINE),
)


def unquoted(value: Any) -> Any:
    """Parsed HCL without the quotes and marks that the parser keeps."""
    if isinstance(value, Mapping):
        return {unquoted(key): unquoted(each) for key, each in value.items() if key != "__is_block__"}
    if isinstance(value, list):
        return [unquoted(each) for each in value]
    return value.removeprefix('"').removesuffix('"') if isinstance(value, str) else value


@pytest.fixture(scope="module")
def template() -> Mapping[str, Any]:
    with (IMAGES / "debian.pkr.hcl").open() as file:
        parsed: Mapping[str, Any] = unquoted(hcl2.load(file))
    return parsed


@pytest.fixture(scope="module")
def source(template: Mapping[str, Any]) -> Mapping[str, Any]:
    [block] = template["source"]
    found: Mapping[str, Any] = block["amazon-ebs"]["debian"]
    return found


def defaults(template: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: body["default"] for block in template["variable"] for name, body in block.items() if "default" in body
    }


@pytest.mark.parametrize(("architecture", "instance_type"), [("arm64", "t4g.small"), ("amd64", "t3.small")])
def test_an_image_starts_from_what_a_server_would(
    template: Mapping[str, Any],
    source: Mapping[str, Any],
    architecture: str,
    instance_type: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The newest of Debian's own images, of the release that servers have by default."""
    asked: list[Mapping[str, Any]] = []
    answer = cloud.function_answer

    def record(token: str, arguments: Mapping[str, Any], region: str) -> Any:
        asked.append(arguments)
        return answer(token, arguments, region)

    monkeypatch.setattr(cloud, "function_answer", record)
    build(lambda: newest_image(OperatingSystem.DEBIAN, ServerSizeSettings(instance_type=instance_type)))
    [image] = asked
    [found] = source["source_ami_filter"]
    values = {**defaults(template), "architecture": architecture}
    [filters] = found["filters"] if isinstance(found["filters"], list) else [found["filters"]]
    assert found["most_recent"] == image["mostRecent"]
    assert found["owners"] == image["owners"]
    assert {
        name: [re.sub(r"\$\{var\.(\w+)\}", lambda match: values[match[1]], value)] for name, value in filters.items()
    } == {each["name"]: each["values"] for each in image["filters"]}


def test_no_port_of_the_instance_that_becomes_an_image_is_open(source: Mapping[str, Any]) -> None:
    """It is reached by Session Manager, has no public address, and may do nothing in AWS besides."""
    assert (source["communicator"], source["ssh_interface"]) == ("ssh", "session_manager")
    assert source["associate_public_ip_address"] is False
    assert source["temporary_security_group_source_cidrs"] == ["127.0.0.1/32"]
    [policy] = source["temporary_iam_instance_profile_policy_document"]
    [statement] = policy["Statement"]
    assert {action.partition(":")[0] for action in statement["Action"]} == {"ssm", "ssmmessages"}


def test_an_image_is_encrypted_and_its_metadata_need_a_token(source: Mapping[str, Any]) -> None:
    """While it is made, and as the default of what starts from it; all of it is tagged."""
    assert source["encrypt_boot"] is True
    assert "var.kms_key_id" in source["kms_key_id"]
    [options] = source["metadata_options"]
    assert (options["http_tokens"], options["http_put_response_hop_limit"]) == ("required", 1)
    assert source["imds_support"] == "v2.0"
    for tags in ("tags", "snapshot_tags", "run_tags", "run_volume_tags"):
        assert "local.tags" in source[tags]


def test_an_image_is_made_by_the_boots_own_files(template: Mapping[str, Any], source: Mapping[str, Any]) -> None:
    """What the template names is there, and there are no copies of it."""
    text = (IMAGES / "debian.pkr.hcl").read_text()
    named = re.findall(r'\$\{local\.server_files\}/([\w./]+)"', text)
    assert {"boot/instance_metadata.sh", "boot/install_session_manager.sh", "boot"} <= set(named)
    assert all((FILES / name).exists() for name in named)
    assert {path.name for path in IMAGES.glob("*.sh")} == {"install.sh", "forget.sh", "build_all.sh"}
    assert all((IMAGES / name).exists() for name in re.findall(r'\$\{path\.root\}/(\w+\.sh)"', text))
    [description] = [
        body["description"] for block in template["variable"] for name, body in block.items() if name == "server"
    ]
    assert all(server in description for server in SERVERS)


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_can_become_an_image(server: str) -> None:
    """Its packages are listed; a service that its image keeps from starting is one that its boot starts."""
    assert server_files.packages(server)
    services = FILES / server / "services.txt"
    scripts = "".join(path.read_text() for path in (FILES / server).glob("*.sh"))
    for unit in services.read_text().split() if services.exists() else ():
        name = unit.removesuffix(".service").replace("*", "$version")
        assert re.search(rf'systemctl enable (--now )?"?{re.escape(name)}', scripts), unit


def test_every_linux_server_can_become_an_image() -> None:
    listed = {path.parent.name for path in FILES.glob("*/packages.txt")}
    assert listed == {*SERVERS, "boot"}


@pytest.mark.parametrize("script", sorted(IMAGES.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_sound(script: Path) -> None:
    subprocess.run([Path(sys.prefix) / "bin" / "shellcheck", script], check=True)
    assert "set -euo pipefail" in script.read_text()


def test_the_matrix_has_every_image_that_a_server_may_start_from() -> None:
    """Each server, on each release that its settings take, for each processor."""
    releases = dict.fromkeys(SERVERS, ServerSizeSettings.releases) | {"rundeck": RundeckSizeSettings.releases}
    expected = {(server, release, each) for server in SERVERS for release in releases[server] for each in ARCHITECTURES}
    assert set(MATRIX) == expected
    assert sorted(MATRIX) == MATRIX


def build_all(directory: Path, packer: str, *options: str, only: str | None = None) -> subprocess.CompletedProcess[str]:
    """The command with a stand-in for Packer, which records what it was called with."""
    program = directory / "packer"
    program.write_text(f'#!/bin/bash\necho "$*" >> {directory}/calls\n{packer}\n')
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}", "TMPDIR": str(directory)}
    return subprocess.run(
        [IMAGES / "build_all.sh", *options],
        env={**environment, **({"ONLY": only} if only else {})},
        capture_output=True,
        text=True,
        timeout=60,
    )


MAKES_AN_IMAGE = 'echo "1764190000,,ui,say,made"; echo "1764190000,amazon-ebs.debian,artifact,0,id,eu-west-3:ami-0a1b"'


def test_one_command_makes_all_images(tmp_path: Path) -> None:
    """And prints the id of each, with what its line of the matrix says of it."""
    made = build_all(tmp_path, MAKES_AN_IMAGE, "-var", "client=client")
    assert (made.returncode, made.stderr) == (0, "")
    assert sorted(made.stdout.splitlines()) == [f"{' '.join(image)} ami-0a1b" for image in MATRIX]
    assert sorted((tmp_path / "calls").read_text().splitlines()) == [
        f"build -machine-readable -var server={server} -var release={release} -var architecture={architecture} "
        "-var client=client ."
        for server, release, architecture in MATRIX
    ]


def test_an_image_that_fails_stops_no_other(tmp_path: Path) -> None:
    """Its log stays, and the command fails."""
    fails = f'case "$*" in *arm64*) echo "no quota" >&2; exit 1 ;; esac; {MAKES_AN_IMAGE}'
    made = build_all(tmp_path, fails, only="^gateway 13")
    assert (made.returncode, made.stdout) == (1, "gateway 13 amd64 ami-0a1b\n")
    [said] = made.stderr.splitlines()
    failed, _, log = said.partition(": see ")
    assert failed == "gateway 13 arm64 failed"
    assert Path(log).read_text() == "no quota\n"


def test_a_pattern_of_no_image_is_refused(tmp_path: Path) -> None:
    made = build_all(tmp_path, MAKES_AN_IMAGE, only="^windows")
    assert (made.returncode, made.stdout) == (2, "")
    assert made.stderr.startswith("ONLY: got ^windows, expected a pattern that a line of ")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The template as the Packer that Debian has can read it, beside what it refers to."""
    if shutil.which("packer") is None:
        # Ubuntu 24.04 has no package of it, so this is no failure in CI.
        pytest.skip(not_installed("packer"))
    shutil.copytree(FILES, tmp_path / "components" / "servers" / "server_files")
    shutil.copytree(IMAGES, tmp_path / "images", ignore=shutil.ignore_patterns("plugins.pkr.hcl"))
    file = tmp_path / "images" / "debian.pkr.hcl"
    text = file.read_text()
    for option in NEWER:
        text, count = option.subn("", text)
        assert count == 1
    file.write_text(text)
    return tmp_path / "images"


def packer(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["packer", *arguments, "."], cwd=directory, capture_output=True, text=True, timeout=120)


def test_packer_accepts_the_template(copied: Path) -> None:
    """For an image of each server, and both processors, except for what is newer than it, and is left out. A mistake
    in the rest is found."""
    for server, release, architecture in (MATRIX[0], *{line[0]: line for line in MATRIX}.values()):
        own = (f"server={server}", f"release={release}", f"architecture={architecture}")
        values = [f"-var={each}" for each in (*VARIABLES, *own)]
        checked = packer(copied, "validate", *values)
        assert checked.returncode == 0, checked.stdout + checked.stderr
    file = copied / "debian.pkr.hcl"
    file.write_text(file.read_text().replace("ssh_interface ", "ssh_interfaces "))
    assert packer(copied, "validate", *values).returncode != 0


def test_packers_own_format_is_kept(copied: Path) -> None:
    assert packer(IMAGES, "fmt", "-check").returncode == 0
