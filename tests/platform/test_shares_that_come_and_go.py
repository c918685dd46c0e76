"""A share comes and goes, as docs/operations.md says, with a file server that runs all the while."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sandbox.tests.platform import Platform
from tests.platform.test_server_rows import instance, volumes

pytestmark = pytest.mark.long

_FILE_SERVER = "client-preprod-site-files"
_SHARES = "    shares:\n"
_NEW = "      - {name: exports, path: var/export, size_gib: 5}\n"


def attached(platform: Platform) -> Mapping[str, tuple[str, str]]:
    """The device of each volume, and when it was attached."""
    return {
        name: (each["Attachments"][0]["Device"], str(each["Attachments"][0]["AttachTime"]))
        for name, each in volumes(platform, _FILE_SERVER).items()
    }


def test_a_share_comes_and_goes_while_the_server_runs(edited_preprod: Platform) -> None:
    """As the first of the list too: the volumes of the others stay where they are. Exported, it is not taken away."""
    server, before = instance(edited_preprod, _FILE_SERVER), attached(edited_preprod)
    share = f"{_FILE_SERVER}-exports"

    def up(*, check: bool = True) -> str:
        ran = edited_preprod.pulumi("up", "-s", "preprod", "--yes", "--skip-preview", check=check)
        now = instance(edited_preprod, _FILE_SERVER)
        assert (now["InstanceId"], now["State"]["Name"]) == (server["InstanceId"], "running")
        assert before.items() <= attached(edited_preprod).items()
        return ran.stdout + ran.stderr

    edited_preprod.edit("Pulumi.preprod.yaml", _SHARES, f"{_SHARES}{_NEW}")
    up()
    assert set(attached(edited_preprod)) == {*before, share}

    edited_preprod.edit("Pulumi.preprod.yaml", _NEW, "")
    assert "expected exports with exported: false first" in up(check=False)
    assert share in attached(edited_preprod)

    unexported = _NEW.replace("}", ", exported: false}")
    edited_preprod.edit("Pulumi.preprod.yaml", _SHARES, f"{_SHARES}{unexported}")
    up()
    assert share in attached(edited_preprod)
    edited_preprod.edit("Pulumi.preprod.yaml", unexported, "")
    up()
    assert set(attached(edited_preprod)) == set(before)
