"""The `pulumi` after `. .sandbox/env`: it runs the real CLI on copies of the stack files.

The CLI reads its flags from environment variables too: `PULUMI_OPTION_<FLAG>`. A command without that flag ignores the
variable, and an explicit flag overrides it. So the arguments are passed on unchanged. The wrapper only looks for the
name of the stack in them.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shlex
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from commands import stack_yaml
from commands.errors import CannotRunError
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.installation import WRAPPER_MARK
from sandbox.toolchain.stack_copies import ShadowProject

_WITHOUT_CONFIG_FILE = (
    # They read or write the stack's file without --config-file, or like `config copy` use it for both stacks.
    ("stack", "new", "init", "create", "setup"),
    ("stack", "history", "hist"),
    ("stack", "change-secrets-provider"),
    ("stack", "rename"),
    ("state", "move", "mv"),
    ("config", "copy", "cp"),
)
"""Commands with the names of a subcommand. None takes a path, so they can run in another directory."""

_WITHOUT_AWS = ("version", "help", "plugin")

_DESTROY = ("destroy", "down", "dn")

_STACK_FLAG = re.compile(r"^(?:--stack|-[deyjfrQ]*s)(?:=?(?P<value>.+))?$")
"""Short flags without a value may come before `s`, as in `-ys prod`."""


def install_wrapper(*, pulumi: Path, repository: Path, sandbox: Path) -> Path:
    """Write `bin/pulumi` for this CLI into the sandbox's directory, and the copies of the stack files."""
    ShadowProject(repository=repository, directory=sandbox / "project").refresh()
    # Ctrl-C ends it without a traceback, unless a shell lets its background jobs ignore it.
    dies = "import signal, sys; signal.getsignal(2) == signal.SIG_IGN or signal.signal(2, signal.SIG_DFL); "
    start = f"{dies}sys.path.insert(0, sys.argv.pop(1)); from sandbox.toolchain.wrapper import main; main()"
    program = Path(__file__).resolve().parents[2]
    # -I: without the user's Python settings and the current directory; -B: without bytecode files.
    command = shlex.join(
        [sys.executable, "-IB", "-c", start, *map(str, (program, pulumi, repository, sandbox / "project"))]
    )
    return write_script(sandbox / "bin" / "pulumi", f"{WRAPPER_MARK}\nexec {command}")


def install_python(commands: Path) -> None:
    """Write `bin/python`: this Python, with boto3, for a shell on a machine that has no `python` of its own."""
    for name in ("python", "python3"):
        write_script(commands / name, f"exec {shlex.quote(sys.executable)}")


