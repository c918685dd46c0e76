"""``./shop domains compare`` between two real name servers: the zone that the domain has, and the stack's."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.query
import pytest
import yaml

from account import domains
from commands import shell
from sandbox.tests.applications.servers import free_port
from settings.dns_record import DnsRecordSettings
from tests.servers.programs import SEARCHED, require

_HEAD = """\
$TTL 3600
@ SOA ns1.{owner}. hostmaster.{owner}. 1 7200 900 1209600 300
@ NS ns1.{owner}.
"""
OF_THE_SHOP = """\
@ A {shop}
www A {shop}
preprod A {shop}
"""
MAIL = """\
@ MX 10 mx1.mail.example.
@ MX 20 mx2.mail.example.
@ TXT "v=spf1 include:mail.example" " -all"
_dmarc TXT "v=DMARC1; p=reject"
crm._domainkey CNAME crm.dkim.example.
_sip._tls SRV 100 1 443 sip.example.
@ CAA 0 issue "amazon.com"
"""


@contextmanager
def name_server(directory: Path, text: str, *, zone: str = "client.url") -> Iterator[str]:
    """NSD with a zone, on a port of 127.0.0.1. Its address and port."""
    directory.mkdir()
    port = free_port()
    (directory / "zone").write_text(text)
    configuration = directory / "nsd.conf"
    configuration.write_text(
        f"""\
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{directory}"
  database: ""
  pidfile: "{directory}/nsd.pid"
  xfrdfile: "{directory}/xfrd.state"
  zonelistfile: "{directory}/zone.list"
  xfrdir: "{directory}"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: {zone}
  zonefile: zone
"""
    )
    nsd = subprocess.Popen(
        ["nsd", "-d", "-c", configuration], stderr=subprocess.PIPE, text=True, env={"PATH": SEARCHED}
    )
    try:
        _wait(nsd, port, zone)
        yield f"127.0.0.1:{port}"
    finally:
        nsd.terminate()
        nsd.wait(timeout=30)


def _wait(nsd: subprocess.Popen[str], port: int, zone: str) -> None:
    question = dns.message.make_query(zone, "SOA")
    deadline = time.monotonic() + 30
    while True:
        try:
            dns.query.udp(question, "127.0.0.1", port=port, timeout=0.5)
            return
        except (dns.exception.DNSException, OSError):
            assert nsd.poll() is None, nsd.stderr.read() if nsd.stderr else ""
            assert time.monotonic() < deadline, "nsd did not answer"
            time.sleep(0.05)


@dataclass(frozen=True, kw_only=True)
class Said:
    """How the command ended, and what it printed."""

    code: int
    out: str

    @property
    def lost(self) -> set[str]:
        """Name and type of what would be lost."""
        return {line.split(": ")[0].split(maxsplit=1)[1] for line in self.out.splitlines() if line.startswith("lost ")}


Compare = Callable[..., Said]


@pytest.fixture
def compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Compare]:
    """Runs the command between two zones, each given by the text after its head."""
    require("nsd")
    with ExitStack() as running:

        def between(old: str, new: str, *options: str) -> Said:
            before, after = (
                running.enter_context(name_server(tmp_path / owner, _HEAD.format(owner=owner) + text))
                for owner, text in (("before.example", old), ("after.example", new))
            )
            arguments = ["-s", "prod", "--old-server", before, "--new-server", after, *options]
            code = shell.run(domains.app, name="domains", arguments=["compare", *arguments])
            return Said(code=code, out="".join(capsys.readouterr()))

        yield between


OLD = OF_THE_SHOP.format(shop="192.0.2.10")
NEW = OF_THE_SHOP.format(shop="198.51.100.20")


def test_what_only_the_old_zone_has_is_named_with_what_to_paste(compare: Compare) -> None:
    """Mail above all. That the shop's own names lead elsewhere is what the move is for."""
    said = compare(OLD + MAIL, NEW, "--dkim", "crm")
    assert said.code == 1
    assert said.lost == {
        "client.url MX",
        "client.url TXT",
        "client.url CAA",
        "_dmarc.client.url TXT",
        "crm._domainkey.client.url CNAME",
        "_sip._tls.client.url SRV",
    }
    assert "changed  www.client.url A: 192.0.2.10 becomes 198.51.100.20" in said.out
    assert "Every address of monitoring.recipients is in client.url" in said.out
    pasted = yaml.safe_load("".join(re.findall(r"^(?:- |  ).*\n", said.out, re.MULTILINE)))
    records = [DnsRecordSettings.model_validate_json(json.dumps(each)) for each in pasted]
    assert {each.name: each.texts for each in records if each.type == "TXT"} == {
        "client.url": ["v=spf1 include:mail.example -all"],
        "_dmarc.client.url": ["v=DMARC1; p=reject"],
    }


