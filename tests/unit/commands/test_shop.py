"""The launcher `./shop`: it works from anywhere, imports only what it runs, and ends with one table of exit codes."""

from __future__ import annotations

import ast
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import typer

from commands import shell
from commands.errors import CannotRunError, CommandError, ExitCode
from commands.shop import COMMANDS, app
from tests.unit.program import ROOT

ROOMS = {"account", "bench", "components", "policies", "reachability", "sandbox", "settings", "stack", "tests"}


def run(
    *command: str | Path, directory: Path = ROOT, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, **(environment or {})}
    return subprocess.run(command, cwd=directory, env=variables, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The launcher and the commands in a directory with a space in its name, without `.venv`."""
    project = tmp_path / "my shop"
    shutil.copytree(ROOT / "commands", project / "commands", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "shop", project / "shop")
    return project


def test_it_runs_from_another_directory_through_a_symlink_and_with_a_space(copy: Path, tmp_path: Path) -> None:
    """People put a link into ~/bin."""
    (copy / ".venv").symlink_to(sys.prefix)
    (tmp_path / "link").symlink_to(copy / "shop")
    # A package of the same name where the user happens to be must not be run.
    (tmp_path / "commands").mkdir()
    (tmp_path / "commands" / "__init__.py").write_text("raise SystemExit(9)")
    ran = run(tmp_path / "link", "--help", directory=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert all(name in ran.stdout for name in COMMANDS)


def test_without_a_virtual_environment_it_says_what_to_run(copy: Path) -> None:
    ran = run(copy / "shop", "sandbox", "up")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert "make venv" in ran.stderr


def test_a_python_that_is_gone_is_not_called_a_missing_environment(copy: Path) -> None:
    """It was upgraded, or it is in the home directory of who made `.venv`."""
    python = copy / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    (copy / ".venv" / "pyvenv.cfg").touch()
    python.symlink_to("/nowhere/python3")
    ran = run(copy / "shop", "sandbox", "up")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert ran.stderr == f"shop: {python}: this user cannot start it: run `make venv` in {copy}\n"


def test_with_half_a_virtual_environment_it_says_the_same(copy: Path) -> None:
    """An installation that was interrupted leaves a Python without packages."""
    (copy / ".venv" / "bin").mkdir(parents=True)
    python = copy / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    python.chmod(0o755)
    ran = run(copy / "shop")
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert "make venv" in ran.stderr


def test_help_imports_no_command() -> None:
    """`./shop --help` is fast, and `./shop sandbox` does not need what the policies need."""
    program = (
        "import sys; from commands import shell, shop; shell.run(shop.app, name='shop', arguments={}); "
        "print(*sys.modules, file=sys.stderr)"
    )
    cases: list[tuple[list[str], set[str]]] = [(["--help"], set()), (["sandbox", "--help"], {"sandbox"})]
    for arguments, imported in cases:
        ran = run(sys.executable, "-c", program.format(arguments))
        packages = {name.partition(".")[0] for name in ran.stderr.split()}
        assert "commands" in packages
        assert packages & ROOMS == imported
        assert not {"boto3", "pulumi", "networkx"} & packages


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_fits_80_columns(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # A command takes Ctrl-C over, and this process needs it.
    code = shell.run(app, name="shop", arguments=[name, "--help"])
    said = capsys.readouterr()
    assert code == 0, said.err
    assert said.out.startswith(f"Usage: shop {name} ")
    assert max(map(len, said.out.splitlines())) <= 80


def test_the_shell_completes_commands_and_their_options() -> None:
    """Bash asks the program for the words; those of a subcommand come from its own module."""

    def completed(line: str) -> set[str]:
        variables = {"_SHOP_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
        return set(run(ROOT / "shop", environment=variables).stdout.split())

    assert completed("./shop ") == set(COMMANDS)
    assert completed("./shop sandbox ") == {"up", "live", "status", "env", "down"}
    assert "rds-private" in completed("./shop policies explain rds-p")


def test_completion_can_be_installed(tmp_path: Path) -> None:
    ran = run("bash", "-c", "./shop --install-completion; exit $?", environment={"HOME": str(tmp_path)})
    assert ran.returncode == 0, ran.stderr
    [script] = tmp_path.rglob("shop.sh")
    assert str(script) in (tmp_path / ".bashrc").read_text()
    assert "_SHOP_COMPLETE" in script.read_text()


@pytest.mark.parametrize(
    "arguments", [["sandbx"], ["sandbox", "upp"], ["--nothing"], ["reach", "--from"], ["bootstrap"]]
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    ran = run(ROOT / "shop", *arguments)
    assert (ran.returncode, ran.stdout) == (ExitCode.COULD_NOT_RUN, "")
    assert "Traceback" not in ran.stderr


def _ending(error: BaseException | None) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    def end() -> None:
        if error is not None:
            raise error

    return app


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (None, 0, ""),
        (CommandError("refused"), 1, "refused\n"),
        (CannotRunError("no such thing"), 2, "no such thing\n"),
        (FileNotFoundError(2, "No such file or directory", "stack.yaml"), 2, "stack.yaml: No such file or directory\n"),
        (
            OSError(28, "No space left on device", ".sandbox/env"),
            2,
            "The disk of .sandbox/env is full. Free some space and run the command again.\n",
        ),
        (OSError(28, "No space left on device"), 2, "The disk is full. Free some space and run the command again.\n"),
        (typer.Exit(1), 1, ""),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_each_end_has_its_exit_code_and_one_line(
    error: BaseException | None, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell.run(_ending(error), name="test", arguments=[]) == code
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    ("variables", "is_coloured"),
    [({"TERM": "xterm", "NO_COLOR": ""}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_an_error_has_no_colour_where_none_is_wanted(
    variables: dict[str, str], is_coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """https://no-color.org; and a terminal that shows none, as in an editor."""
    said: list[str] = []
    monkeypatch.setattr(typer, "echo", said.append)
    monkeypatch.setattr(typer, "secho", lambda text, fg, **_: said.append(typer.style(text, fg=fg)))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    shell.run(_ending(CommandError("refused")), name="test", arguments=[])
    assert said == ["\x1b[31mrefused\x1b[0m" if is_coloured else "refused\x1b[0m"]


def test_ctrl_c_before_the_command_begins_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading the options of all commands takes a moment, in which typer does not look."""
    app = _ending(None)
    monkeypatch.setattr(typer.main, "get_command", lambda _: signal.raise_signal(signal.SIGINT))
    assert shell.run(app, name="test", arguments=[]) == 130
    assert capsys.readouterr() == ("", "Interrupted.\n")


def test_ctrl_c_while_python_starts_is_no_error_of_python(copy: Path) -> None:
    """The launcher lets it be ignored, for a moment: a Python that gets it then ends with "Fatal Python error"."""
    (copy / ".venv" / "bin").mkdir(parents=True)
    python = copy / ".venv" / "bin" / "python"
    python.write_text("#!/bin/sh\nkill -INT $$\necho goes on\n")
    python.chmod(0o755)
    assert run(copy / "shop").stdout == "goes on\n"


def _asking_itself(request: signal.Signals) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    def wait() -> None:
        with shell.interruption_says("There is no report."):
            signal.raise_signal(request)

    return app


@pytest.mark.parametrize("request_", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_stop_says_what_is_left(request_: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    """SIGTERM ends a command as Ctrl-C does, and so does a terminal that closes: a release is left with its journal."""
    # These tests may run under nohup themselves, which has SIGHUP ignored.
    before = signal.signal(request_, signal.SIG_DFL)
    try:
        assert shell.run(_asking_itself(request_), name="test", arguments=[]) == 130
    finally:
        signal.signal(request_, before)
    assert capsys.readouterr().err == "There is no report.\n"


def test_under_nohup_a_terminal_that_closes_stops_nothing() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert shell.run(_asking_itself(signal.SIGHUP), name="test", arguments=[]) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("path", sorted((ROOT / "commands").glob("*.py")), ids=lambda path: path.name)
def test_the_shared_shell_imports_no_room(path: Path) -> None:
    """Every room may use it, so it depends on none of them."""
    for statement in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in statement.names] if isinstance(statement, ast.Import) else []
        if isinstance(statement, ast.ImportFrom):
            names = [statement.module or ""]
        assert not {name.partition(".")[0] for name in names} & ROOMS
