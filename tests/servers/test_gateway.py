"""Row 10: what the gateway boots with, run by the real HAProxy between a partner and the servers behind it."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from components.servers.gateway_proxy import boot as gateway_boot
from components.servers.gateway_proxy import configuration as gateway_configuration
from settings.forwards import ForwardSettings
from tests.servers.gateway_site import ADDRESSES, FORWARDS, OTHER_PARTNER, PARTNER, GatewaySite
from tests.servers.namespaces import Network, require_namespaces
from tests.servers.programs import require

WINDOWS_PORTS = (445, 2048, 3388, 3389, 3390, 4096, 8700, 8750, 8800)


@contextmanager
def _machines(directory: Path) -> Iterator[GatewaySite]:
    require("haproxy", "dnsmasq", "ip", "ss", "prlimit", "curl", "nft")
    require_namespaces()
    with Network() as network:
        yield GatewaySite(network, directory)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewaySite]:
    """Everything up: the Windows server's services, its FTP server and the satellite's."""
    with _machines(tmp_path_factory.mktemp("site")) as site:
        site.name(windows=ADDRESSES["windows"], satellite=ADDRESSES["satellite"])
        site.start_answering("windows", *WINDOWS_PORTS)
        site.start_ftp("windows", first=2100, last=3300)
        site.start_ftp("satellite", first=5000, last=5100)
        site.start_haproxy()
        assert site.comes_to_answer(3389, "windows 3389")
        for port in (21, 2021):
            assert site.comes_to_answer(port, "220 pyftpdlib 2.2.0 ready.")
        yield site


@pytest.mark.parametrize("forwards", [FORWARDS, (ForwardSettings(name="one", ports=(80,), target="203.0.113.4"),)])
def test_haproxy_accepts_the_configuration(forwards: tuple[ForwardSettings, ...], tmp_path: Path) -> None:
    """With targets by name and by address, and even before the names have addresses."""
    require("haproxy")
    configuration = tmp_path / "gateway.cfg"
    configuration.write_text(gateway_configuration(forwards).files[0].content)
    checked = subprocess.run(["haproxy", "-c", "-f", str(configuration)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


_WITH_A_SILENT_RESOLVER = """
ip link set lo up
mount --bind "$1" /etc/resolv.conf
exec 3< <(exec python3 -c '
import socket, time
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.bind(("127.0.0.1", 53))
print(flush=True)
time.sleep(60)')
read -r <&3
haproxy -c -f "$2"
code=$?
kill "$!"
exit "$code"
"""


def test_a_resolver_that_is_silent_does_not_keep_haproxy_from_starting(tmp_path: Path) -> None:
    """systemd waits 90 seconds for a start: room for twenty forwards. The script that applies them asks alike."""
    require("haproxy", "ip", "unshare")
    require_namespaces()
    scripts = {file.path.rpartition("/")[2]: file.content for file in gateway_boot().files}
    [options] = re.findall(r'^Environment="RES_OPTIONS=(.*)"$', scripts["gateway.conf"], re.MULTILINE)
    assert f'export RES_OPTIONS="{options}"\n' in scripts["apply_forwards.sh"]
    resolver, file = tmp_path / "resolv.conf", tmp_path / "gateway.cfg"
    resolver.write_text("nameserver 127.0.0.1\n")
    forwards = tuple(
        ForwardSettings(name=f"forward-{port}", ports=(port,), target="windows.internal-client.url")
        for port in (8701, 8702)
    )
    file.write_text(gateway_configuration(forwards).files[0].content)
    started = time.monotonic()
    command = ("unshare", "--net", "--mount", "bash", "-c", _WITH_A_SILENT_RESOLVER, "bash", resolver, file)
    checked = subprocess.run(
        command, env={**os.environ, "RES_OPTIONS": options}, capture_output=True, text=True, timeout=120
    )
    assert checked.returncode == 0, checked.stderr
    assert "could not resolve address" in checked.stderr
    assert time.monotonic() - started < len(forwards) * 90 / 20 + 3


def test_every_port_reaches_the_same_port_of_the_target(site: GatewaySite) -> None:
    """Single ports, and ranges at both ends, in the middle and on either side of a hole."""
    assert site.ask(*WINDOWS_PORTS) == {port: f"windows {port}" for port in WINDOWS_PORTS}


def test_no_port_is_bound_twice(site: GatewaySite) -> None:
    """2048-4096 holds 3389: bound by both, Linux would give remote desktop's connections to either at random."""
    wanted = {
        port
        for forward in FORWARDS
        for each in (*forward.ranges, *filter(None, [forward.passive_range]))
        for port in range(each.first, each.last + 1)
    }
    assert site.bound_ports() == sorted(wanted)


def test_nothing_else_is_answered(site: GatewaySite) -> None:
    """Ports next to the forwarded ones, and the usual ones of a server."""
    assert site.ask(20, 22, 80, 2047, 4097, 5101, 8699, 8801) == dict.fromkeys(
        (20, 22, 80, 2047, 4097, 5101, 8699, 8801), ""
    )


@pytest.mark.parametrize("port", [21, 2021])
def test_passive_ftp_passes(site: GatewaySite, port: int) -> None:
    """Each FTP server behind the one address: the client opens data connections to the announced address."""
    assert site.transfer(port, times=3) == "221 Goodbye."


def test_the_log_has_the_port_and_the_bytes_of_both_ways(tmp_path: Path) -> None:
    """An upload is more than nothing, and which of a range's ports it came by is known."""
    with _machines(tmp_path) as site:
        site.name(satellite=ADDRESSES["satellite"])
        site.start_ftp("satellite", first=5000, last=5100)
        haproxy = site.start_haproxy()
        assert site.comes_to_answer(2021, "220 pyftpdlib 2.2.0 ready.")
        assert site.transfer(2021) == "221 Goodbye."
        line = re.compile(
            rf"^{PARTNER}:\d+ \[\S+\] satellite-ftp-passive:(\d+) .* sent:(\d+) received:(\d+) --", re.MULTILINE
        )
        up, down = line.findall(haproxy.said)
        assert (up[1:], down[1:]) == (("300000", "0"), ("0", "300000"))
        assert all(5000 <= int(each[0]) <= 5100 for each in (up, down))
        assert " satellite-ftp:2021 " in haproxy.said


def test_one_source_does_not_take_the_places_of_others(tmp_path: Path) -> None:
    """Over all ports. What is refused is counted, and a place is free again when a connection ends."""
    with _machines(tmp_path) as site:
        site.name(windows=ADDRESSES["windows"], satellite=ADDRESSES["satellite"])
        site.start_ftp("windows", first=2100, last=3300)
        site.start_haproxy(connections_per_source=10)
        assert site.comes_to_answer(21, "220 pyftpdlib 2.2.0 ready.")
        for _ in range(2):
            assert site.held_by(PARTNER, times=14) == 10
        assert site.held_by(OTHER_PARTNER, times=10) == 10
        counters = site.counters()
        assert counters['haproxy_frontend_denied_connections_total{proxy="windows-ftp"}'] == 8
        assert counters['haproxy_frontend_bytes_out_total{proxy="windows-ftp"}'] > 0


@pytest.mark.long
def test_a_port_of_a_target_is_probed_once(site: GatewaySite) -> None:
    """However many forwards lead there: a server logs each probe as somebody who says nothing."""
    assert sum(forward.checked_port == 3389 for forward in FORWARDS) == 2
    assert 2 <= site.count_probes("windows", 3389, seconds=25) <= 3


def test_an_ftp_server_that_announces_its_own_address_is_noticed(tmp_path: Path) -> None:
    """The client of these tests is as strict as a partner's: it hides no wrong address, so the test above means
    something."""
    with _machines(tmp_path) as site:
        site.name(windows=ADDRESSES["windows"])
        site.start_ftp("windows", first=2100, last=3300, announced=ADDRESSES["windows"])
        site.start_haproxy()
        assert site.comes_to_answer(21, "220 pyftpdlib 2.2.0 ready.")
        assert "unreachable" in site.transfer(21)


def test_a_target_is_found_again_at_its_new_address(tmp_path: Path) -> None:
    """HAProxy starts before the name has an address, finds its target once it has one, and follows it when another
    instance takes its place."""
    with _machines(tmp_path) as site:
        for machine in ("satellite", "successor"):
            site.start_answering(machine, 21, 5000)
        site.start_haproxy()
        assert site.ask(5000) == {5000: ""}
        site.name(satellite=ADDRESSES["satellite"])
        assert site.comes_to_answer(5000, "satellite 5000")
        site.name(satellite=ADDRESSES["successor"])
        assert site.comes_to_answer(5000, "successor 5000")
