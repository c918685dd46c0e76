"""Builds a bundle: an application's files, the layers of `platform_config/` over them, and the release's own file.

The same input gives the same bytes: files are sorted, and have one time. Execute bits and symbolic links are kept, as
`unzip` restores them on an instance.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import boto3
import typer
from botocore.exceptions import ClientError

from commands import shell
from commands.errors import CannotRunError, CommandError
from release.content_digest import CONTENT, ContentDigest
from release.errors import answers_of_aws
from release.redirections import CONFIGURATION, Redirections
from settings.messages import MISSING, Words, message

PLATFORM_CONFIG = Path(__file__).resolve().parents[1] / "platform_config"
MAGENTO = "magento"
RELEASE_FILE = ".platform/release.env"
APPLICATION = "APPLICATION"
"""The name there of what the bundle is of: `magento`, or a satellite."""
MOST_BYTES = 512 * 1024**2
"""Elastic Beanstalk's limit (Developer Guide, "Create an Elastic Beanstalk application source bundle")."""
OLDEST = datetime(1980, 1, 1, tzinfo=UTC)
"""The first moment that a zip can hold."""
NEWEST = datetime(2107, 12, 31, 23, 59, 58, tzinfo=UTC)
"""The last one."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,18}[a-z0-9]")
"""As `satellites[].name` of a stack file."""
_RELEASE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_VERSION = re.compile(r"[!-~]{1,1024}")
_MEMORY_LIMIT = re.compile(r"-1|[1-9][0-9]*[KMG]?")
_PHP_FILES = {".user.ini", ".htaccess", "pub/.user.ini", "pub/.htaccess"}
"""The application's files that set PHP's memory and send requests elsewhere. Those of its packages stay as they are."""
_PATH_DIRECTIVE = re.compile(
    r"\s*(?:Redirect(?:Match|Permanent|Temp)?|ErrorDocument|RewriteBase|RewriteRule|RewriteCond)\b", re.I
)
BUILT = {
    "vendor/autoload.php": "the packages of `composer install --no-dev`",
    "generated/metadata/global.php": "the compiled code of `bin/magento setup:di:compile`",
}
SECRETS = "app/etc/env.php"

EPILOG = "Exit codes: 0 built; 1 the application cannot be a bundle; 2 wrong usage, or a file is missing."


class BundleError(CommandError):
    """The application cannot be deployed as it is. The message says what to change."""


@dataclass(frozen=True, kw_only=True)
class BundleArgs:
    """What goes into a bundle."""

    application: Path
    """The application's directory, as it was built: with `vendor/`, for Magento with `generated/` too."""
    name: str
    """`magento`, or a satellite's name. It decides the layers."""
    release: str
    """The release's name, 1 to 40 letters, digits, hyphens and underscores. It is part of paths and cache keys."""
    configuration_version: str | None = None
    """The S3 version of `env.php` that this release runs with. Magento's bundles need it, satellites' have none."""
    memory_limit: str | None = None
    """PHP's memory limit, such as `1G`, in the application's `.user.ini` and `.htaccess`. By default their own limit is
    taken out, so that the environment's applies."""
    redirections: Mapping[str, str] = field(default_factory=dict)
    """Paths in redirecting lines of the application's `.htaccess`, and what takes their place."""
    commit: str | None = None
    """Of the application's code."""
    platform_commit: str | None = None
    """Of `platform_config`."""
    timestamp: datetime = OLDEST
    """The time of all files, such as that of the release's commit. A web server derives a file's ETag from it."""
    platform_config: Path = PLATFORM_CONFIG

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            self._refuse("--name", self.name, f"{MAGENTO}, or the name of a satellite, such as pim")
        if not _RELEASE.fullmatch(self.release):
            self._refuse("--release", self.release, "1 to 40 letters, digits, hyphens and underscores")
        if self.name == MAGENTO and self.configuration_version is None:
            self._refuse("--configuration", None, "the address of the site's env.php, or --configuration-version")
        if self.name != MAGENTO and self.configuration_version is not None:
            self._refuse("--configuration", self.configuration_version, "none: only Magento has an env.php")
        if self.configuration_version is not None and not _VERSION.fullmatch(self.configuration_version):
            self._refuse("--configuration-version", self.configuration_version, "an S3 version id")
        if self.memory_limit is not None and not _MEMORY_LIMIT.fullmatch(self.memory_limit):
            self._refuse("--memory-limit", self.memory_limit, "a size of PHP's, such as 768M or 2G")

    @staticmethod
    def _refuse(option: str, got: object, expected: str) -> None:
        raise CannotRunError(message(option, got=MISSING if got is None else got, expected=expected))

    @property
    def layers(self) -> tuple[Path, ...]:
        """The folders that are copied over the application, each over the one before."""
        if self.name == MAGENTO:
            return (self.platform_config / MAGENTO,)
        own = self.platform_config / self.name
        return (self.platform_config / "satellite", *([own] if own.is_dir() else []))


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """A file, a symbolic link or an empty directory of the bundle."""

    source: Path
    mode: int

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def bundled_mode(self) -> int:
        """Its type, and whether it can be run. Everyone may read it: nginx runs as another user than the owner."""
        runs = self.is_directory or self.is_link or self.mode & 0o111
        return stat.S_IFMT(self.mode) | (0o755 if runs else 0o644)

    def content(self) -> bytes:
        return os.readlink(self.source).encode() if self.is_link else self.source.read_bytes()