def test_nothing_is_lost_when_the_new_zone_has_it_too(compare: Compare) -> None:
    """However a long TXT record is cut, and in whatever order the values come."""
    cut = MAIL.replace('"v=spf1 include:mail.example" " -all"', '"v=spf1 include:" "mail.example -all"')
    said = compare(OLD + MAIL, NEW + "".join(reversed(cut.splitlines(keepends=True))), "--dkim", "crm")
    assert (said.code, said.lost) == (0, set())
    assert "The same in both zones: 6 record sets" in said.out


def test_a_value_that_is_missing_is_a_loss(compare: Compare) -> None:
    said = compare("@ MX 10 mx1.mail.example.\n@ MX 20 mx2.mail.example.\n", "@ MX 10 mx1.mail.example.\n")
    assert said.code == 1
    assert "lost     client.url MX: 20 mx2.mail.example.\n" in said.out


def test_names_of_ones_own_wildcards_and_delegations_are_compared(compare: Compare) -> None:
    """A wildcard is one loss, and not one for each name that it answers."""
    old = "* A 192.0.2.1\nwww A 192.0.2.10\nerp A 192.0.2.9\ndev NS ns1.dev.example.\n"
    said = compare(old, NEW, "--name", "erp.client.url")
    assert said.lost == {"*.client.url A", "erp.client.url A", "dev.client.url NS"}


def test_an_exported_zone_file_leaves_no_name_out(compare: Compare, tmp_path: Path) -> None:
    """Types that have no place in domains.records are named too."""
    file = tmp_path / "client.url.txt"
    tlsa = "_25._tcp.mx TLSA 3 1 1 " + "ab" * 32
    file.write_text(_HEAD.format(owner="before.example") + OLD + f"unheard-of A 192.0.2.7\n{tlsa}\n")
    said = compare("", NEW, "--zone-file", str(file))
    assert said.lost == {"unheard-of.client.url A", "_25._tcp.mx.client.url TLSA"}
    assert "domains.records has no TLSA" in said.out


def test_a_signed_zone_that_becomes_unsigned_is_said(compare: Compare) -> None:
    key = "@ DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==\n"
    assert "remove it at least a day before" in " ".join(compare(OLD + key, NEW).out.split())


def test_a_server_that_does_not_have_the_zone_is_no_empty_zone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As when the name servers of another stack are given: everything would be "lost", or nothing."""
    require("nsd")
    with name_server(tmp_path / "other", _HEAD.format(owner="other.example"), zone="other.url") as other:
        arguments = ["compare", "-s", "prod", "--old-server", other, "--new-server", other]
        assert shell.run(domains.app, name="domains", arguments=arguments) == 1
    said = capsys.readouterr()
    assert "got no answer from 127.0.0.1: REFUSED" in said.err
    assert "lost" not in said.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-s", "live"], "--stack: got live, expected one of preprod, prod"),
        (["-s", "preprod"], "--stack: got preprod, expected a stack that has domains"),
        (["-s", "prod", "--zone-file", "nowhere.zone"], "nowhere.zone: No such file or directory"),
        (["-s", "prod", "--new-server", "127.0.0.1:dns"], "127.0.0.1:dns: got no name server, expected a name"),
    ],
)
def test_wrong_usage_is_one_line(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(domains.app, name="domains", arguments=["compare", *options]) == 2
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"@ MX ten mail\n", "expected a zone file of client.url"),
        (b"\xff\xfe\n", "got bytes that are not UTF-8, expected a zone file of client.url"),
        (b"", "got no record of client.url, expected its zone file"),
        (b"$ORIGIN other.url.\n@ 300 IN MX 10 mail\n", "got no record of client.url, expected its zone file"),
    ],
)
def test_a_file_that_is_not_the_zone_is_no_zone_of_which_nothing_would_be_lost(
    content: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "zone"
    file.write_bytes(content)
    # The name server would be asked next.
    arguments = ["compare", "-s", "prod", "--zone-file", str(file), "--new-server", "127.0.0.1:dns"]
    assert shell.run(domains.app, name="domains", arguments=arguments) == 2
    said = capsys.readouterr()
    assert (said.out, len(said.err.splitlines())) == ("", 1)
    assert says in said.err
