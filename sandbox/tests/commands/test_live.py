"""What `live` says: where it cannot run, and which addresses a browser opens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from commands.console import Console
from commands.errors import CannotRunError
from sandbox.commands import fleet_process, live
from sandbox.commands.fleet_process import FleetProcess
from sandbox.commands.layout import Layout
from sandbox.commands.process import ProcessRecord
from sandbox.commands.stand_ins import waiting_for

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


def test_what_is_waited_for_fits_on_a_line() -> None:
    names = [f"{number:02}-" + "n" * 37 for number in range(12)]
    assert waiting_for(names) == f"Waiting for {names[0]} and 11 more"
    assert len(f"  {waiting_for(names)}") <= 80
    assert waiting_for(["client-prod-pim"]) == "Waiting for client-prod-pim"


def test_the_hosts_address_is_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who knows it may run commands on hosts. Another user's `status` says so, and shows the rest."""
    layout = Layout(project=tmp_path)
    process = ProcessRecord(pid=1, started=0, known_by="")
    fleet_process._record(layout, FleetProcess(process=process, url="http://127.0.0.1:1/secret"))
    assert layout.fleet_record.stat().st_mode & 0o777 == 0o600

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(layout.fleet_record)

    monkeypatch.setattr(Path, "read_text", refuse)
    live.show(layout, Console())
    assert "Run this command with sudo" in capsys.readouterr().out


def test_a_sandbox_that_never_was_is_not_up(tmp_path: Path) -> None:
    assert not live.is_up(Layout(project=tmp_path))