def build(args: BundleArgs, output: Path, *, most_bytes: int = MOST_BYTES) -> Path:
    """Write the bundle to `output`, at once and whole: a build that is refused or interrupted changes nothing there.

    Raises BundleError when the application cannot be deployed, and CannotRunError when a directory is missing.
    """
    check_output(output, args.application)
    entries = _merged(args)
    if args.name == MAGENTO:
        _check_magento(args.application, entries)
    beside = output.with_name(f"{output.name}.new")
    try:
        _write(args, entries, beside)
        size = beside.stat().st_size
        if size > most_bytes:
            fix = "Leave out what the application does not need to run, such as development packages and media."
            got = f"{-(-size // 1024**2)} MB" if most_bytes >= 1024**2 else f"{size} bytes"
            limit = f"{most_bytes // 1024**2} MB" if most_bytes >= 1024**2 else f"{most_bytes} bytes"
            raise BundleError(message(str(output), got=Words(got), expected=f"at most {limit}", fix=fix))
        beside.replace(output)
    finally:
        beside.unlink(missing_ok=True)
    return output


def check_output(output: Path, application: Path) -> None:
    """Raise CannotRunError for a place that the bundle cannot be written to, and for what a file would replace."""
    if output.exists() and not output.is_file():
        got = Words("a directory" if output.is_dir() else "a special file")
        raise CannotRunError(message(str(output), got=got, expected="the path of the zip to write"))
    if output.resolve().is_relative_to(application.resolve()):
        raise CannotRunError(message(str(output), got=str(output), expected="a path outside the application"))
    if not output.parent.is_dir():
        raise CannotRunError(message(str(output.parent), got=MISSING, expected="a directory"))


def _merged(args: BundleArgs) -> dict[str, _Entry]:
    """What is in the bundle, by its path: the application's entries, replaced by those of the layers."""
    entries: dict[str, _Entry] = {}
    for root in (args.application, *args.layers):
        if not root.is_dir():
            got = Words("a file") if root.exists() else MISSING
            raise CannotRunError(message(str(root), got=got, expected="a directory"))
        for path, entry in _walk(root):
            _check_place(path, entries)
            entries[path] = entry
    # An empty directory of the application that a layer puts files into.
    filled = {str(parent) for path in entries for parent in Path(path).parents}
    return {path: entry for path, entry in sorted(entries.items()) if not (entry.is_directory and path in filled)}


def _walk(root: Path) -> Iterator[tuple[str, _Entry]]:
    """Every file, link and empty directory. `.git` is left out at any depth: submodules and worktrees have one each."""
    for directory, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name != ".git")
        links = [name for name in folders if (Path(directory) / name).is_symlink()]
        here = Path(directory)
        kept = [name for name in files if name != ".git"]
        for name in sorted([*kept, *links]):
            source = here / name
            entry = _Entry(source=source, mode=source.lstat().st_mode)
            if not (entry.is_link or stat.S_ISREG(entry.mode)):
                raise BundleError(
                    message(str(source), got=Words("a special file"), expected="files, links and directories")
                )
            if entry.is_link:
                _check_link(root, source)
            yield str(source.relative_to(root)), entry
        if not folders and not kept and here != root:
            yield str(here.relative_to(root)), _Entry(source=here, mode=here.lstat().st_mode)


def _check_link(root: Path, link: Path) -> None:
    target = os.readlink(link)
    inside = Path(os.path.normpath(link.parent / target)).is_relative_to(root)
    if Path(target).is_absolute() or not inside:
        fix = "Copy the files into the application, or remove the link."
        raise BundleError(message(str(link), got=target, expected="a link within the application", fix=fix))


