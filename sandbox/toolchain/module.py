"""The committed Go module: its pinned versions, and a hash of all that a build depends on."""

from __future__ import annotations

import hashlib
import platform
import re
from pathlib import Path

MODULE = Path(__file__).resolve().parent
"""The directory of go.mod."""
SDK = "github.com/pulumi/pulumi/sdk/v3"
CLI_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
LANGUAGE_HOST_PACKAGE = "./language-host"


def pinned_version(module: Path = MODULE) -> str:
    """The Pulumi version of the module, such as `3.259.0`."""
    return _only(rf"^\s*{re.escape(SDK)} v(\S+)", module)


def required_go(module: Path = MODULE) -> str:
    """The oldest Go that can build the module, such as `1.25.11`."""
    return _only(r"^go (\S+)", module)


def build_flags(module: Path = MODULE) -> tuple[str, ...]:
    """The flags of `go build`. Without the version, `pulumi version` prints nothing."""
    version = f"{SDK}/go/common/version.Version=v{pinned_version(module)}"
    return ("-trimpath", "-buildvcs=false", "-ldflags", f"-s -w -X {version}")


def stamp(module: Path = MODULE) -> str:
    """A hash of all that a build depends on, except the version of Go: a new Go needs no new build."""
    digest = hashlib.sha256()
    for part in (platform.system(), platform.machine(), *build_flags(module)):
        digest.update(part.encode() + b"\0")
    sources = (path for path in (module / LANGUAGE_HOST_PACKAGE).glob("*.go") if not path.name.endswith("_test.go"))
    for path in (module / "go.mod", module / "go.sum", *sorted(sources)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _only(pattern: str, module: Path) -> str:
    found = re.search(pattern, (module / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None, f"{module / 'go.mod'} has no line {pattern}"
    return found.group(1)