def write_script(path: Path, body: str) -> Path:
    """A shell script that ends in a command, which gets its arguments. Replaced in one step: it may be in use."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(f'#!/bin/sh\n{body} "$@"\n', encoding="utf-8")
    new.chmod(0o755)
    new.replace(path)
    return path


def main() -> None:
    """Replace this process by the CLI. The script passes the CLI, the repository and the folder of copies first."""
    pulumi, repository, copies, *arguments = sys.argv[1:]
    shadow = ShadowProject(repository=Path(repository), directory=Path(copies))
    environment = dict(os.environ)
    project = _nearest_project(_working_directory(environment))
    if project and project.samefile(shadow.repository) and not _changes_directory(arguments):
        try:
            for line in shadow.refresh():
                print(line, file=sys.stderr)
            environment |= options(arguments, environment, shadow, project)
            if (words := _words(arguments)) and words[0] not in _WITHOUT_AWS:
                _require_aws(environment.get("AWS_ENDPOINT_URL", ""))
        except CannotRunError as error:
            sys.exit(str(error))
        except OSError as error:
            sys.exit(f"{error.filename or shadow.directory}: {error.strerror}")
    try:
        os.execve(pulumi, [pulumi, *arguments], environment)
    except FileNotFoundError:
        sys.exit(f"{pulumi}: the Pulumi CLI is gone. `make sandbox` gets it again.")


def options(
    arguments: Sequence[str], environment: Mapping[str, str], shadow: ShadowProject, project: Path
) -> dict[str, str]:
    """The environment variables with which this command does not touch the tracked stack files.

    `project` is the path by which the CLI knows the repository. Raises `ToolchainError` for a command that would change
    the files in any case, and `CannotRunError` for a stack file that is not YAML.
    """
    chosen = {"PULUMI_OPTION_PRESERVE_CONFIG": "true"}  # `stack rm` would delete the stack's file.
    words = _words(arguments)
    if words and words[0] in _DESTROY and any(argument in ("--remove", "--remove=true") for argument in arguments):
        raise ToolchainError(
            "`pulumi destroy --remove` deletes the stack's tracked file. Use `pulumi destroy`, then `pulumi stack rm`."
        )
    stack = named_stack(arguments) or environment.get("PULUMI_STACK") or selected_stack(environment, project)
    if any(_is_command(words, *command) for command in _WITHOUT_CONFIG_FILE):
        chosen["PULUMI_OPTION_CWD"] = str(shadow.directory)
        if stack:
            chosen["PULUMI_STACK"] = stack
        return chosen
    if _is_command(words, "stack", "select"):
        if any(argument in ("-c", "--create") for argument in arguments):
            raise ToolchainError("`pulumi stack select --create` writes a tracked file. Use `pulumi stack init`.")
        chosen["PULUMI_OPTION_NON_INTERACTIVE"] = "true"
    elif stack:
        copy = shadow.config_file(stack.rsplit("/", 1)[-1])
        if words and words[0] in stack_yaml.READERS:
            stack_yaml.require(shadow.repository / copy.name)
        chosen["PULUMI_OPTION_CONFIG_FILE"] = str(copy)
    else:
        # Otherwise the CLI would offer a choice of stacks, and use the tracked file of the chosen one.
        chosen["PULUMI_OPTION_NON_INTERACTIVE"] = "true"
    return chosen


def _require_aws(endpoint: str) -> None:
    """Raise `CannotRunError` if nothing listens there: the CLI would say so in its storage library's words."""
    address = urlsplit(endpoint)
    if not address.hostname or not address.port:
        return
    try:
        socket.create_connection((address.hostname, address.port)).close()
    except ConnectionRefusedError:
        raise CannotRunError(
            f"{endpoint}: got no answer, expected the sandbox's AWS. Start it with `./shop sandbox up`."
        ) from None


def named_stack(arguments: Sequence[str]) -> str | None:
    """The stack in the arguments, or None."""
    for position, argument in enumerate(arguments):
        if found := _STACK_FLAG.match(argument):
            if found["value"]:
                return found["value"]
            return arguments[position + 1] if position + 1 < len(arguments) else None
    return None


def selected_stack(environment: Mapping[str, str], project: Path) -> str | None:
    """The stack that `pulumi stack select` has chosen for this project and backend, or None."""
    digest = hashlib.sha1(str(project / "Pulumi.yaml").encode(), usedforsecurity=False).hexdigest()
    for file in Path(environment.get("PULUMI_HOME", "")).glob(f"workspaces/*-{digest}-workspace.json"):
        stacks: dict[str, str] = json.loads(file.read_text(encoding="utf-8")).get("stacks", {})
        return stacks.get(environment.get("PULUMI_BACKEND_URL", ""))
    return None


def _words(arguments: Sequence[str]) -> list[str]:
    """The arguments that are neither flags nor the stack: command, subcommand and others."""
    words: list[str] = []
    follows_stack_flag = False
    for argument in arguments:
        if not follows_stack_flag and not argument.startswith("-"):
            words.append(argument)
        found = _STACK_FLAG.match(argument)
        follows_stack_flag = found is not None and not found["value"]
    return words


def _is_command(words: Sequence[str], command: str, *subcommands: str) -> bool:
    return any(pair[0] == command and pair[1] in subcommands for pair in itertools.pairwise(words))


def _working_directory(environment: Mapping[str, str]) -> Path:
    """The shell's path of the current directory, which the CLI uses. It may contain a symbolic link."""
    said = Path(environment.get("PWD", ""))
    return said if said.is_absolute() and said.exists() and said.samefile(Path.cwd()) else Path.cwd()


def _nearest_project(directory: Path) -> Path | None:
    """The nearest directory with a Pulumi.yaml, this one or above: the project for the CLI."""
    return next((place for place in (directory, *directory.parents) if (place / "Pulumi.yaml").exists()), None)


def _changes_directory(arguments: Sequence[str]) -> bool:
    return any(argument.startswith(("-C", "--cwd")) for argument in arguments)