def _check_place(path: str, entries: Mapping[str, _Entry]) -> None:
    """Refuse a layer's file below what is a file or a link in the application: it would be lost, or land elsewhere."""
    for parent in Path(path).parents:
        entry = entries.get(str(parent))
        if entry is not None and not entry.is_directory:
            kind = "a link" if entry.is_link else "a file"
            raise BundleError(message(str(entry.source), got=Words(kind), expected="a directory"))


def _check_magento(application: Path, entries: Mapping[str, _Entry]) -> None:
    for path, content in BUILT.items():
        if path not in entries:
            fix = "Run it, and build the bundle from that directory."
            raise BundleError(message(str(application / path), got=MISSING, expected=content, fix=fix))
    if SECRETS in entries:
        refuse_secrets(application / SECRETS)


def refuse_secrets(path: Path) -> NoReturn:
    """Raise BundleError about an `env.php`."""
    fix = "Remove it: each instance fetches the release's own version."
    raise BundleError(message(str(path), got=Words("a file with secrets"), expected="none", fix=fix))


def _release_file(args: BundleArgs, content: str) -> str:
    lines = [f"RELEASE={args.release}", f"{APPLICATION}={args.name}"]
    if args.configuration_version is not None:
        lines.append(f"SITE_CONFIGURATION_VERSION={args.configuration_version}")
    if args.commit is not None:
        lines.append(f"COMMIT={args.commit}")
    if args.platform_commit is not None:
        lines.append(f"PLATFORM_COMMIT={args.platform_commit}")
    lines.append(f"{CONTENT}={content}")
    return "".join(f"{line}\n" for line in lines)


def _redirections(args: BundleArgs, entries: Mapping[str, _Entry]) -> Mapping[str, str]:
    """nginx's file with the redirections of a shop that has some. Says which ones are left to the user."""
    if args.name != MAGENTO or CONFIGURATION in entries:
        return {}
    files = {
        path: _text_of(entry)
        for path, entry in entries.items()
        if path in _PHP_FILES and entry.source.name == ".htaccess" and not entry.is_link
    }
    found = Redirections.read({path: _redirected(text, args.redirections) for path, text in files.items()})
    for line in found.left:
        fix = f"Put a rule of nginx's for it, or an empty file, into {CONFIGURATION} of the application."
        shell.complain(f"{line}: nginx does not read it, and it cannot be translated. {fix}", colour="yellow")
    return {CONFIGURATION: found.configuration()} if found.rules else {}


def _write(args: BundleArgs, entries: Mapping[str, _Entry], output: Path) -> None:
    made, digest = _redirections(args, entries), ContentDigest()
    with zipfile.ZipFile(output, "w") as archive:

        def add(path: str, mode: int, content: bytes) -> None:
            digest.add(path, content)
            _add(archive, path, mode, content, args.timestamp)

        for path in sorted({*entries, *made} - {RELEASE_FILE}):
            if path in made:
                add(path, stat.S_IFREG | 0o644, _bytes_of(made[path]))
                continue
            entry = entries[path]
            if entry.is_directory:
                add(f"{path}/", entry.bundled_mode, b"")
            elif path in _PHP_FILES and not entry.is_link:
                add(path, entry.bundled_mode, _bytes_of(_adjusted(args, entry)))
            else:
                add(path, entry.bundled_mode, entry.content())
        release = _release_file(args, digest.hexdigest()).encode()
        _add(archive, RELEASE_FILE, stat.S_IFREG | 0o644, release, args.timestamp)


def _add(archive: zipfile.ZipFile, path: str, mode: int, content: bytes, timestamp: datetime) -> None:
    information = zipfile.ZipInfo(path, min(max(timestamp, OLDEST), NEWEST).astimezone(UTC).timetuple()[:6])
    information.create_system = 3
    information.external_attr = mode << 16 | (0x10 if path.endswith("/") else 0)
    information.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(information, content, compresslevel=6)


def _text_of(entry: _Entry) -> str:
    """Its text. Bytes that are not UTF-8, such as those of an old comment, come back by `_bytes_of`."""
    return entry.source.read_text(encoding="utf-8", errors="surrogateescape")


def _bytes_of(text: str) -> bytes:
    return text.encode(encoding="utf-8", errors="surrogateescape")


def _adjusted(args: BundleArgs, entry: _Entry) -> str:
    """The application's `.user.ini` or `.htaccess`, with the release's memory limit and paths."""
    text = _text_of(entry)
    if entry.source.name == ".user.ini":
        limit = f"memory_limit = {args.memory_limit}\n" if args.memory_limit else ""
        return re.sub(r"^[ \t]*memory_limit[ \t]*=.*\n?", limit, text, flags=re.M)
    limit = rf"\g<1>{args.memory_limit}\n" if args.memory_limit else ""
    text = re.sub(r"^([ \t]*php_value[ \t]+memory_limit[ \t]+).*\n?", limit, text, flags=re.M | re.I)
    return _redirected(text, args.redirections)


