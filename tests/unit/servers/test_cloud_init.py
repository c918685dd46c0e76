"""The user data that a Linux server boots with, without a server."""

from __future__ import annotations

import ast
import base64
import gzip
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.servers import server_files
from components.servers.cloud_init import BootFile, BootVolume, CloudInit, carried

SCRIPT = BootFile(path="/usr/local/sbin/serve", content="#!/bin/sh\necho 'a: b'\n", mode="0755")


def document(boot: CloudInit) -> dict[str, Any]:
    text = boot.render()
    assert text.startswith("#cloud-config\n")
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed


def contents(boot: CloudInit) -> dict[str, str]:
    return {file["path"]: file["content"] for file in document(boot)["write_files"]}


def test_files_arrive_as_they_are() -> None:
    """Whatever a file holds, to the byte, with the mode that was asked for."""
    odd = BootFile(path="/etc/odd", content="tab\there\n\n  # comment: {{ x }}\nÿ\n")
    written = {file["path"]: file for file in document(CloudInit(files=(SCRIPT, odd), scripts=()))["write_files"]}
    assert written[odd.path] == {"path": odd.path, "permissions": "0644", "content": odd.content}
    assert written[SCRIPT.path]["permissions"] == "0755"


SCRIPTS = sorted(
    path
    for path in Path(server_files.__file__).parent.rglob("*")
    if path.suffix in {".sh", ".py"} and path.read_text().startswith("#!")
)


@pytest.mark.parametrize("path", SCRIPTS, ids=[path.name for path in SCRIPTS])
def test_user_data_leaves_nothing_but_comments_out(path: Path, tmp_path: Path) -> None:
    """A script does the same as the one in the repository, and its first comment says what that is."""
    whole = path.read_text()
    left = carried(whole)
    assert left.splitlines()[:2] == whole.splitlines()[:2]
    assert len(left) <= len(whole)
    if path.suffix == ".py":
        documented = ast.parse(whole)
        for node in ast.walk(documented):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                del node.body[0]
        assert ast.dump(ast.parse(left)) == ast.dump(documented)
        return
    (tmp_path / "left.sh").write_text(left)
    read_by_bash = [
        subprocess.run(["bash", "--pretty-print", each], check=True, capture_output=True, text=True).stdout.splitlines()
        for each in (path, tmp_path / "left.sh")
    ]
    whole_lines, left_lines = ([line for line in lines if line] for lines in read_by_bash)
    assert left_lines == whole_lines


def test_scripts_run_after_volumes() -> None:
    """No script starts without its data."""
    other = BootFile(path="/usr/local/sbin/other", content="#!/bin/sh\n", mode="0755")
    volume = BootVolume(volume_id="vol-0abc", mount_point="/srv/media")
    boot = CloudInit(files=(other, SCRIPT), scripts=(SCRIPT.path, other.path), volumes=(volume,))
    assert contents(boot)["/etc/boot-platform/scripts"].split() == [
        "/usr/local/sbin/mount-data-volumes",
        SCRIPT.path,
        other.path,
    ]


def test_every_script_of_the_list_is_an_executable_file() -> None:
    boot = CloudInit(files=(SCRIPT,), scripts=(SCRIPT.path,))
    modes = {file["path"]: file["permissions"] for file in document(boot)["write_files"]}
    assert {modes[path] for path in contents(boot)["/etc/boot-platform/scripts"].split()} == {"0755"}


def test_volumes_are_named_by_their_ids() -> None:
    """Device names of NVMe disks change from boot to boot; a volume's id does not."""
    boot = CloudInit(volumes=(BootVolume(volume_id="vol-0abc", mount_point="/srv/media"),))
    assert contents(boot)["/etc/boot-platform/volumes"] == "vol-0abc /srv/media\n"


def test_packages_come_with_what_the_boot_itself_needs() -> None:
    """The boot installs them, and not cloud-init, which would ask for newer lists even where all of it is there."""
    boot = CloudInit(packages=("haproxy",))
    assert contents(boot)["/etc/boot-platform/packages"].split() == [
        *("awscli", "curl", "unattended-upgrades"),
        "haproxy",
    ]
    assert not {"packages", "package_update"} & document(boot).keys()


def test_user_data_is_the_document_compressed_and_always_the_same() -> None:
    """Bytes that depended on the time would replace the server at every run."""
    boot = CloudInit(files=(SCRIPT,), scripts=(SCRIPT.path,))
    packed = base64.b64decode(boot.user_data())
    assert gzip.decompress(packed).decode() == boot.render()
    # Bytes 4 to 7 of gzip's header are the time of packing.
    assert packed[4:8] == bytes(4)
