"""The real Packer with its plugin for AWS, in the versions that the template asks for: Debian's Packer is older.

Both are built from their Go modules, which takes some minutes, once. ``packer init`` would fetch the plugin from
GitHub.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.servers import go_program

_HERE = Path(__file__).parent
_PLUGIN = "github.com/hashicorp/amazon"
"""What plugins.pkr.hcl calls it."""


class Packer:
    """Packer with a directory of its own, in which its plugin is installed. Skips the test where it cannot be built."""

    def __init__(self, directory: Path) -> None:
        self.program = go_program.build(_HERE / "program", "github.com/hashicorp/packer")
        plugin = go_program.build(_HERE / "amazon_plugin", "github.com/hashicorp/packer-plugin-amazon")
        self.environment: Mapping[str, str] = {
            "PATH": f"{self.program.parent}:{os.environ['PATH']}",
            "HOME": str(directory),
            "TMPDIR": str(directory),
            "PACKER_CONFIG_DIR": str(directory / "configuration"),
            "PACKER_PLUGIN_PATH": str(directory / "plugins"),
            # It would ask HashiCorp whether there is a newer version.
            "CHECKPOINT_DISABLE": "1",
        }
        installed = self.run(directory, "plugins", "install", "--path", str(plugin), _PLUGIN)
        assert installed.returncode == 0, installed.stdout + installed.stderr

    def run(self, template: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it in the directory of a template."""
        return subprocess.run(
            [self.program, *arguments],
            cwd=template,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
        )
