"""A release that is not deployed yet: its bundle, and what it says of itself on the back office's instance."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from botocore.exceptions import ClientError

from commands.errors import CannotRunError
from release.back_office import BackOffice
from release.errors import RefusedError
from release.kinds import Candidate
from release.running_configuration import RELEASE_FILE, names_in
from release.site import Site

_FACTS = ".platform/candidate_facts.php"


@dataclass(frozen=True, kw_only=True)
class ReleaseBundle:
    """A bundle that `./shop release bundle` wrote for Magento."""

    path: Path
    release: str
    configuration_version: str
    """The S3 version of `env.php` that it names."""
    sha256: str

    @classmethod
    def read(cls, path: Path) -> ReleaseBundle:
        """Read its names. Raises ``CannotRunError`` for a file that is no bundle of Magento's."""
        try:
            with zipfile.ZipFile(path) as bundle:
                said = names_in(bundle)
                bundle.getinfo(_FACTS)
        except FileNotFoundError:
            raise CannotRunError(f"{path}: there is no such file") from None
        except (zipfile.BadZipFile, KeyError) as error:
            raise CannotRunError(f"{path}: got {error}, expected a bundle of `./shop release bundle`") from None
        if not {"RELEASE", "SITE_CONFIGURATION_VERSION"} <= said.keys():
            raise CannotRunError(f"{path}: got {RELEASE_FILE} of another application, expected one of Magento")
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        return cls(
            path=path,
            release=said["RELEASE"],
            configuration_version=said["SITE_CONFIGURATION_VERSION"],
            sha256=digest,
        )


def upload(site: Site, bundle: ReleaseBundle) -> str:
    """Put the bundle into the bucket for releases, once. Returns its key.

    Raises ``RefusedError`` if the name belongs to another bundle: what a name means must not change.
    """
    key = f"{site.prefix}bundles/{bundle.release}.zip"
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


def ask(site: Site, bundle: ReleaseBundle) -> Candidate:
    """Unpack the bundle beside the running release, and ask it. It changes neither the shop nor its database.

    Raises ``ReleaseError`` with what the instance complains of.
    """
    key = upload(site, bundle)
    facts = f"{site.prefix}facts/{bundle.release}.json"
    BackOffice.of(site.session, site.stack).do(
        "ask-candidate",
        Release=bundle.release,
        Bundle=f"s3://{site.bucket}/{key}",
        Sha256=bundle.sha256,
        Facts=f"s3://{site.bucket}/{facts}",
    )
    return Candidate.read(bundle.release, site.s3.get_object(Bucket=site.bucket, Key=facts)["Body"].read().decode())
