"""A machine with a PATH, a cache and an internet for one test."""

from __future__ import annotations

import hashlib
import io
import shlex
import tarfile
import urllib.error
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from sandbox.toolchain import module, official
from sandbox.toolchain.cache import GIB, CliCache
from sandbox.toolchain.cli import PulumiCli, find_or_make_cli

VERSION = module.pinned_version()
_CHECKSUMS = f"https://github.com/pulumi/pulumi/releases/download/v{VERSION}/pulumi-{VERSION}-checksums.txt"


class Machine:
    """A machine on which nothing is installed at first."""

    def __init__(self, directory: Path) -> None:
        self.bin = directory / "bin"
        self.bin.mkdir()
        self.modules = directory / "modules"
        self.cache = CliCache(directory=directory / "cache", free_bytes=lambda _: 100 * GIB)
        self.answers: dict[str, bytes] = {}
        self.said: list[str] = []

    def install(self, name: str, script: str) -> Path:
        """Put a shell script on PATH, which has nothing else."""
        return write_script(self.bin / name, script)

    def install_go(self, *, version: str = "1.99.0", build: str = "") -> None:
        """Install a `go` that builds a fake CLI of the pinned version; it runs the commands in `build` first."""
        script = self.modules / "python" / "cmd" / "pulumi-language-python-exec"
        script.parent.mkdir(parents=True)
        script.touch(mode=0o444)
        fake_cli = shlex.quote(f"#!/bin/sh\necho v{VERSION}\n")
        self.install(
            "go",
            f"""case "$1 $2" in
"env GOVERSION") echo go{version} ;;
"env GOMODCACHE") echo {shlex.quote(str(self.modules))}; echo {shlex.quote(str(self.modules))} ;;
"list -m") echo {shlex.quote(str(self.modules))} ;;
version*) echo "go version go{version}" ;;
build*)
    while [ "$1" != -o ]; do shift; done
    {build or ":"}
    printf %s {fake_cli} > "$2/pulumi"; echo > "$2/language-host"; /bin/chmod +x "$2/pulumi" "$2/language-host" ;;
esac
""",
        )

    def find(self, **environment: str) -> PulumiCli:
        return find_or_make_cli(
            report=self.said.append,
            environment={"PATH": str(self.bin)} | environment,
            cache=self.cache,
            open_url=self.open_url,
        )

    def open_url(self, url: str) -> BinaryIO:
        if url not in self.answers:
            raise urllib.error.URLError("Network is unreachable")
        return io.BytesIO(self.answers[url])

    def publish(self, content: Mapping[str, str], *, checksum: str | None = None) -> None:
        """Make the official release downloadable, with these files in it."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            for name, text in content.items():
                entry = tarfile.TarInfo(f"pulumi/{name}")
                entry.size, entry.mode = len(text), 0o755
                tar.addfile(entry, io.BytesIO(text.encode()))
        name = official.archive_name(VERSION)
        checksum = checksum or hashlib.sha256(archive.getvalue()).hexdigest()
        self.answers[_CHECKSUMS] = f"0000  other.tar.gz\n{checksum}  {name}\n".encode()
        self.answers[f"https://get.pulumi.com/releases/sdk/{name}"] = archive.getvalue()

    def cached(self) -> list[str]:
        """What the cache holds, but for the lock."""
        return sorted(path.name for path in self.cache.directory.glob("*") if path.name != "lock")


def write_script(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
    path.chmod(0o755)
    return path
