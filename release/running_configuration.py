"""Which version of the site's configuration an environment's release fetches."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from release.errors import ReleaseError

RELEASE_FILE = ".platform/release.env"
_MOST_BYTES = 64 * 1024
"""Of that file. It has a handful of short lines."""
_Read = TypeVar("_Read")
_BLOCK_BYTES = 1 << 20
"""A bundle has up to 512 MB. Its directory and one small file are in the last blocks and in one more."""


@dataclass(frozen=True, kw_only=True)
class RunningRelease:
    """The release of a Beanstalk environment."""

    environment: str
    name: str
    """Its name, or the version's label if the bundle does not say."""
    configuration_version: str | None
    """The version of ``env.php`` that its instances fetch. None for a bundle that names none, such as a placeholder."""
    label: str = ""
    """Of the application version. Empty without one."""
    commit: str | None = None
    """Of the code. None for a bundle that does not say."""
    bundle: str = ""
    """The ``s3://`` address of the version's zip. Empty without one."""

    def __str__(self) -> str:
        commit = f", commit {self.commit}" if self.commit else ""
        return f"{self.environment} runs {self.name}{commit}"

    @classmethod
    def read(cls, session: Any, environment: str) -> RunningRelease:
        """From the environment's application version and its bundle. Raises ``ReleaseError`` for one without either."""
        beanstalk = session.client("elasticbeanstalk")
        found = beanstalk.describe_environments(EnvironmentNames=[environment], IncludeDeleted=False)["Environments"]
        if not found:
            raise ReleaseError(f"environment {environment}: there is none. Run pulumi up first.")
        label = found[0].get("VersionLabel")
        versions = (
            beanstalk.describe_application_versions(ApplicationName=found[0]["ApplicationName"], VersionLabels=[label])[
                "ApplicationVersions"
            ]
            if label
            else []
        )
        if not versions:
            return cls(
                environment=environment, name=label or "no release", configuration_version=None, label=label or ""
            )
        bundle = versions[0]["SourceBundle"]
        said = release_file(session.client("s3"), bundle["S3Bucket"], bundle["S3Key"])
        return cls(
            environment=environment,
            name=said.get("RELEASE", label),
            configuration_version=said.get("SITE_CONFIGURATION_VERSION"),
            label=label,
            commit=said.get("COMMIT"),
            bundle=f"s3://{bundle['S3Bucket']}/{bundle['S3Key']}",
        )

    def has(self, s3: Any, path: str) -> bool:
        """Whether its bundle has a file. Fetches only a part of it."""
        bucket, _, key = self.bundle.removeprefix("s3://").partition("/")
        return bool(key) and path in _opened(s3, bucket, key, lambda bundle: bundle.namelist())


def release_file(s3: Any, bucket: str, key: str) -> Mapping[str, str]:
    """What ``.platform/release.env`` of a bundle says; nothing for a bundle without it. Fetches only a part of it."""
    try:
        return _opened(s3, bucket, key, names_in)
    except KeyError:
        return {}


def _opened(s3: Any, bucket: str, key: str, read: Callable[[zipfile.ZipFile], _Read]) -> _Read:
    try:
        with zipfile.ZipFile(io.BufferedReader(_Object(s3, bucket, key), _BLOCK_BYTES)) as bundle:
            return read(bundle)
    except zipfile.BadZipFile as error:
        raise ReleaseError(f"s3://{bucket}/{key}: got {error}, expected a zip file. Deploy another release.") from None


def names_in(bundle: zipfile.ZipFile) -> Mapping[str, str]:
    """What ``.platform/release.env`` of an open bundle says.

    Raises ``KeyError`` if it is not there, and ``zipfile.BadZipFile`` for one that no build has written.
    """
    if (size := bundle.getinfo(RELEASE_FILE).file_size) > _MOST_BYTES:
        raise zipfile.BadZipFile(f"{size} bytes in {RELEASE_FILE}")
    try:
        lines = bundle.read(RELEASE_FILE).decode().splitlines()
    except UnicodeDecodeError:
        raise zipfile.BadZipFile(f"bytes in {RELEASE_FILE} that are not UTF-8") from None
    return dict(line.split("=", 1) for line in lines if "=" in line)


class _Object(io.RawIOBase):
    """An object of S3 as a file, of which only what is read is fetched."""

    def __init__(self, s3: Any, bucket: str, key: str) -> None:
        self._s3, self._bucket, self._key = s3, bucket, key
        self._size = int(s3.head_object(Bucket=bucket, Key=key)["ContentLength"])
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        end = min(self._at + len(buffer), self._size)
        if self._at >= end:
            return 0
        part = self._s3.get_object(Bucket=self._bucket, Key=self._key, Range=f"bytes={self._at}-{end - 1}")
        read: bytes = part["Body"].read()
        buffer[: len(read)] = read
        self._at += len(read)
        return len(read)


def waits(running: RunningRelease, newest: str) -> str:
    """One sentence: whether a newer configuration waits for this environment."""
    where = f"{running.environment} runs {running.name}"
    if running.configuration_version is None:
        return f"{where}, which names no configuration. Version {newest} comes with its next release."
    if running.configuration_version == newest:
        return f"{where} with the newest configuration, version {newest}."
    return (
        f"{where} with version {running.configuration_version} of the configuration. A newer one waits, version "
        f"{newest}: it comes with the next release."
    )
