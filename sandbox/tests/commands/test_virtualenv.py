"""When `.venv` is made again, and what is checked before it is made at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from commands.errors import ExitCode
from sandbox.commands import virtualenv
from sandbox.commands.virtualenv import ensure, install

pytestmark = pytest.mark.long

_REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With an environment that is up to date. Making one takes ten seconds, so each test leaves one like it."""
    repository = tmp_path_factory.mktemp("repository") / "clone"
    repository.mkdir()
    (repository / "requirements.txt").write_text("")
    (repository / "requirements-dev.txt").write_text("-r requirements.txt\n")
    ensure(repository, repository / ".venv")
    return repository


def test_packages_are_installed_once_and_again_only_when_the_requirements_change(
    repository: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A second `make sandbox` does not spend its time on pip, whatever the files' times are."""
    capfd.readouterr()
    (repository / "requirements.txt").touch()
    ensure(repository, repository / ".venv")
    assert capfd.readouterr().out == ""
    (repository / "requirements.txt").write_text("# one more\n")
    ensure(repository, repository / ".venv")
    assert "Installing" in capfd.readouterr().out


def test_an_environment_that_is_a_link_is_kept(
    repository: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """To another clone's: emptied as a moved one, it would be gone for both."""
    kept = repository / ".venv" / "kept"
    kept.touch()
    for name in ("requirements.txt", "requirements-dev.txt"):
        shutil.copy(repository / name, tmp_path)
    (tmp_path / ".venv").symlink_to(repository / ".venv")
    ensure(tmp_path, tmp_path / ".venv")
    assert capfd.readouterr().out == ""
    (tmp_path / "requirements.txt").write_text("# another one\n")
    ensure(tmp_path, tmp_path / ".venv")
    assert "Installing" in capfd.readouterr().out
    assert kept.exists()


def test_an_environment_whose_python_is_gone_is_made_anew(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As after an upgrade of the system's Python: `venv` itself would keep the dangling link."""
    directory = repository / ".venv"
    python = directory / "bin" / "python"
    python.unlink()
    python.symlink_to("/gone/python3")
    capfd.readouterr()
    ensure(repository, directory)
    assert "Installing" in capfd.readouterr().out
    assert subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def test_an_environment_that_was_moved_is_made_anew(repository: Path) -> None:
    """The commands of its packages, such as `aws`, start the Python of the old path."""
    moved = repository.rename(repository.with_name("moved"))
    try:
        ensure(moved, moved / ".venv")
        ran = subprocess.run([moved / ".venv" / "bin" / "pip", "--version"], capture_output=True, check=False)
    finally:
        moved.rename(repository)
    assert ran.returncode == 0


def test_a_clone_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another user's, or one that is mounted read-only. It was a traceback."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).touch()
    occupied = tmp_path / "file"
    occupied.touch()
    (tmp_path / ".venv").symlink_to(occupied / "below")
    monkeypatch.setattr(virtualenv, "REPOSITORY", tmp_path)
    monkeypatch.setattr(virtualenv, "find_or_make_cli", lambda: None)
    assert virtualenv.main() == ExitCode.COULD_NOT_RUN
    assert capsys.readouterr().err == f".venv cannot be made. {occupied / 'below'}: Not a directory\n"


def test_pip_is_heard_of_while_it_collects_packages(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Minutes of silence look like a hang."""
    pip = tmp_path / "pip"
    pip.write_text(
        "#!/bin/sh\nfor name in one two three; do echo Collecting $name; done; echo Installing collected packages: x\n"
    )
    pip.chmod(0o755)
    assert install(pip, tmp_path / "requirements.txt") == 0
    assert capfd.readouterr().out.splitlines()[-1] == "  3 packages found; installing them"


def _preflight(path: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", _REPOSITORY / "sandbox" / "preflight.sh"],
        env={"PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_that_is_too_old_is_passed_over_for_a_newer_one_beside_it(tmp_path: Path) -> None:
    """Debian 11's and Ubuntu 22.04's `python3` are too old, and a newer one is a package away."""
    old, new = tmp_path / "python3", tmp_path / "python3.11"
    old.write_text("#!/bin/sh\nexit 1\n")
    new.write_text(f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n")
    old.chmod(0o755)
    new.chmod(0o755)
    assert _preflight(str(tmp_path)).stdout == f"{new}\n"


def test_without_any_python_the_command_that_installs_it_is_printed(tmp_path: Path) -> None:
    """The exact one, for Debian and Ubuntu."""
    ran = _preflight(str(tmp_path))
    assert ran.returncode == 1
    assert "sudo apt-get install python3 python3-venv" in ran.stderr


def test_make_works_in_a_directory_with_a_space_in_its_name(tmp_path: Path) -> None:
    """Nothing that make runs spells an absolute path without quotes."""
    clone = tmp_path / "a shop"
    clone.mkdir()
    shutil.copy(_REPOSITORY / "Makefile", clone)
    # As outside of the make that may be running this test.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}

    def make(*arguments: str) -> str:
        command = ["make", *arguments]
        return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=True).stdout

    assert str(clone) not in make("-n", "sandbox", "test")
    assert "make sandbox-down" in make("help")
