"""A share comes and goes, as docs/operations.md says, with a file server that runs all the while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from sandbox.tests.platform import Platform
from tests.platform.test_server_rows import instance, volumes

pytestmark = pytest.mark.long

_FILE_SERVER = "client-preprod-site-files"
_SHARES = "    shares:\n"
_NEW = "      - {name: exports, path: var/export, size_gib: 5}\n"


@pytest.fixture
def edited(platform: Platform) -> Iterator[Platform]:
    """The running platform, whose stack file a test may change: it is put back."""
    path = platform.project / "Pulumi.preprod.yaml"
    content = path.read_bytes()
    yield platform
    path.write_bytes(content)


def attached(platform: Platform) -> Mapping[str, tuple[str, str]]:
    """The device of each volume, and when it was attached."""
    return {
        name: (each["Attachments"][0]["Device"], str(each["Attachments"][0]["AttachTime"]))
        for name, each in volumes(platform, _FILE_SERVER).items()
    }


def test_a_share_comes_and_goes_while_the_server_runs(edited: Platform) -> None:
    """As the first of the list too: the volumes of the others stay where they are. Exported, it is not taken away."""
    server, before = instance(edited, _FILE_SERVER), attached(edited)
    share = f"{_FILE_SERVER}-exports"

    def up(*, check: bool = True) -> str:
        ran = edited.pulumi("up", "-s", "preprod", "--yes", "--skip-preview", check=check)
        now = instance(edited, _FILE_SERVER)
        assert (now["InstanceId"], now["State"]["Name"]) == (server["InstanceId"], "running")
        assert before.items() <= attached(edited).items()
        return ran.stdout + ran.stderr

    edited.edit("Pulumi.preprod.yaml", _SHARES, f"{_SHARES}{_NEW}")
    up()
    assert set(attached(edited)) == {*before, share}

    edited.edit("Pulumi.preprod.yaml", _NEW, "")
    assert "expected exports with exported: false first" in up(check=False)
    assert share in attached(edited)

    unexported = _NEW.replace("}", ", exported: false}")
    edited.edit("Pulumi.preprod.yaml", _SHARES, f"{_SHARES}{unexported}")
    up()
    assert share in attached(edited)
    edited.edit("Pulumi.preprod.yaml", unexported, "")
    up()
    assert set(attached(edited)) == set(before)
