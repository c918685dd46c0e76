"""Which configuration an environment's release fetches, read from a bundle in the embedded AWS's S3."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from release.errors import ReleaseError
from release.running_configuration import RunningRelease, release_file, waits
from sandbox.emulator.in_process import client

REGION = "eu-west-3"


@pytest.fixture(scope="module")
def bucket() -> str:
    name = "bundles-of-a-test"
    client("s3", REGION).create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def put(bucket: str, key: str, files: dict[str, bytes]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        for path, content in files.items():
            bundle.writestr(path, content)
    client("s3", REGION).put_object(Bucket=bucket, Key=key, Body=packed.getvalue())


def test_the_two_lines_of_a_bundle_are_read_without_fetching_all_of_it(bucket: str) -> None:
    """A shop's bundle has hundreds of megabytes."""
    release = b"RELEASE=2026-11-25-a\nSITE_CONFIGURATION_VERSION=3sL4kqtJlcpXroDTDmJ=x\n"
    put(bucket, "shop.zip", {"vendor/a": bytes(6 << 20), ".platform/release.env": release, "pub/b": b"b"})
    s3, fetched = client("s3", REGION), []

    class Counting:
        head_object = s3.head_object

        def get_object(self, **how: Any) -> Any:
            answer = s3.get_object(**how)
            fetched.append(answer["ContentLength"])
            return answer

    assert release_file(Counting(), bucket, "shop.zip") == {
        "RELEASE": "2026-11-25-a",
        "SITE_CONFIGURATION_VERSION": "3sL4kqtJlcpXroDTDmJ=x",
    }
    assert sum(fetched) < 4 << 20


def test_a_bundle_without_the_lines_names_no_configuration(bucket: str) -> None:
    put(bucket, "placeholder.zip", {"index.html": b"Soon"})
    assert release_file(client("s3", REGION), bucket, "placeholder.zip") == {}


def test_what_is_no_bundle_is_refused(bucket: str) -> None:
    client("s3", REGION).put_object(Bucket=bucket, Key="text.zip", Body=b"no zip")
    with pytest.raises(ReleaseError, match=r"s3://bundles-of-a-test/text.zip: got .*, expected a zip file"):
        release_file(client("s3", REGION), bucket, "text.zip")


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ("v2", "front runs a with the newest configuration, version v2."),
        ("v1", "A newer one waits, version v2: it comes with the next release."),
        (None, "names no configuration. Version v2 comes with its next release."),
    ],
)
def test_it_says_whether_a_newer_configuration_waits(runs: str | None, said: str) -> None:
    running = RunningRelease(environment="front", name="a", configuration_version=runs)
    assert waits(running, "v2").endswith(said)


def test_it_names_the_commit_if_the_bundle_does() -> None:
    running = RunningRelease(environment="front", name="a", configuration_version=None)
    assert str(running) == "front runs a"
    assert str(replace(running, commit="3f2a")) == "front runs a, commit 3f2a"
