"""Row 8: what the OpenVPN server boots with, run by the real OpenVPN and easy-rsa."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path

import pulumi_aws as aws
import pytest

from components.servers.open_vpn_server import configuration
from components.servers.server_configuration import ServerConfiguration
from tests.servers.namespaces import Network, Program, require_namespaces
from tests.servers.programs import SEARCHED, require
from tests.servers.server_boots import BOOTS, CONFIGURATIONS, VPN
from tests.servers.server_boots import VPN_ADDRESS as SERVER_ADDRESS
from tests.unit.program import program

SERVER_INSIDE = "10.0.1.10"
INSIDE, ELSEWHERE = "10.0.101.10", "203.0.113.5"

WHO_ARE_YOU = """
import socket
listener = socket.create_server(("", 7000))
while True:
    connection, (address, _) = listener.accept()
    with connection:
        connection.sendall(address.encode())
"""
ASK = """
import socket, sys
with socket.create_connection((sys.argv[1], 7000), timeout=1) as connection:
    print(connection.recv(64).decode())
"""


class VpnHost:
    """The server's files laid out below a directory, as cloud-init would below the root."""

    def __init__(self, root: Path) -> None:
        require("openvpn", "openssl", "/usr/share/easy-rsa/easyrsa")
        self.root = root
        self.directory = root / "etc/openvpn"
        self.client_configs = root / "root/client-configs"
        self.console = root / "console.sock"
        self.variables: dict[str, str] = {}
        for file in (*BOOTS["openvpn"].files, *CONFIGURATIONS["openvpn"].files):
            path = root / file.path.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content)
            path.chmod(int(file.mode, 8))
        self._prepare = root / "usr/local/sbin/prepare_pki.sh"

    @property
    def pki(self) -> Path:
        return self.directory / "pki-data/pki"

    @property
    def environment(self) -> dict[str, str]:
        """In which the scripts find this directory instead of the root's."""
        return {
            **os.environ,
            "PATH": f"{self.root}/programs:{SEARCHED}",
            "OPENVPN_DIRECTORY": str(self.directory),
            "OPENVPN_CONSOLE": str(self.console),
            **self.variables,
        }

    def run(self, script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [script, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def prepare(self) -> None:
        done = self.run(self._prepare)
        assert done.returncode == 0, done.stderr

    def create_user(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(self.client_configs / "create_user.sh", *arguments)

    def revoke_user(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(self.client_configs / "revoke_user.sh", *arguments)

    def renew_user(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(self.client_configs / "renew_user.sh", *arguments)

    def renew_authority(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        self.put_program("systemctl", "")
        return self.run(self.client_configs / "renew_authority.sh", *arguments)

    def rotate(self) -> list[str]:
        """What each night does. Returns what it asked of systemd."""
        asked = self.put_program("systemctl", 'echo "$@" >> "$0.calls"')
        done = self.run(self.root / "usr/local/sbin/rotate_certificates.sh")
        assert done.returncode == 0, done.stderr
        calls = asked.with_name("systemctl.calls")
        return calls.read_text().splitlines() if calls.exists() else []

    def published(self) -> list[dict[str, str]]:
        """The options of each call by which the server says how many days are left."""
        self.put_program("instance-metadata", "[[ $1 == instance-id ]] && echo i-1 || echo eu-west-3")
        called = self.put_program("aws", 'echo "$@" >> "$0.calls"').with_name("aws.calls")
        called.unlink(missing_ok=True)
        done = self.run(self.root / "usr/local/sbin/publish_certificates.sh")
        assert done.returncode == 0, done.stderr
        calls = [call.split() for call in called.read_text().splitlines()]
        assert all(call[:2] == ["cloudwatch", "put-metric-data"] for call in calls)
        return [dict(zip(call[2::2], call[3::2], strict=True)) for call in calls]

    def put_program(self, name: str, body: str) -> Path:
        """A program that takes the place of one that needs systemd or AWS."""
        program = self.root / "programs" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/usr/bin/env bash\n{body}\n")
        program.chmod(0o755)
        return program

    def set_days(self, **days: int) -> None:
        """Lifetimes, by their names in the file that the scripts read."""
        path = self.directory / "lifetimes.sh"
        for name, count in days.items():
            changed, times = re.subn(rf"(?m)^{name}=\d+$", f"{name}={count}", path.read_text())
            assert times == 1, name
            path.write_text(changed)

    def listed(self, authority: str = "current") -> dict[str, tuple[int, str]]:
        """What list_users.sh prints of an authority: days and date, by name, in its order."""
        done = self.run(self.client_configs / "list_users.sh")
        assert done.returncode == 0, done.stderr
        heading, *rows = (line.split() for line in done.stdout.splitlines())
        assert heading == ["Days", "left", "Ends", "Authority", "User"]
        return {name: (int(left), day) for left, day, by, name in rows if by == authority}

    def profile_of(self, user: str) -> Path:
        """Makes the user. Fails the test when that fails."""
        made = self.create_user(user)
        assert made.returncode == 0, made.stderr
        return Path(made.stdout.strip())

    def files(self) -> dict[str, bytes]:
        """Everything that is to outlive the instance."""
        return {str(path): path.read_bytes() for path in self.directory.rglob("pki-data/**/*") if path.is_file()}

    def is_accepted(self, user: str, certificate: Path | None = None) -> bool:
        """Whether a certificate, by default the one that is the user's now, passes the server's authority and
        revocation list."""
        certificate = certificate or self.pki / f"issued/{user}.crt"
        verified = subprocess.run(
            [
                *("openssl", "verify", "-crl_check", "-purpose", "sslclient", "-CAfile", self.pki / "ca.crt"),
                *("-CRLfile", self.directory / "server/crl.pem", certificate),
            ],
            capture_output=True,
            text=True,
        )
        return verified.returncode == 0


@pytest.fixture(scope="module")
def first_boot(tmp_path_factory: pytest.TempPathFactory) -> VpnHost:
    """A server that has booted for the first time. Its keys are copied for each test, since making them takes time."""
    host = VpnHost(tmp_path_factory.mktemp("first-boot"))
    host.prepare()
    return host


@pytest.fixture
def host(first_boot: VpnHost) -> Iterator[VpnHost]:
    """A server that has booted, with keys and without users."""
    with tempfile.TemporaryDirectory() as directory:
        # As /etc is: OpenVPN goes on as the user nobody.
        Path(directory).chmod(0o755)
        host = VpnHost(Path(directory))
        shutil.copytree(first_boot.directory / "pki-data", host.directory / "pki-data")
        host.prepare()
        yield host


def test_keys_outlive_the_instance(host: VpnHost, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A new instance that finds the volume uses the keys on it: profiles that people have go on working."""
    host.profile_of("alice")
    before = host.files()
    successor = VpnHost(tmp_path_factory.mktemp("successor"))
    (host.directory / "pki-data").rename(successor.directory / "pki-data")
    successor.prepare()
    after = {Path(path).relative_to(successor.directory): content for path, content in successor.files().items()}
    for path, content in before.items():
        if Path(path).suffix in {".key", ".crt", ".ovpn"}:
            assert after[Path(path).relative_to(host.directory)] == content
    assert successor.create_user("alice").returncode == 1
    assert successor.is_accepted("alice")
    successor.profile_of("bob")


def test_a_boot_that_stopped_half_way_is_made_up_for(host: VpnHost) -> None:
    """What an interrupted boot left is no authority, and the next boot makes a whole one."""
    host.pki.rename(host.pki.with_name("pki.unfinished"))
    (host.pki.with_name("pki.unfinished") / "tls-crypt.key").unlink()
    host.prepare()
    host.profile_of("alice")
    assert host.is_accepted("alice")
    assert not host.pki.with_name("pki.unfinished").exists()


def test_a_profile_is_all_that_a_user_needs(host: VpnHost) -> None:
    """Address, port, certificates, key and tls-crypt key are in the one file, which only root can read."""
    profile = host.profile_of("alice")
    text = profile.read_text()
    assert f"remote {SERVER_ADDRESS} 1194\n" in text
    assert "remote-cert-tls server\n" in text
    for block in ("ca", "cert", "key", "tls-crypt"):
        assert text.count(f"<{block}>\n") == text.count(f"</{block}>\n") == 1
    assert profile.stat().st_mode & 0o777 == 0o600
    # The CA's key is what makes users: it stays.
    assert text.count("PRIVATE KEY-----") == 2
    assert (host.pki / "private/alice.key").read_text().strip() in text


def test_a_name_is_given_once(host: VpnHost) -> None:
    """The second of the same name is refused, and changes nothing of the first one's."""
    host.profile_of("alice")
    before = host.files()
    again = host.create_user("alice")
    assert again.returncode == 1
    assert "alice is taken" in again.stderr
    assert again.stdout == ""
    assert host.files() == before


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("",),
        ("alice", "bob"),
        ("bob;id",),
        ("$(id)",),
        ("../ca",),
        ("a/b",),
        ("-h",),
        (".hidden",),
        ("Alice",),
        ("SERVER",),
        ("al ice",),
        ("alice\n",),
        ("alice\npush",),
        ("é",),
        ("a" * 33,),
    ],
    ids=repr,
)
def test_a_hostile_name_is_refused(first_boot: VpnHost, arguments: tuple[str, ...]) -> None:
    """Nothing that could be an option, a path, a command or the server itself gets a certificate, or takes one away."""
    before = first_boot.files()
    for refused in (
        script(*arguments) for script in (first_boot.create_user, first_boot.renew_user, first_boot.revoke_user)
    ):
        assert refused.returncode == 2
        assert "usage: " in refused.stderr
    assert first_boot.files() == before


def test_no_user_takes_the_authoritys_place(first_boot: VpnHost) -> None:
    """`ca` is a fair name, but its key would be written over the authority's."""
    before = first_boot.files()
    assert first_boot.create_user("ca").returncode == 1
    assert first_boot.revoke_user("ca").returncode == 1
    assert first_boot.files() == before


@pytest.mark.parametrize("user", ["a", "a" * 32, "first.last", "some-one_2"])
def test_a_plain_name_is_accepted(host: VpnHost, user: str) -> None:
    host.profile_of(user)
    assert host.is_accepted(user)


def test_a_revoked_user_stays_out_and_the_name_is_free(host: VpnHost) -> None:
    """The old certificate is on the list that the server reads, the profile is gone, and another may have the name."""
    profile = host.profile_of("alice")
    certificate = host.pki / "issued/alice.crt"
    kept = certificate.with_name("kept.crt")
    kept.write_bytes(certificate.read_bytes())
    revoked = host.revoke_user("alice")
    assert revoked.returncode == 0, revoked.stderr
    assert not profile.exists()
    assert host.revoke_user("alice").returncode == 1
    host.profile_of("alice")
    assert host.is_accepted("alice")
    assert not host.is_accepted("kept")
    # OpenVPN reads it at each connection as the user nobody, and keeps the old one if it can't.
    assert (host.directory / "server/crl.pem").stat().st_mode & 0o777 == 0o644


def test_a_user_whose_making_was_cut_off_is_revoked_and_made(host: VpnHost) -> None:
    """Such as by a power failure, after the key and before the certificate."""
    for half in ("private/alice.key", "reqs/alice.req"):
        (host.pki / half).touch()
        assert "alice is taken" in host.create_user("alice").stderr
        revoked = host.revoke_user("alice")
        assert revoked.returncode == 0, revoked.stderr
    host.profile_of("alice")
    assert host.is_accepted("alice")


def test_a_revocation_goes_on_when_its_session_ends(host: VpnHost, tmp_path: Path) -> None:
    """Between the user's revocation and the list of revoked certificates, by which the server knows."""
    host.profile_of("alice")
    shutil.copy(host.pki / "issued/alice.crt", tmp_path / "alice.crt")
    hangs_up = '/usr/share/easy-rsa/easyrsa "$@"; if [[ $1 == revoke ]]; then kill -HUP "$PPID"; fi'
    host.variables["EASYRSA"] = str(host.put_program("easyrsa", hangs_up))
    assert host.revoke_user("alice").returncode == 0
    assert not host.is_accepted("alice", tmp_path / "alice.crt")


def certificate_in(profile: Path, copy: Path) -> Path:
    """The certificate of a profile, as a file."""
    copy.write_text(profile.read_text().partition("<cert>\n")[2].partition("</cert>")[0])
    return copy


def test_users_are_listed_with_the_days_that_they_have_left(host: VpnHost) -> None:
    """The first to end first, and with what all users need. One that has ended is below nothing, not gone."""
    host.set_days(USER_CERTIFICATE_DAYS=400)
    host.profile_of("alice")
    host.set_days(USER_CERTIFICATE_DAYS=90)
    host.profile_of("bob")
    host.profile_of("carol")
    authority = ("-CA", host.pki / "ca.crt", "-CAkey", host.pki / "private/ca.key")
    ended = ("-days", "-1", "-in", host.pki / "reqs/carol.req", "-out", host.pki / "issued/carol.crt")
    subprocess.run(["openssl", "x509", "-req", *authority, *ended], check=True, capture_output=True)
    listed = host.listed()
    assert list(listed) == ["carol", "bob", "REVOCATIONS", "alice", "SERVER", "AUTHORITY"]
    # A day that has begun counts only as long as no second of it has passed.
    for name, days in {"carol": -1, "bob": 90, "REVOCATIONS": 365, "alice": 400, "SERVER": 825}.items():
        assert listed[name][0] in (days - 1, days)
    assert (datetime.now(UTC) + timedelta(days=90)).date() - date.fromisoformat(listed["bob"][1]) <= timedelta(days=1)


def test_a_renewed_user_has_a_new_profile_and_the_old_one_works_to_its_end(host: VpnHost, tmp_path: Path) -> None:
    """With the same key, so that nothing secret need be sent again."""
    host.set_days(USER_CERTIFICATE_DAYS=90)
    profile = host.profile_of("alice")
    before, old = profile.read_text(), certificate_in(profile, tmp_path / "old.crt")
    host.set_days(USER_CERTIFICATE_DAYS=800)
    renewed = host.renew_user("alice")
    assert renewed.returncode == 0, renewed.stderr
    assert renewed.stdout == f"{profile}\n"
    assert profile.stat().st_mode & 0o777 == 0o600
    new = certificate_in(profile, tmp_path / "new.crt")
    assert profile.read_text().replace(new.read_text(), "") == before.replace(old.read_text(), "")
    assert host.is_accepted("alice", new)
    assert host.is_accepted("alice", old)
    assert host.listed()["alice"][0] in (799, 800)


def test_a_renewed_user_is_revoked_whole(host: VpnHost, tmp_path: Path) -> None:
    """Both certificates, whichever profile somebody has kept. The name is free again."""
    profile = host.profile_of("alice")
    old = certificate_in(profile, tmp_path / "old.crt")
    assert host.renew_user("alice").returncode == 0
    new = certificate_in(profile, tmp_path / "new.crt")
    revoked = host.revoke_user("alice")
    assert revoked.returncode == 0, revoked.stderr
    assert not host.is_accepted("alice", old)
    assert not host.is_accepted("alice", new)
    host.profile_of("alice")
    assert host.is_accepted("alice")


def test_a_user_that_is_not_there_is_not_renewed(host: VpnHost) -> None:
    before = host.files()
    for user in ("alice", "ca"):
        assert host.renew_user(user).returncode == 1
    assert host.files() == before


def test_a_renewal_that_stopped_half_way_is_made_up_for(host: VpnHost) -> None:
    """What it left is neither a user nor in the way, and the certificate that was there is whole."""
    host.profile_of("alice")
    shutil.copy(host.pki / "reqs/alice.req", host.pki / "reqs/AGAIN.req")
    shutil.copy(host.pki / "issued/alice.crt", host.pki / "issued/AGAIN.crt")
    assert host.is_accepted("alice")
    assert host.renew_user("alice").returncode == 0
    assert set(host.listed()) == {"alice", "SERVER", "AUTHORITY", "REVOCATIONS"}


def test_the_servers_certificate_is_renewed_in_the_last_third_of_its_life(host: VpnHost) -> None:
    """And not before: each renewal interrupts who is connected for some seconds."""
    before = (host.pki / "issued/SERVER.crt").read_bytes()
    assert host.rotate() == []
    assert (host.pki / "issued/SERVER.crt").read_bytes() == before
    # The certificate has 825 days: less than a third of these.
    host.set_days(SERVER_CERTIFICATE_DAYS=2600)
    assert host.rotate() == ["try-restart openvpn-server@server"]
    assert host.listed()["SERVER"][0] in (2599, 2600)
    purpose = ("openssl", "verify", "-purpose", "sslserver", "-CAfile", host.pki / "ca.crt")
    subprocess.run([*purpose, host.pki / "issued/SERVER.crt"], check=True, capture_output=True)


def test_the_list_of_revoked_certificates_is_made_anew_each_night(host: VpnHost) -> None:
    """An ended one lets nobody in."""
    host.set_days(REVOCATION_LIST_DAYS=60)
    host.rotate()
    assert host.listed()["REVOCATIONS"][0] in (59, 60)
    published = host.directory / "server/crl.pem"
    assert published.read_bytes() == (host.pki / "crl.pem").read_bytes()
    assert published.stat().st_mode & 0o777 == 0o644


def test_the_first_end_is_published_for_the_alarms(host: VpnHost) -> None:
    """Under the alarms' names. Revoking the user is one way to end the first; the authority has its own."""
    host.set_days(USER_CERTIFICATE_DAYS=90)
    host.profile_of("alice")
    alarms = {each.name: each.inputs for each in program("prod").of_type(aws.cloudwatch.MetricAlarm)}
    published = host.published()
    for values, name in zip(published, ("certificates", "authority"), strict=True):
        alarm = alarms[f"monitoring-vpn-{name}"]
        assert (values["--namespace"], values["--metric-name"]) == (alarm["namespace"], alarm["metricName"])
        assert values["--dimensions"].partition("=")[0] == next(iter(alarm["dimensions"]))
        assert alarm["comparisonOperator"] == "LessThanThreshold"
    first, authority = published
    assert first["--value"] in ("89", "90")
    assert authority["--value"] in ("3649", "3650")
    assert host.revoke_user("alice").returncode == 0
    first, authority = host.published()
    assert first["--value"] in ("364", "365")
    assert authority["--value"] in ("3649", "3650")


def test_users_made_at_once_do_not_collide(host: VpnHost) -> None:
    """Two people run create_user.sh in the same second: both get a certificate that the authority knows of."""
    users = ["alice", "bob", "carol"]
    running = [
        subprocess.Popen(
            [host.client_configs / "create_user.sh", user],
            env=host.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for user in users
    ]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    index = (host.pki / "index.txt").read_text()
    assert all(index.count(f"/CN={user}\n") == 1 for user in users)
    assert all(host.is_accepted(user) for user in users)


class Tunnel:
    """The server, a client of it on the internet, a host inside the network, and one elsewhere on the internet.

    Hosts answer a TCP connection with the address that it comes from.
    """

    def __init__(self, host: VpnHost, network: Network) -> None:
        self._network = network
        for machine in ("server", "client", "inside", "elsewhere"):
            network.add_machine(machine)
        network.connect("server", f"{SERVER_ADDRESS}/24", "client", "192.0.2.2/24")
        network.connect("server", f"{SERVER_INSIDE}/16", "inside", f"{INSIDE}/16")
        network.connect("server", "203.0.113.1/24", "elsewhere", f"{ELSEWHERE}/24")
        network.run("server", "sysctl", "-q", f"--load={host.root / 'etc/sysctl.d/60-openvpn.conf'}")
        network.run("server", "nft", "--file", str(host.directory / "masquerade.nft"))
        for machine in ("server", "inside", "elsewhere"):
            network.start(machine, sys.executable, "-c", WHO_ARE_YOU)
        self._command = (
            *("openvpn", "--cd", str(host.directory / "server"), "--config", "server.conf"),
            *("--management", str(host.console), "unix"),
        )
        self._server = network.start("server", *self._command)

    def apply(self, host: VpnHost, configuration: ServerConfiguration, staged: Path) -> None:
        """As the server does while it runs. Raises ``CalledProcessError`` when it refuses."""
        for file in configuration.files:
            path = staged / file.path.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content)
        script = str(host.root / "usr/local/sbin/apply_routes.sh")
        self._network.run("server", "env", f"OPENVPN_DIRECTORY={host.directory}", script, str(staged))

    def restart_server(self) -> None:
        """As systemd does. Its clients are told to connect again."""
        self._server.end()
        self._server = self._network.start("server", *self._command)

    def start_client(self, profile: Path) -> Program:
        return self._network.start("client", "openvpn", "--config", str(profile), "--connect-retry", "1", "1")

    def route_everything(self) -> None:
        """What a user does who wants more than the server offers."""
        self._network.run("client", "ip", "route", "replace", "default", "dev", "tun0")

    def seen_as(self, address: str) -> str | None:
        """Whom a host sees when the client connects to it; None without an answer."""
        answered = self._network.attempt("client", sys.executable, "-c", ASK, address)
        return answered.stdout.strip() if answered.returncode == 0 else None

    def comes_to(self, expected: str | None, address: str) -> bool:
        """Whether the client gets to be seen so, within a quarter of a minute."""
        return _soon(lambda: self.seen_as(address) == expected)

    def refuses_a_certificate(self, why: str = "certificate revoked") -> bool:
        """Whether the server turns a client away, within a quarter of a minute."""
        return _soon(lambda: why in self._server.said)


def _soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 15
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def tunnel(host: VpnHost) -> Iterator[Tunnel]:
    """A running server."""
    require("ip", "nft", "socat", "sysctl")
    require_namespaces()
    with Network() as network:
        yield Tunnel(host, network)


def test_a_client_reaches_the_network_as_the_server(host: VpnHost, tunnel: Tunnel) -> None:
    """Hosts inside see the server's own address, so that its security group is what they admit."""
    tunnel.start_client(host.profile_of("alice"))
    assert tunnel.comes_to(SERVER_INSIDE, INSIDE)


def test_a_new_route_cuts_nobody(host: VpnHost, tunnel: Tunnel, tmp_path: Path) -> None:
    """It is let through at once. Who connects after that gets it, and who is connected goes on with what there was."""
    profile = host.profile_of("alice")
    connected = tunnel.start_client(profile)
    assert tunnel.comes_to(SERVER_INSIDE, INSIDE)
    more = configuration(replace(VPN, remote_cidrs=(*VPN.remote_cidrs, IPv4Network(f"{ELSEWHERE}/32"))))
    tunnel.apply(host, more, tmp_path)
    assert tunnel.seen_as(INSIDE) == SERVER_INSIDE
    assert tunnel.seen_as(ELSEWHERE) is None
    assert connected.said.count("Initialization Sequence Completed") == 1
    connected.end()
    assert tunnel.comes_to(None, INSIDE)
    tunnel.start_client(profile)
    assert tunnel.comes_to("203.0.113.1", ELSEWHERE)


@pytest.mark.parametrize("wrong", ["clients/DEFAULT", "masquerade.nft"])
def test_wrong_routes_change_nothing(host: VpnHost, tunnel: Tunnel, tmp_path: Path, wrong: str) -> None:
    """Neither what clients get nor what is let through, when one of the two is wrong."""
    tunnel.start_client(host.profile_of("alice"))
    assert tunnel.comes_to(SERVER_INSIDE, INSIDE)
    names = ("clients/DEFAULT", "masquerade.nft")
    before = [(host.directory / name).read_text() for name in names]
    files = configuration(replace(VPN, remote_cidrs=())).files
    damaged = tuple(
        replace(file, content=f"{file.content}nonsense\n") if file.path.endswith(wrong) else file for file in files
    )
    with pytest.raises(subprocess.CalledProcessError):
        tunnel.apply(host, ServerConfiguration(files=damaged), tmp_path)
    assert [(host.directory / name).read_text() for name in names] == before
    assert tunnel.seen_as(INSIDE) == SERVER_INSIDE


def test_a_client_reaches_nothing_else(host: VpnHost, tunnel: Tunnel) -> None:
    """However it sets its routes: not the internet through the server, and no port of the server itself."""
    tunnel.start_client(host.profile_of("alice"))
    assert tunnel.comes_to(SERVER_INSIDE, INSIDE)
    tunnel.route_everything()
    assert tunnel.seen_as(ELSEWHERE) is None
    assert tunnel.seen_as("10.8.0.1") is None
    assert tunnel.seen_as(SERVER_INSIDE) is None
    assert tunnel.seen_as(INSIDE) == SERVER_INSIDE


def test_revoking_ends_the_connection_and_keeps_the_user_out(host: VpnHost, tunnel: Tunnel) -> None:
    """It takes no restart: the connection ends at once, and who keeps a copy of the profile is turned away."""
    profile = host.root / "copy.ovpn"
    shutil.copy(host.profile_of("alice"), profile)
    connected = tunnel.start_client(profile)
    assert tunnel.comes_to(SERVER_INSIDE, INSIDE)
    revoked = host.revoke_user("alice")
    assert revoked.returncode == 0, revoked.stderr
    assert tunnel.comes_to(None, INSIDE)
    connected.end()
    tunnel.start_client(profile)
    assert tunnel.refuses_a_certificate()
    assert tunnel.seen_as(INSIDE) is None


def test_a_client_stays_through_a_renewal_of_the_server_and_of_itself(host: VpnHost, tunnel: Tunnel) -> None:
    """The old profile connects again by itself to a server with a new certificate, and the new profile does too."""
    profile = host.root / "copy.ovpn"
    shutil.copy(host.profile_of("alice"), profile)
    connected = tunnel.start_client(profile)
    assert tunnel.comes_to(SERVER_INSIDE, INSIDE)
    host.set_days(SERVER_CERTIFICATE_DAYS=2600)
    assert host.rotate() == ["try-restart openvpn-server@server"]
    tunnel.restart_server()
    assert tunnel.comes_to(SERVER_INSIDE, INSIDE)
    connected.end()
    assert tunnel.comes_to(None, INSIDE)
    renewed = host.renew_user("alice")
    assert renewed.returncode == 0, renewed.stderr
    tunnel.start_client(Path(renewed.stdout.strip()))
    assert tunnel.comes_to(SERVER_INSIDE, INSIDE)


@pytest.mark.long
def test_a_new_authority_takes_the_place_of_the_old_one_under_its_users(host: VpnHost, tunnel: Tunnel) -> None:
    """Nobody is shut out before they have a new profile: old and new ones are accepted until the end, and revoked users
    of both are not. Then the old ones stop working."""

    def kept(profile: Path, name: str) -> Path:
        return Path(shutil.copy(profile, host.root / f"{name}.ovpn"))

    def authorities_in(profile: Path) -> int:
        return profile.read_text().partition("</ca>")[0].count("BEGIN CERTIFICATE")

    @contextmanager
    def connected(profile: Path) -> Iterator[None]:
        client = tunnel.start_client(profile)
        assert tunnel.comes_to(SERVER_INSIDE, INSIDE), client.said
        yield
        client.end()
        assert tunnel.comes_to(None, INSIDE)

    assert host.renew_authority("end").returncode == 1
    old = {user: kept(host.profile_of(user), user) for user in ("alice", "bob")}
    old_end = host.listed()["AUTHORITY"][0]
    host.set_days(AUTHORITY_DAYS=5000)
    begun = host.renew_authority("begin")
    assert begun.returncode == 0, begun.stderr
    again = host.renew_authority("begin")
    assert (again.returncode, "has begun already" in again.stderr) == (1, True)
    tunnel.restart_server()

    # Each user and each authority is listed once, and the first of all ends is published.
    assert host.listed("old").keys() == {"alice", "bob", "SERVER", "AUTHORITY", "REVOCATIONS"}
    assert host.listed("old")["AUTHORITY"][0] == old_end
    assert host.listed().keys() == {"SERVER", "AUTHORITY", "REVOCATIONS"}
    assert host.listed()["AUTHORITY"][0] in (4999, 5000)
    host.set_days(REVOCATION_LIST_DAYS=60)
    host.rotate()
    first, authority = host.published()
    assert first["--value"] in ("59", "60")
    assert authority["--value"] == str(old_end)

    # A boot in this time, and one that stopped between the two steps of the beginning.
    host.pki.rename(host.pki.with_name("pki.next"))
    host.prepare()
    assert host.create_user("bob").returncode == 1
    new = host.profile_of("carol")
    assert authorities_in(new) == 2
    with connected(old["alice"]):
        pass
    with connected(new):
        pass

    # The lists of both authorities count.
    dave = kept(host.profile_of("dave"), "dave")
    for user, profile in (("bob", old["bob"]), ("dave", dave)):
        assert host.revoke_user(user).returncode == 0
        tunnel.restart_server()
        client = tunnel.start_client(profile)
        assert tunnel.refuses_a_certificate(), user
        client.end()

    too_early = host.renew_authority("end")
    assert (too_early.returncode, too_early.stderr) == (1, "renew or revoke first, each of: alice\n")
    renewed = host.renew_user("alice")
    assert renewed.returncode == 0, renewed.stderr
    assert "alice" in host.listed()
    with connected(old["alice"]):
        pass
    profile = Path(renewed.stdout.strip())
    with connected(profile):
        pass

    ended = host.renew_authority("end")
    assert ended.returncode == 0, ended.stderr
    assert host.listed("old") == {}
    assert not host.pki.with_name("old-pki").exists()
    tunnel.restart_server()
    for each in (profile, new):
        with connected(each):
            pass
    tunnel.start_client(old["alice"])
    assert not tunnel.comes_to(SERVER_INSIDE, INSIDE)
    assert authorities_in(host.profile_of("erin")) == 1


@pytest.mark.parametrize("arguments", [(), ("stop",), ("begin", "end")], ids=repr)
def test_the_authority_is_renewed_in_words(first_boot: VpnHost, arguments: tuple[str, ...]) -> None:
    before = first_boot.files()
    refused = first_boot.renew_authority(*arguments)
    assert (refused.returncode, refused.stderr) == (2, "usage: renew_authority.sh begin | end\n")
    assert first_boot.files() == before
