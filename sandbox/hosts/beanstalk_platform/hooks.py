"""Platform hooks: the files of a directory of the bundle, run as root in the order of their names."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sandbox.hosts.beanstalk_platform.engine_log import HOOKS_LOG, StepError, info

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"


def run(application: Path, kind: str, stage: str, properties: Mapping[str, str]) -> None:
    """Run ``.platform/<kind>/<stage>``; the first that fails ends the deployment with ``StepError``.

    AWS Elastic Beanstalk Developer Guide, "Platform hooks": as root, in alphabetical order, in the application's
    directory, with execute permission granted by Beanstalk. Like Amazon's engine, a hook has no HOME.
    """
    relative = f".platform/{kind}/{stage}/"
    directory = application / ".platform" / kind / stage
    info(f"Executing platform hooks in {relative}")
    if not directory.is_dir():
        info(f"The dir {relative} does not exist")
        info(f"Finished running scripts in {directory}")
        return
    hooks = sorted(each for each in directory.iterdir() if each.is_file())
    info(f"Following platform hooks will be executed in order: [{' '.join(hook.name for hook in hooks)}]")
    for hook in hooks:
        info(f"Running platform hook: {relative}{hook.name}")
        hook.chmod(hook.stat().st_mode | 0o111)
        _run(f"{relative}{hook.name}", application, properties)
    info(f"Finished running the platform hooks in {relative}")


def _run(hook: str, application: Path, properties: Mapping[str, str]) -> None:
    environment = {"PATH": _PATH, **{name: os.environ[name] for name in _of_the_machine()}, **properties}
    with HOOKS_LOG.open("ab") as log, tempfile.TemporaryFile() as said:
        try:
            # Into files: a hook that leaves a program behind does not keep the deployment waiting for its output.
            code = subprocess.run(
                [f"./{hook}"],
                cwd=application,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        except OSError as failure:
            reason = (failure.strerror or str(failure)).lower()
            raise StepError(f"Command {hook} failed with error fork/exec {hook}: {reason}") from failure
        said.seek(0)
        output = said.read()
        log.write(output)
    if code:
        ended = f"signal: {-code}" if code < 0 else f"exit status {code}"
        raise StepError(f"Command {hook} failed with error {ended}. Stderr:{output.decode(errors='replace')}")


def _of_the_machine() -> list[str]:
    """The variables that every process of the machine has: the engine was started with nothing else."""
    return [name for name in os.environ if name != "PATH" and not name.startswith(("PYTHON", "LC_"))]
