"""``./shop release publish``: puts this tool where Rundeck's server and the workflow get it from."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from commands.console import Console
from commands.deployed_stack import StackName
from release.errors import answers_of_aws
from release.site import Site

TOOL = "tool.zip"
"""Its key below the site's prefix. Each stack has the tool that fits its SSM documents."""
REQUIREMENTS = "requirements.txt"
PACKAGES = ("boto3", "PyYAML", "rich", "sqlglot", "typer")
"""The packages that it imports. Their versions are those of ``requirements.txt``."""
_ROOT = Path(__file__).resolve().parents[1]
_ROOMS = ("commands", "platform_config", "release")
_FILES = ("shop", "settings/__init__.py", "settings/messages.py")
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold. With the files' own times, each clone would make another archive."""
_UNIX = 3


def archive() -> bytes:
    """The tool as a zip: the same bytes for the same files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as tool:
        for name, mode, content in sorted((*_files(), (REQUIREMENTS, 0o644, _requirements()))):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, (0o100000 | mode) << 16
            tool.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def publish(stack: StackName) -> None:
    """Put this version of the tool into the bucket for releases, for Rundeck's jobs and the workflow of this stack.

    Run it after `pulumi up`: the tool and the stack's SSM documents belong together.
    """
    made = archive()
    with answers_of_aws():
        site = Site.of(stack)
        key = f"{site.prefix}{TOOL}"
        site.s3.put_object(Bucket=site.bucket, Key=key, Body=made, ContentType="application/zip")
    Console().step(f"s3://{site.bucket}/{key} is this tool, SHA-256 {sha256(made).hexdigest()}.")


def _files() -> Iterator[tuple[str, int, bytes]]:
    paths = [_ROOT / name for name in _FILES]
    paths += [path for room in _ROOMS for path in (_ROOT / room).rglob("*") if path.is_file()]
    for path in paths:
        if "__pycache__" not in path.parts:
            # Of the permissions, git keeps whether a file can be executed.
            mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            yield str(path.relative_to(_ROOT)), mode, path.read_bytes()


def _requirements() -> bytes:
    lines = (_ROOT / REQUIREMENTS).read_text().splitlines()
    return "".join(f"{line}\n" for line in lines if line.partition("==")[0] in PACKAGES).encode()
