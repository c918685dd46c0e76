"""The `aws` after `. .sandbox/env`: the AWS CLI of `.venv`, so that a machine needs none of its own."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from sandbox.commands.layout import Layout
from sandbox.toolchain.wrapper import write_script


def install(layout: Layout) -> Path:
    """Write `bin/aws` into the sandbox's directory. Returns its path."""
    # -I: without the user's Python settings and the current directory; -B: without bytecode files.
    command = shlex.join([sys.executable, "-IB", "-m", "awscli"])
    return write_script(layout.commands / "aws", f"exec {command}")
