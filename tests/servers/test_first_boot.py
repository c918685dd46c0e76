"""Servers that boot on each release of Debian from their own user data, by the real cloud-init, systemd and apt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from components.servers.cloud_init import BootFile, CloudInit
from tests.servers.debian_machine import RELEASES, Base, Machine, boot
from tests.servers.server_boots import BOOTS, boot_server

pytestmark = pytest.mark.long
# The file server needs a kernel with nfsd (test_nfs_kernel.py), Rundeck what takes the place of its package
# (test_rundeck_boot.py).
SERVERS = [(release, server) for release in RELEASES for server in BOOTS]
OPENVPN, OPENVPN_13 = ("12", "openvpn"), ("13", "openvpn")
SERVICES = {"gateway": "haproxy", "phpmyadmin": "nginx", "openvpn": "openvpn-server@server"}
STATUS = "/var/lib/boot-platform/status"
# As Debian's timers do while they bring packages up to date.
HOLD_THE_LOCK = """
import fcntl, pathlib, time
with open("/var/lib/dpkg/lock-frontend", "w") as lock:
    fcntl.lockf(lock, fcntl.LOCK_EX)
    pathlib.Path("/run/held").touch()
    time.sleep(5)
"""


@pytest.fixture(scope="module", params=SERVERS, ids="-".join)
def booted(
    request: pytest.FixtureRequest, directory: Path, debian: Callable[[str], Base]
) -> Iterator[tuple[str, Machine]]:
    release, server = request.param
    with boot_server(directory, (debian(release).root,), server) as machine:
        yield server, machine


def test_a_server_comes_up(booted: tuple[str, Machine]) -> None:
    server, machine = booted
    assert machine.read(STATUS).startswith("ready\t"), machine.read("/var/log/boot-platform.log")
    for service in (SERVICES[server], "amazon-ssm-agent"):
        assert machine.run("systemctl", "is-active", service) == "active\n"


def test_it_is_ready_while_its_service_runs(booted: tuple[str, Machine]) -> None:
    server, machine = booted

    def published() -> str:
        machine.run("systemctl", "start", "publish-boot-status.service")
        calls = machine.read("/var/log/metrics").splitlines()
        return next(call for call in reversed(calls) if "BootReady" in call).split()[-1]

    assert published() == "1"
    machine.run("systemctl", "kill", "--signal=KILL", SERVICES[server])
    machine.run("systemctl", "stop", SERVICES[server])
    assert published() == "0"
    machine.run("systemctl", "start", SERVICES[server])
    assert published() == "1"


def test_its_console_shows_the_boot(booted: tuple[str, Machine]) -> None:
    """Which AWS keeps for people who cannot log in."""
    _, machine = booted
    assert "ended with 0 at end" in machine.read("/var/log/boot-platform.log")
    assert "ended with 0 at end" in machine.console, machine.console


@pytest.mark.parametrize("booted", [OPENVPN, OPENVPN_13], ids="-".join, indirect=True)
def test_a_revoked_users_name_is_free(booted: tuple[str, Machine]) -> None:
    """easy-rsa 3.1 of Debian 12 and 3.2 of Debian 13 keep other files of a revoked user."""
    _, machine = booted
    commands = "/root/client-configs"
    for command in ("create_user.sh", "revoke_user.sh", "create_user.sh"):
        machine.run(f"{commands}/{command}", "zoe")
    assert "zoe" in machine.run("ls", "/etc/openvpn/pki-data/profiles")


@pytest.mark.parametrize("booted", [OPENVPN, OPENVPN_13], ids="-".join, indirect=True)
def test_the_authority_is_renewed(booted: tuple[str, Machine]) -> None:
    """By both releases' easy-rsa, and the server runs with what it is given at each step."""
    _, machine = booted
    commands = "/root/client-configs"
    machine.run(f"{commands}/create_user.sh", "yan")
    machine.run(f"{commands}/renew_authority.sh", "begin")
    assert machine.run("systemctl", "is-active", SERVICES["openvpn"]) == "active\n"
    for profile in machine.run("ls", "/etc/openvpn/pki-data/profiles").split():
        machine.run(f"{commands}/renew_user.sh", profile.removesuffix(".ovpn"))
    machine.run(f"{commands}/renew_authority.sh", "end")
    assert machine.run("systemctl", "is-active", SERVICES["openvpn"]) == "active\n"
    assert "old" not in machine.run(f"{commands}/list_users.sh").split()


@pytest.mark.parametrize("booted", [OPENVPN_13], ids="-".join, indirect=True)
def test_what_ends_is_published_even_if_nothing_could_be_renewed(booted: tuple[str, Machine]) -> None:
    """Or the alarm would stay silent until the list of revoked certificates has ended, and nobody gets in."""
    _, machine = booted
    renews, metrics = "/usr/local/sbin/rotate_certificates.sh", machine.root / "var/log/metrics"
    machine.run("mount", "--bind", "/bin/false", renews)
    before = len(metrics.read_text()) if metrics.exists() else 0
    assert machine.attempt("systemctl", "start", "rotate-certificates.service").returncode != 0
    machine.run("umount", renews)
    published = metrics.read_text()[before:]
    assert "CertificateDaysLeft" in published
    assert "AuthorityDaysLeft" in published


@pytest.mark.parametrize("booted", [OPENVPN_13], ids="-".join, indirect=True)
def test_the_agent_waits_for_the_packages_lock(booted: tuple[str, Machine]) -> None:
    _, machine = booted
    machine.run("apt-get", "purge", "--yes", "amazon-ssm-agent")
    (machine.root / "root/hold").write_text(HOLD_THE_LOCK)
    machine.run("systemd-run", "--unit=hold-the-lock", "python3", "/root/hold")
    machine.run("sh", "-c", "until [ -e /run/held ]; do sleep 0.1; done")
    machine.run("install-session-manager")
    assert machine.run("systemctl", "is-active", "amazon-ssm-agent") == "active\n"


def test_a_later_boot_needs_nothing_from_outside(booted: tuple[str, Machine]) -> None:
    """What it fetches again, such as RDS's certificates, is there from the boot before."""
    _, machine = booted
    machine.run("mount", "-t", "tmpfs", "tmpfs", "/srv")
    before = machine.read("/etc/ssl/rds-global-bundle.pem")
    machine.run("boot-platform")
    assert machine.read(STATUS).startswith("ready\t")
    assert machine.read("/etc/ssl/rds-global-bundle.pem") == before


def test_what_stops_a_boot_early_can_be_looked_at(directory: Path, debian: Callable[[str], Base]) -> None:
    """On the console, and by Session Manager."""
    with boot(directory, (debian("13").root,), CloudInit(packages=("no-such-package",)).render()) as machine:
        assert machine.read(STATUS).split("\t")[::2] == ["failed", "install-packages\n"]
        assert "Unable to locate package no-such-package" in machine.console
        assert machine.run("systemctl", "is-active", "amazon-ssm-agent") == "active\n"


def test_a_boot_that_hangs_says_where(directory: Path, base: Base) -> None:
    """In the test that waits for it: its console, its logs, and what still runs."""
    sleep = BootFile(path="/usr/local/sbin/sleep-for-ever", content="#!/bin/sh\nexec sleep infinity\n", mode="0755")
    hangs = CloudInit(files=(sleep,), scripts=(sleep.path,)).render()
    waiting = boot(directory, (base.root,), hangs, seconds=60)
    with pytest.raises(AssertionError, match="took more than 60 s") as failed, waiting:
        pass
    said = str(failed.value)
    assert said.index("--- console") < said.index(sleep.path) < said.index("sleep infinity")
