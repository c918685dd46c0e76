"""A copy of the repository, with a process in it that runs the unit tests of one mutant after the other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.mutants.constants import Mutant
from tests.unit.program import ROOT

_SNAPSHOTS = "tests/unit/test_snapshots.py::test_the_program_declares_what_was_recorded"


class Copy:
    """A copy of what git knows or would take, in a directory that is removed afterwards."""

    def __enter__(self) -> Self:
        self._directory = tempfile.TemporaryDirectory(prefix="mutants-")
        self._root = Path(self._directory.name)
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (self._root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self._root / name)
        if (ROOT / ".venv").exists():
            (self._root / ".venv").symlink_to((ROOT / ".venv").resolve())
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.worker"],
            cwd=self._root,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(self._root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._directory.cleanup()

    def first_failure(self, mutant: Mutant | None = None) -> str:
        """The test that fails on the mutant, or on the source as it is; empty when all pass.

        The snapshots' test runs first, then those of the mutant's area, then all others.
        """
        if mutant is None:
            return self._run([_SNAPSHOTS, "tests/unit"])
        path = self._root / mutant.path
        before = path.read_bytes()
        area = f"tests/unit/{path.parent.name}"
        try:
            path.write_text(mutant.source)
            return self._run([_SNAPSHOTS, *([area] if (self._root / area).is_dir() else []), "tests/unit"])
        finally:
            path.write_bytes(before)

    def _run(self, arguments: list[str]) -> str:
        assert self._process.stdin
        assert self._process.stdout
        print(*arguments, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the process that runs the tests has ended")
        return answer.strip()
