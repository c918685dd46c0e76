"""``./shop release build``: a bundle from the application's code, with its packages, compiled code and static files."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from commands.errors import CannotRunError
from release import bundle, programs, statics
from release.bundle import MAGENTO, BundleArgs, BundleError
from release.code import CODE, Code, commit_of
from release.statics import Statics
from settings.messages import MISSING, message

_PACKAGES = "vendor/autoload.php"
_COMPILED = "generated/metadata/global.php"
# The command line has the memory limit of PHP's own php.ini, 128 MB on Amazon Linux: too little to compile a shop.
_BIN_MAGENTO = ("php", "-d", "memory_limit=-1", "bin/magento")
_LEFTOVERS = ("cache", "page_cache", "log", "report", "tmp")
"""What Magento's commands leave in `var/`. Templates that they made smaller are there too, and are needed."""


@dataclass(frozen=True, kw_only=True)
class BuildStep:
    """A program that makes a part of the application that the code does not bring."""

    makes: str
    """The path that is missing."""
    command: tuple[str, ...]

    def run(self, application: Path) -> None:
        """Run it to its end. Raises BundleError if it fails."""
        words = " ".join(self.command)
        typer.echo(f"{words}")
        ended = programs.run(self.command, directory=application, environment=_environment())
        if ended.exit_code != 0:
            raise BundleError(f"`{words}` failed with exit code {ended.exit_code}. Its last lines:\n{ended.last_lines}")


def steps(application: Path, args: BundleArgs, themes: Sequence[Statics]) -> Iterator[BuildStep]:
    """What has to run before the application is complete."""

    def is_missing(path: str) -> bool:
        return not (application / path).exists()

    is_magento = args.name == MAGENTO
    if is_missing(_PACKAGES) and (is_magento or not is_missing("composer.json")):
        options = ("--no-dev", "--no-interaction", "--prefer-dist", "--optimize-autoloader")
        yield BuildStep(makes=_PACKAGES, command=("composer", "install", *options))
    if is_magento and is_missing(_COMPILED):
        yield BuildStep(makes=_COMPILED, command=(*_BIN_MAGENTO, "setup:di:compile"))
    if is_magento and is_missing(statics.VERSION_FILE):
        version = f"--content-version={statics.content_version(args.release)}"
        for theme in themes:
            deploy = (*_BIN_MAGENTO, "setup:static-content:deploy", "--force", version, *theme.options())
            yield BuildStep(makes=statics.VERSION_FILE, command=deploy)


def build(code: str, ref: str | None, args: BundleArgs, themes: Sequence[Statics], output: Path) -> BundleArgs:
    """Build the bundle of `code`, and say of what it was built. `args.application` is not used.

    Raises BundleError if it cannot be deployed, and CannotRunError if something is missing. Neither they nor Ctrl-C
    leave anything behind.
    """
    if not code:
        raise CannotRunError(message("code", got=code, expected=CODE))
    bundle.check_output(output, Path(code))
    with tempfile.TemporaryDirectory(prefix="release-build-", ignore_cleanup_errors=True) as temporary:
        source = Code.read(code, ref, Path(temporary, "code"))
        try:
            args = replace(
                args,
                application=_complete(source, args, themes, Path(temporary, "copy")),
                commit=source.commit,
                platform_commit=commit_of(args.platform_config),
                timestamp=bundle.source_date(source.time),
            )
            if args.name == MAGENTO:
                statics.check(args.application, themes)
            bundle.build(args, output)
        except BundleError as error:
            # Paths in the temporary directory say nothing: it is gone when the message is read.
            raise BundleError(re.sub(rf"{re.escape(temporary)}/(code|copy)/", "", str(error))) from None
    return args


def _complete(source: Code, args: BundleArgs, themes: Sequence[Statics], copy: Path) -> Path:
    """The application's directory, after all steps. A directory of the user's own stays as it is."""
    application = source.directory
    if args.name == MAGENTO and (application / bundle.SECRETS).exists():
        bundle.refuse_secrets(application / bundle.SECRETS)
    needed = list(steps(application, args, themes))
    if not needed:
        return application
    _check_tools(needed)
    if not source.is_ours:
        application = Path(shutil.copytree(application, copy, symlinks=True, ignore=shutil.ignore_patterns(".git")))
    for step in needed:
        with statics.keeping_hashes(application):
            step.run(application)
    for name in _LEFTOVERS:
        shutil.rmtree(application / "var" / name, ignore_errors=True)
    return application


def _check_tools(needed: Sequence[BuildStep]) -> None:
    for step in needed:
        tool = step.command[0]
        if shutil.which(tool) is None:
            fix = f"Install {tool}, or build from a directory that has {step.makes}."
            raise CannotRunError(
                message(tool, got=MISSING, expected=f"a program on PATH that makes {step.makes}", fix=fix)
            )


def _environment() -> Mapping[str, str]:
    # As root, Composer leaves its plugins out unless it is told. Magento's packages need them ("How do I install
    # untrusted packages safely?" in Composer's documentation).
    return {"COMPOSER_ALLOW_SUPERUSER": "1", **os.environ}


def command(
    code: Annotated[
        str, typer.Argument(help="The application's code: a directory, or the address of a git repository.")
    ],
    output: bundle.Output,
    name: bundle.Name,
    release: bundle.Release,
    ref: Annotated[
        str | None,
        typer.Option(
            help="A branch, tag or commit. By default the repository's default branch, or the directory as it is."
        ),
    ] = None,
    configuration: bundle.Configuration = None,
    configuration_version: bundle.ConfigurationVersion = None,
    themes: Annotated[
        list[str] | None,
        typer.Option(
            "--statics", metavar="AREA/THEME:LOCALES", help="Magento: a theme and its locales. Can be repeated."
        ),
    ] = None,
    memory_limit: bundle.MemoryLimit = None,
    redirect: bundle.Redirect = None,
) -> None:
    """Build the bundle of a release from the application's code.

    Packages, compiled code and static files that the code does not bring are made with composer and php.
    SOURCE_DATE_EPOCH sets the files' time, otherwise the commit does.
    """
    if themes and name != MAGENTO:
        raise CannotRunError(message("--statics", got=themes[0], expected="none: only Magento has themes"))
    args = BundleArgs(
        application=Path(),
        name=name,
        release=release,
        configuration_version=configuration_version or (configuration and bundle.newest_configuration(configuration)),
        memory_limit=memory_limit,
        redirections=bundle.redirections(redirect),
    )
    args = build(code, ref, args, [Statics.parse(text) for text in themes or statics.DEFAULT], output)
    typer.echo(bundle.described(args, output))
    with output.open("rb") as written:
        typer.echo(f"SHA-256: {hashlib.file_digest(written, 'sha256').hexdigest()}")
    for what, commit in (("Code", args.commit), ("Platform configuration", args.platform_commit)):
        if commit:
            typer.echo(f"{what}: commit {commit}")
