"""The real Session Manager plugin, built from AWS's source: AWS's package is not to be had without the internet."""

from __future__ import annotations

from pathlib import Path

from tests.servers import go_program

_PACKAGE = "github.com/aws/session-manager-plugin/src/sessionmanagerplugin-main"


def build() -> Path:
    """The plugin. Skips the test where it cannot be built. Building it takes half a minute, once."""
    return go_program.build(Path(__file__).parent, _PACKAGE)
