"""Downloads the official Pulumi release and checks it against the published checksums."""

from __future__ import annotations

import hashlib
import platform
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from sandbox.toolchain.cache import CliCache

DOWNLOAD_GIB = 1.0
"""The archive is about 0.1 GiB, and 0.4 GiB unpacked (3.2xx)."""
CONNECT_SECONDS = 5.0
"""Short: a closed network may drop packets, and the CLI can then be built."""

Open = Callable[[str], BinaryIO]


class DownloadFailedError(Exception):
    """The release cannot be downloaded. The message is the reason, without a full stop."""


def open_url(url: str) -> BinaryIO:
    """The body of an HTTP answer. The timeout is for the connection and for each wait for data."""
    opened: BinaryIO = urllib.request.urlopen(url, timeout=CONNECT_SECONDS)
    return opened


def archive_name(version: str) -> str:
    """The archive for this machine. Raises `DownloadFailedError` if Pulumi publishes none."""
    architecture = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system())
    if architecture is None or system is None:
        raise DownloadFailedError(f"Pulumi publishes no release for {platform.system()} on {platform.machine()}")
    return f"pulumi-v{version}-{system}-{architecture}.tar.gz"


def download(version: str, cache: CliCache, name: str, *, open_url: Open = open_url) -> Path:
    """Download the release into the cache under this name. Returns the directory.

    Raises `DownloadFailedError` if the download fails or its checksum is wrong.
    """
    archive = archive_name(version)
    try:
        # The small file first: it shows whether there is a network.
        expected = _published_checksum(version, archive, open_url)
        cache.require_space(DOWNLOAD_GIB, "Downloading the Pulumi CLI")
        with cache.adding(name) as directory, tempfile.TemporaryFile(dir=directory) as file:
            actual = _fetch(f"https://get.pulumi.com/releases/sdk/{archive}", file, open_url)
            if actual != expected:
                raise DownloadFailedError(f"{archive}: got SHA-256 {actual}, expected {expected}")
            file.seek(0)
            _unpack(file, directory)
    except urllib.error.HTTPError as error:
        raise DownloadFailedError(f"{error.url} answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise DownloadFailedError(f"the network is not reachable: {error.reason}") from error
    except (HTTPException, TimeoutError, ConnectionError, tarfile.TarError, EOFError) as error:
        raise DownloadFailedError(f"the download broke off: {error}") from error
    return cache.directory / name


def _published_checksum(version: str, archive: str, open_url: Open) -> str:
    url = f"https://github.com/pulumi/pulumi/releases/download/v{version}/pulumi-{version}-checksums.txt"
    with open_url(url) as answer:
        lines = answer.read().decode().splitlines()
    for line in lines:
        match line.split():
            case [checksum, name] if name == archive:
                return checksum
    raise DownloadFailedError(f"{url} does not list {archive}")


def _fetch(url: str, file: BinaryIO, open_url: Open) -> str:
    """Write the body to the file. Returns its SHA-256."""
    digest = hashlib.sha256()
    with open_url(url) as answer:
        while block := answer.read(1024 * 1024):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _unpack(file: BinaryIO, directory: Path) -> None:
    """Unpack the files of the archive's folder, `pulumi/`."""
    with tarfile.open(fileobj=file, mode="r:gz") as archive:
        for member in archive:
            member.name = member.name.removeprefix("pulumi/")
            archive.extract(member, directory, filter="data")
