"""What `live` says: where it cannot run, and which addresses a browser opens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from commands.errors import CannotRunError
from sandbox.commands import live
from sandbox.commands.layout import Layout

SITE = {
    "Name": "site",
    "DNSName": "site-1.elb.amazonaws.com",
    "Address": "127.101.7.3",
    "Ports": {"80": 80, "443": 8443},
    "HostNames": ["disarmed.invalid", "client.url", "www.client.url"],
    "Environments": ["client-prod-back-office", "client-prod-front"],
}
SATELLITE = {
    "Name": "pim",
    "DNSName": "pim-1.elb.amazonaws.com",
    "Address": "127.101.7.4",
    "Ports": {"80": 80},
    "HostNames": [],
    "Environments": ["client-prod-pim"],
}


def test_without_root_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(CannotRunError, match="hosts need root") as refused:
        live.require()
    assert "\n" not in str(refused.value)


def test_addresses_are_ready_to_copy() -> None:
    """A port that was taken is in every address; names that match nothing are not shown."""
    said = live.addresses({"LoadBalancers": [SITE, SATELLITE]})
    assert "  127.101.7.3 client.url www.client.url\n" in said
    assert "  https://client.url:8443/backend/\n" in said
    assert "--resolve client.url:8443:127.101.7.3 \\\n    https://client.url:8443/\n" in said
    assert "  http://127.101.7.4/  client-prod-pim\n" in said
    assert "invalid" not in said
    assert max(len(line) for line in said.splitlines()) <= 80


def test_a_sandbox_that_never_was_is_not_up(tmp_path: Path) -> None:
    assert not live.is_up(Layout(project=tmp_path))