def _redirected(text: str, redirections: Mapping[str, str]) -> str:
    """A `.htaccess` whose redirecting lines have the release's paths."""

    def line(line: str) -> str:
        for old, new in redirections.items() if _PATH_DIRECTIVE.match(line) else ():
            line = re.sub(rf"(?<=\s){re.escape(old)}(?=[/\s]|$)", lambda _, path=new: path, line)  # type: ignore[misc]
        return line

    return "".join(map(line, text.splitlines(keepends=True)))


_NO_CONFIGURATION = "The stack's output `configuration_object` has its address."


def newest_configuration(uri: str) -> str:
    """The version id of the newest version of the object at an `s3://` address."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket or not key:
        raise CannotRunError(
            message("--configuration", got=uri, expected="an address such as s3://bucket/prod/env.php")
        )
    with answers_of_aws():
        try:
            version: str = boto3.client("s3").head_object(Bucket=bucket, Key=key).get("VersionId", "null")
        except ClientError as error:
            # S3 answers a question for the head of an object with a number alone.
            if error.response["Error"]["Code"] not in ("404", "NoSuchKey", "NoSuchBucket"):
                raise
            raise CannotRunError(
                message("--configuration", got=uri, expected="an object that is there", fix=_NO_CONFIGURATION)
            ) from None
    if version == "null":
        raise BundleError(
            message(uri, got=Words("an object without versions"), expected="a bucket that keeps versions")
        )
    return version


Output = Annotated[Path, typer.Argument(help="The zip to write.")]
Name = Annotated[str, typer.Option(help="`magento`, or the satellite's name: decides what is merged.")]
Release = Annotated[str, typer.Option(help="The release's name: letters, digits, hyphens and underscores.")]
Configuration = Annotated[
    str | None,
    typer.Option(metavar="S3", help="Magento: the address of env.php, of which the newest version is taken."),
]
ConfigurationVersion = Annotated[
    str | None, typer.Option(metavar="ID", help="Magento: the version of env.php, instead of the newest.")
]
MemoryLimit = Annotated[
    str | None,
    typer.Option(metavar="SIZE", help="PHP's limit in .user.ini and .htaccess; by default the environment's."),
]
Redirect = Annotated[
    list[str] | None, typer.Option(metavar="OLD=NEW", help="Replace a path in redirecting lines of .htaccess.")
]


def command(
    application: Annotated[Path, typer.Argument(help="The application's directory, as it was built.")],
    output: Output,
    name: Name,
    release: Release,
    configuration: Configuration = None,
    configuration_version: ConfigurationVersion = None,
    memory_limit: MemoryLimit = None,
    redirect: Redirect = None,
) -> None:
    """Build the bundle of a release from an application's directory. SOURCE_DATE_EPOCH sets the files' time."""
    args = BundleArgs(
        application=application,
        name=name,
        release=release,
        configuration_version=configuration_version or (configuration and newest_configuration(configuration)),
        memory_limit=memory_limit,
        redirections=redirections(redirect),
        timestamp=source_date(),
    )
    typer.echo(described(args, build(args, output)))


def described(args: BundleArgs, bundle: Path) -> str:
    """One line about a bundle that was built."""
    size = bundle.stat().st_size / 1024**2
    return f"{bundle}: release {args.release} of {args.name}, {size:.1f} MB"


def redirections(texts: Sequence[str] | None) -> Mapping[str, str]:
    """What the option `--redirect` says."""
    return dict(_pair(text) for text in texts or ())


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not old.startswith("/") or not equals:
        raise CannotRunError(message("--redirect", got=text, expected="two paths such as /pub/errors=/errors"))
    return old, new


def source_date(otherwise: datetime | None = None) -> datetime:
    """The time that SOURCE_DATE_EPOCH says."""
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if not text:
        return otherwise or OLDEST
    if not re.fullmatch("[0-9]{1,10}", text) or int(text) > NEWEST.timestamp():
        expected = f"seconds since 1970, up to {NEWEST.timestamp():.0f}, the last that a zip can hold"
        raise CannotRunError(message("SOURCE_DATE_EPOCH", got=text, expected=expected))
    return datetime.fromtimestamp(int(text), UTC)


def main(arguments: Sequence[str] | None = None) -> int:
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(epilog=EPILOG)(command)
    return shell.run(app, name="release.bundle", arguments=arguments)


if __name__ == "__main__":
    sys.exit(main())
