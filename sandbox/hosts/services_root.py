"""The root image with the fleet's own directory in it, for the programs that run beside the hosts."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sandbox.hosts import namespaces
from sandbox.hosts.programs import Programs
from sandbox.hosts.root_image import RootImage


def mount(image: RootImage, directory: Path, shared: Path) -> Programs:
    """Mount the image in ``directory``; ``shared`` has the same path inside it as outside.

    The mounts end with the mount namespace of this process.
    """
    root, upper, work = (directory / part for part in ("root", "upper", "work"))
    for each in (root, upper, work):
        each.mkdir(parents=True, exist_ok=True, mode=0o755)
    layers = ":".join(str(layer) for layer in image.layers)
    _run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={layers},upperdir={upper},workdir={work}", str(root))
    for path in (Path("/proc"), Path("/dev"), namespaces.DIRECTORY, shared):
        inside = root / str(path).lstrip("/")
        inside.mkdir(parents=True, exist_ok=True)
        _run("mount", "--rbind", str(path), str(inside))
    return Programs(root=root)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
