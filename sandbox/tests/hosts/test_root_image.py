"""The root image: built once and in one piece, or refused with one line."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from sandbox.hosts import root_image
from sandbox.hosts.root_image import RootImage, RootImageError


def test_the_second_use_builds_nothing(image: RootImage, images: Path) -> None:
    said: list[str] = []
    before = {layer: layer.stat().st_mtime_ns for layer in image.layers}
    assert RootImage.ensure(images, said.append) == image
    assert said == []
    assert {layer: layer.stat().st_mtime_ns for layer in image.layers} == before


def test_what_a_killed_build_left_is_removed(image: RootImage, tmp_path: Path) -> None:
    """An image appears in the cache whole, or not at all."""
    debian = image.layers[1]
    (tmp_path / debian.name).symlink_to(debian)
    half_made = tmp_path / "unfinished-1" / "root" / "etc"
    half_made.mkdir(parents=True)

    made = RootImage.ensure(tmp_path)

    assert not half_made.exists()
    assert made.layers[1] == tmp_path / debian.name
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["lock", debian.name, made.layers[0].name])


def test_the_platform_is_root_s_whoever_checked_it_out(image: RootImage) -> None:
    platform = image.layers[0]
    assert all(path.lstat().st_uid == 0 for path in platform.rglob("*"))
    assert os.access(platform / "usr/bin/rpm", os.X_OK)


def test_an_archive_keeps_a_debian_as_it_is(tmp_path: Path) -> None:
    """Owners, modes, links and devices. A directory that something is mounted on is there, and empty."""
    root, mounted = tmp_path / "root", tmp_path / "root/proc"
    mounted.mkdir(parents=True)
    (root / "sudo").write_text("program")
    os.chown(root / "sudo", 1234, 5678)
    (root / "sudo").chmod(0o4750)
    (root / "link").symlink_to("sudo")
    os.mknod(root / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    subprocess.run(["mount", "-t", "proc", "proc", mounted], check=True)
    try:
        root_image.pack(root, tmp_path / "archive.tar")
    finally:
        subprocess.run(["umount", mounted], check=True)
    root_image.unpack(tmp_path / "archive.tar", tmp_path / "again")

    def listed(tree: Path) -> dict[str, tuple[int, int, int, int]]:
        found = {path.name: path.lstat() for path in tree.iterdir() if path.name != "proc"}
        return {name: (each.st_mode, each.st_uid, each.st_gid, each.st_rdev) for name, each in found.items()}

    assert listed(tmp_path / "again") == listed(root)
    assert os.readlink(tmp_path / "again/link") == "sudo"
    assert list((tmp_path / "again/proc").iterdir()) == []


def test_only_root_can_make_hosts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(RootImageError, match=r"^hosts need root: got another user, expected root\. .*sudo\.$"):
        RootImage.ensure(tmp_path)


def test_missing_programs_are_installed_by_their_packages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, image: RootImage
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in ("debootstrap", "ip", "mount", "nsenter"):
        (programs / program).symlink_to("/bin/true")
    apt = programs / "apt-get"
    apt.write_text('#!/bin/sh\necho "$@"\n[ "$1" = update ] || { echo "no such package" >&2; exit 100; }\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    said: list[str] = []

    with pytest.raises(RootImageError, match=r"^apt-get: got exit code 100, .* systemd-container \| no such package$"):
        RootImage.ensure(tmp_path, said.append)

    assert said == ["Installing what hosts need: systemd-container"]
