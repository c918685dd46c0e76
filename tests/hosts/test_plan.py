"""What a release would change, asked on the back office's instance while the shop is open."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from commands.errors import ExitCode
from sandbox.applications import releases
from tests.hosts.live_sandbox import BACK_OFFICE, LiveSandbox, shoppers

pytestmark = pytest.mark.long


def plan(live: LiveSandbox, bundle: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["./shop", "release", "plan", "-s", "prod", str(bundle), *options],
        cwd=live.platform.project,
        env={**os.environ, **live.platform.environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.row(21)
def test_a_candidate_is_asked_and_no_shopper_notices(live: LiveSandbox, tmp_path: Path) -> None:
    host = live.instances(BACK_OFFICE)[0]
    running = live.run(host, "cat /var/app/current/.platform/release.env")
    bundle = live.bundle(tmp_path, "asked-1", releases.new_column())
    with shoppers(live, ("/", "/linen-shirt.html")) as load:
        planned = plan(live, bundle)
    assert planned.returncode == ExitCode.OK, planned.stderr
    assert ": additive." in planned.stdout
    assert "column catalog_product.origin new" in planned.stdout
    assert load.failures == []
    assert live.run(host, "cat /var/app/current/.platform/release.env") == running
    assert live.run(host, "stat -c %U:%G /var/app/candidates/asked-1/bin/magento").strip() == "webapp:webapp"

    held = plan(live, bundle, "--hold")
    assert ": held." in held.stdout

    # A name means one bundle for ever.
    other = live.bundle(tmp_path / "other", "asked-1", releases.raised_setup_version())
    refused = plan(live, other)
    assert refused.returncode == ExitCode.COULD_NOT_RUN
    assert "A release's name is used once" in refused.stderr

    # The next candidate takes the place of the last one.
    raised = live.bundle(tmp_path / "raised", "asked-2", releases.raised_setup_version())
    planned = plan(live, raised)
    assert "setup_version of Client_Catalog raised to 1.1.0" in planned.stdout, planned.stderr
    assert live.run(host, "ls /var/app/candidates").split() == ["asked-2", "asked-2.complete", "facts.json"]


def test_what_is_no_bundle_is_named(live: LiveSandbox, tmp_path: Path) -> None:
    refused = plan(live, tmp_path / "missing.zip")
    assert refused.returncode == ExitCode.COULD_NOT_RUN
    assert "missing.zip: there is no such file" in refused.stderr
