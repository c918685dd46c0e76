"""The application's code that a build starts from: a directory, or a commit of a git repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from commands.errors import CannotRunError, CommandError
from release import programs
from settings.messages import MISSING, Words, message

CODE = "a directory, or the address of a git repository"
"""What the code of a build is."""
CHANGED = "-dirty"
"""What follows the commit of files with changes that are not committed. It is the mark of `git describe --dirty`."""

_ADDRESS = re.compile(r"(https?|ssh|git|file)://\S+|[A-Za-z0-9_][\w.-]*(@[\w.-]+)?:(?!:)\S+")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@#+-]{0,199}")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True, kw_only=True)
class Code:
    """An application's directory, and the commit that it is."""

    directory: Path
    commit: str | None
    """Followed by `-dirty` if files differ from it. None without git."""
    time: datetime | None
    """Of the commit."""
    is_ours: bool
    """Whether the directory was made for this build, so that the build may write into it."""

    @classmethod
    def read(cls, code: str, ref: str | None, empty: Path) -> Code:
        """The code at a git address or a path.

        A directory without `ref` is taken as it is, with files that git does not have. Everything else is fetched into
        `empty`, without history and with submodules. Raises CannotRunError for what is not there, and CommandError with
        git's own words.
        """
        if ref is not None and not _REF.fullmatch(ref):
            raise CannotRunError(message("--ref", got=ref, expected="a branch, a tag or a commit"))
        local = Path(code).absolute()
        if local.is_dir():
            if ref is None and not _is_bare(local):
                return cls._as_it_is(local)
            if not ((local / ".git").exists() or _is_bare(local)):
                raise CannotRunError(message(code, got="no .git", expected="a git repository, because of --ref"))
        elif local.exists():
            raise CannotRunError(message(code, got=Words("a file"), expected=CODE))
        elif not _ADDRESS.fullmatch(code):
            raise CannotRunError(message(code, got=MISSING, expected=CODE))
        return cls._fetched(local.as_uri() if local.is_dir() else code, ref, empty)

    @classmethod
    def _as_it_is(cls, directory: Path) -> Code:
        commit = commit_of(directory) if (directory / ".git").exists() else None
        time = _Git(directory).time() if commit else None
        return cls(directory=directory, commit=commit, time=time, is_ours=False)

    @classmethod
    def _fetched(cls, address: str, ref: str | None, empty: Path) -> Code:
        empty.mkdir()
        git = _Git(empty)
        git.ask("init", "--quiet")
        # Submodules may have addresses that are relative to it.
        git.ask("remote", "add", "--", "origin", address)
        git.ask("checkout", "--quiet", "--detach", git.fetch(address, ref))
        git.ask("submodule", "--quiet", "update", "--init", "--recursive", "--depth", "1")
        return cls(directory=empty, commit=git.ask("rev-parse", "HEAD"), time=git.time(), is_ours=True)


def commit_of(directory: Path) -> str | None:
    """The commit of a directory in a git work tree, with `-dirty` if files in it differ. None without git."""
    if shutil.which("git") is None:
        return None
    git = _Git(directory)
    try:
        inside = git.ask("rev-parse", "--is-inside-work-tree") == "true"
    except CommandError:
        if (directory / ".git").exists():
            raise
        return None
    if not inside:
        return None
    return git.ask("rev-parse", "HEAD") + (CHANGED if git.ask("status", "--porcelain", "--", ".") else "")


def _is_bare(directory: Path) -> bool:
    return (directory / "HEAD").is_file() and (directory / "objects").is_dir()


@dataclass(frozen=True)
class _Git:
    """The command, in one directory. It asks no questions."""

    directory: Path

    def ask(self, *arguments: str) -> str:
        """What a command prints on standard output."""
        if shutil.which("git") is None:
            raise CannotRunError("There is no git on PATH. Install git, or build from a directory.")
        ran = subprocess.run(
            ["git", *arguments],
            cwd=self.directory,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            start_new_session=True,
            check=False,
        )
        if ran.returncode != 0:
            raise CommandError(_without_credentials(f"`git {' '.join(arguments)}` failed:\n{ran.stderr.strip()}"))
        return ran.stdout.strip()

    def time(self) -> datetime:
        """When the commit was made."""
        return datetime.fromtimestamp(int(self.ask("log", "-1", "--format=%ct")), UTC)

    def commit_of(self, ref: str, address: str) -> str:
        """The commit of a branch, a tag or a short commit."""
        try:
            return self.ask("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        except CommandError:
            raise CannotRunError(_no_such(ref, address)) from None

    def fetch(self, address: str, ref: str | None) -> str:
        """Fetch one commit from the remote, and say which."""
        ended = self._fetch("--depth", "1", "--", "origin", ref or "HEAD")
        if ended.exit_code != 0 and ref and _COMMIT.fullmatch(ref):
            # A short commit, or a server that gives no single commits: the history has it.
            ended = self._fetch("--", "origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
            if ended.exit_code == 0:
                return self.commit_of(ref, address)
        if ended.exit_code == 0:
            return "FETCH_HEAD"
        if "couldn't find remote ref" in ended.last_lines:
            raise CannotRunError(_no_such(ref or "the default branch", address))
        raise CommandError(_without_credentials(f"{address}: git could not fetch it:\n{ended.last_lines}"))

    def _fetch(self, *arguments: str) -> programs.Ended:
        return programs.run(
            ["git", "fetch", "--quiet", "--no-tags", *arguments],
            directory=self.directory,
            environment=_environment(),
            shown=False,
        )


def _no_such(ref: str, address: str) -> str:
    return _without_credentials(message("--ref", got=ref, expected=f"a branch, a tag or a commit of {address}"))


def _without_credentials(text: str) -> str:
    return _CREDENTIALS.sub("", text)


def _environment() -> Mapping[str, str]:
    # Within a hook of git's, such variables would lead to the repository of the hook.
    inherited = {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}
    return {**inherited, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


_OF_A_REPOSITORY = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
}
