"""`python -m sandbox.hosts`: the fleet, which runs until it is ended. `./shop sandbox live` starts it.

It runs in a mount namespace and a process namespace of its own. When it ends, also by force, the kernel ends every
process and removes every mount and network of it.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

from sandbox.hosts.places import INSIDE

_CLONE_NEWNS = 0x00020000
_CLONE_NEWPID = 0x20000000
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.hosts", description=__doc__)
    parser.add_argument("--endpoint", required=True, help="the address of the embedded AWS")
    parser.add_argument("--directory", required=True, type=Path, help="for everything that the fleet keeps")
    parser.add_argument("--images", required=True, type=Path, help="the directory of the root images")
    parser.add_argument("--ready-file", required=True, type=Path, help="gets the fleet's own address once it answers")
    given = parser.parse_args()
    _check(_libc.unshare(_CLONE_NEWNS | _CLONE_NEWPID))
    child = os.fork()
    if child:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda number, _: os.kill(child, number))
        return _exit_code(os.waitpid(child, 0)[1])
    return _first_process(given)


def _first_process(given: argparse.Namespace) -> int:
    """The first process of the namespace: the kernel kills all others with it. It buries those whose parent is gone."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL))
    given.directory.mkdir(parents=True, exist_ok=True, mode=0o755)
    for place in (Path("/run/netns"), INSIDE):
        place.mkdir(exist_ok=True)
    for command in (
        ("mount", "--make-rprivate", "/"),
        ("mount", "-t", "proc", "proc", "/proc"),
        ("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run/netns"),
        # What is mounted in it later appears wherever it is bound to.
        ("mount", "--make-shared", "/run/netns"),
        ("mount", "--bind", str(given.directory), str(INSIDE)),
    ):
        subprocess.run(command, check=True)
    fleet = os.fork()
    if not fleet:
        return _run_fleet(given)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda number, _: os.kill(fleet, number))
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == fleet:
            return _exit_code(status)


def _run_fleet(given: argparse.Namespace) -> int:
    # In this process alone: what it imports takes memory.
    from sandbox.hosts.fleet import Fleet, FleetSettings

    fleet = Fleet(
        FleetSettings(
            endpoint=given.endpoint, directory=INSIDE, name=str(given.directory.resolve()), images=given.images
        )
    )
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: fleet.end())
    code = fleet.run(lambda url: _write(given.ready_file, url))
    sys.stdout.flush()
    # Threads that still wait for a host end with the process.
    os._exit(code)


def _write(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    # The address is a secret.
    new.touch(mode=0o600)
    new.write_text(text)
    new.replace(path)


def _exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    sys.exit(main())
