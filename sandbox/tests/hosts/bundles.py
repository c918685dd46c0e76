"""Bundles for the tests, and deployments of them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from sandbox.hosts.host import Deployment, Kind

PHP_INI = "aws:elasticbeanstalk:container:php:phpini"
PROXY = "aws:elasticbeanstalk:environment:proxy"
PAGE = '<?php echo getenv("COLOR"), " ", ini_get("memory_limit"), " ", get_current_user(), " ", __DIR__;'


def bundle(directory: Path, files: Mapping[str, str]) -> Path:
    """A zip of these files. Hooks are not executable in it: Beanstalk sees to that."""
    path = directory / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            # nginx and Apache are not the files' owner.
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return path


def hook(script: str) -> str:
    return f"#!/usr/bin/env bash\nset -euo pipefail\n{script}\n"


def deployment(
    bundle: Path | None,
    *,
    kind: Kind = "application",
    properties: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    options: Mapping[str, Mapping[str, str]] | None = None,
    timeout_seconds: float = 60,
) -> Deployment:
    return Deployment(
        kind=kind,
        deployment_id=1,
        version_label="v1",
        bundle=bundle,
        properties=properties or {},
        secrets=secrets or {},
        options=options or {},
        timeout_seconds=timeout_seconds,
    )
