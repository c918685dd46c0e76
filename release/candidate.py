"""A release that is not deployed yet: its bundle, and what it says of itself on the back office's instance."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from botocore.exceptions import ClientError

from commands.errors import CannotRunError
from release.back_office import Command
from release.bundle import APPLICATION, MAGENTO, MOST_BYTES
from release.content_digest import CONTENT, ContentDigest
from release.errors import RefusedError
from release.frozen_plan import Version
from release.kinds import Candidate
from release.lock import Lock
from release.running_configuration import RELEASE_FILE, names_in
from release.site import Site

STAGE = "stage-candidate"
"""The document that unpacks a release."""
_FACTS = ".platform/candidate_facts.php"
_MOST_UNPACKED_BYTES = 16 * MOST_BYTES
"""Code and static files compress to a third or a quarter. What unpacks to more would fill an instance's disk."""


@dataclass(frozen=True, kw_only=True)
class ReleaseBundle:
    """A bundle that `./shop release bundle` wrote for Magento."""

    path: Path
    release: str
    configuration_version: str
    """The S3 version of `env.php` that it names. Empty for a satellite's."""
    sha256: str

    @classmethod
    def read(cls, path: Path, app: str | None = None) -> ReleaseBundle:
        """Read its names, and all of its content.

        Raises ``CannotRunError`` for a file that is no bundle of Magento's, or of that satellite's, and for a bundle
        that was changed after it was built.
        """
        try:
            with zipfile.ZipFile(path) as bundle:
                said = names_in(bundle)
                if app is None:
                    bundle.getinfo(_FACTS)
                _check_size(path, bundle)
                content = ContentDigest.of(bundle, RELEASE_FILE)
        except FileNotFoundError:
            raise CannotRunError(f"{path}: there is no such file") from None
        # An encrypted entry is a RuntimeError of zipfile's, and so is a compression that it does not know.
        except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError) as error:
            raise CannotRunError(f"{path}: got {error}, expected a bundle of `./shop release bundle`") from None
        if (named := said.get(APPLICATION, app or MAGENTO)) != (app or MAGENTO):
            raise CannotRunError(f"{path}: got a bundle of {named}, expected one of {app or MAGENTO}")
        if "RELEASE" not in said or ("SITE_CONFIGURATION_VERSION" in said) != (app is None):
            raise CannotRunError(
                f"{path}: got {RELEASE_FILE} of another application, expected one of {app or 'Magento'}"
            )
        if said.get(CONTENT) != content:
            expected = said.get(CONTENT, "a bundle that names its own")
            raise CannotRunError(
                f"{path}: got content of SHA-256 {content}, expected {expected}: it was changed after it was built, or "
                "an older version of this program built it. Build it anew."
            )
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        return cls(
            path=path,
            release=said["RELEASE"],
            configuration_version=said.get("SITE_CONFIGURATION_VERSION", ""),
            sha256=digest,
        )


def _check_size(path: Path, bundle: zipfile.ZipFile) -> None:
    size = sum(entry.file_size for entry in bundle.infolist())
    if size > _MOST_UNPACKED_BYTES:
        most = f"{_MOST_UNPACKED_BYTES // 1024**3} GiB"
        raise CannotRunError(f"{path}: got {size / 1024**3:.1f} GiB when it is unpacked, expected at most {most}")


def bundle_key(site: Site, release: str) -> str:
    """The key of a release's bundle in the bucket for releases."""
    return f"{site.prefix}bundles/{release}.zip"


def upload(site: Site, bundle: ReleaseBundle) -> str:
    """Put the bundle into the bucket for releases, once. Returns its key.

    Raises ``RefusedError`` if the name belongs to another bundle: what a name means must not change.
    """
    key = bundle_key(site, bundle.release)
    try:
        there = site.s3.head_object(Bucket=site.bucket, Key=key)["Metadata"].get("sha256")
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
        site.s3.upload_file(str(bundle.path), site.bucket, key, ExtraArgs={"Metadata": {"sha256": bundle.sha256}})
        return key
    if there != bundle.sha256:
        raise RefusedError(
            f"s3://{site.bucket}/{key}: got SHA-256 {there}, expected {bundle.sha256}, that of {bundle.path}. "
            "A release's name is used once: build the bundle with another one."
        )
    return key


def stage(site: Site, version: Version, fence: int) -> Command:
    """Begin to unpack a version's bundle beside the running release, on the back office's instance. There already:
    nothing. It takes the place of the one that was unpacked there before."""
    return site.back_office_instance.send(
        STAGE, Fence=str(fence), Release=version.release, Bundle=version.bundle, Sha256=version.sha256 or "unknown"
    )


def ask(site: Site, version: Version, lock: Lock | None = None) -> Candidate:
    """Unpack a version's bundle beside the running release, and ask it. It changes neither the shop nor its database.

    A plan has no lock of its own, and a release needs the place: it may be changing the database from there. So a plan
    is refused while somebody has the lock, and by the instance if a release begins in the moment between. Raises
    ``ReleaseError`` with what the instance complains of.
    """
    stage(site, version, lock.fence if lock else site.lock.require_free()).wait()
    key = f"{site.prefix}facts/{version.release}.json"
    site.back_office_instance.do("ask-candidate", Release=version.release, Facts=f"s3://{site.bucket}/{key}")
    return Candidate.read(version.release, site.s3.get_object(Bucket=site.bucket, Key=key)["Body"].read().decode())
