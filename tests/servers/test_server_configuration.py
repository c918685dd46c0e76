"""What a booted server applies while it runs, with connections and sessions that are open meanwhile: the gateway's
forwards, the networks that VPN clients reach, and phpMyAdmin's databases."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from components.servers.cloud_init import BootFile
from components.servers.gateway_proxy import boot as gateway
from components.servers.gateway_proxy import configuration
from components.servers.open_vpn_server import configuration as routes
from components.servers.php_my_admin_server import configuration as databases
from components.servers.server_configuration import ServerConfiguration
from sandbox.tests.applications.servers import new_database
from settings.forwards import ForwardSettings
from tests.servers.debian_machine import RELEASES, Base, Machine, boot
from tests.servers.long_connections import ALL_ANSWER, CONNECTIONS, ECHOED, WEB_PAGE, holding
from tests.servers.namespaces import Network, require_namespaces
from tests.servers.programs import require
from tests.servers.server_boots import BOOTS, PARAMETER, VPN
from tests.servers.test_outages import INSIDE, KNOCK, SERVER, Site, happened, until
from tests.servers.test_outages import RDP as RDP_PORT

pytestmark = pytest.mark.long

TARGET = "10.99.0.1"
OUTCOME = "/var/lib/boot-platform/configuration/outcome"
# Says back what it hears, at two ports of another address: the machine stands for the servers behind it too.
ECHO = f"""
import asyncio
async def echo(reader, writer):
    while data := await reader.read(64):
        writer.write(data)
async def main():
    servers = [await asyncio.start_server(echo, "{TARGET}", port) for port in (3389, 445)]
    await asyncio.gather(*(server.serve_forever() for server in servers))
asyncio.run(main())
"""
# Keeps connections busy until it is told to end, and says how many of them answered to the last.
HOLD = f"""
import asyncio, sys
alive = 0
async def hold(ended):
    global alive
    reader, writer = await asyncio.open_connection("127.0.0.1", 13389)
    while True:
        last = ended.is_set()
        writer.write(b"x")
        if await asyncio.wait_for(reader.read(1), 10) != b"x":
            return
        if last:
            alive += 1
            return
        await asyncio.sleep(0.2)
async def main():
    ended = asyncio.Event()
    held = [asyncio.create_task(hold(ended)) for _ in range({CONNECTIONS})]
    await asyncio.sleep(2)
    print("held", sum(not each.done() for each in held), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    ended.set()
    await asyncio.gather(*held, return_exceptions=True)
    print("alive", alive, flush=True)
asyncio.run(main())
"""


def forward(name: str, port: int, target_port: int) -> ForwardSettings:
    return ForwardSettings(name=name, ports=(port,), target=TARGET, target_port=target_port)


RDP, SMB = forward("windows-rdp", 13389, 3389), forward("windows-smb", 10445, 445)
WRONG = ServerConfiguration(
    files=(BootFile(path="/etc/haproxy/gateway.cfg", content="listen windows-rdp\n    bind :13389 nonsense\n"),)
)


@pytest.fixture(scope="module", params=RELEASES)
def machine(request: pytest.FixtureRequest, directory: Path, debian: Callable[[str], Base]) -> Iterator[Machine]:
    """A gateway that forwards remote desktop, and has been told to once."""
    user_data = replace(gateway(), parameter=PARAMETER).render()
    with boot(directory, (debian(request.param).root,), user_data, configuration((RDP,))) as machine:
        machine.run("ip", "address", "add", f"{TARGET}/32", "dev", "lo")
        (machine.root / "root/echo.py").write_text(ECHO)
        (machine.root / "root/hold.py").write_text(HOLD)
        machine.run("systemd-run", "--unit=echo", "python3", "/root/echo.py")
        assert machine.read(OUTCOME).split("\t")[::2][:2] == ["applied", "1"], machine.read(
            "/var/log/boot-platform.log"
        )
        wait_for_answer(machine, 13389)
        yield machine


@contextmanager
def connections(machine: Machine) -> Iterator[None]:
    """Many of them, busy for as long as the block takes. All must answer to its end."""
    command = [*machine.inside, "python3", "/root/hold.py"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdin is not None
        assert held.stdout is not None
        assert held.stdout.readline() == f"held {CONNECTIONS}\n"
        try:
            yield
        finally:
            held.stdin.write("\n")
            held.stdin.flush()
            said = held.stdout.readline()
    assert said == f"alive {CONNECTIONS}\n"


def answers(machine: Machine, port: int) -> bool:
    """Whether what lies behind a port of the gateway says back what it is told."""
    said = machine.attempt(
        "bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo hello >&3 && timeout 3 head --lines=1 <&3"
    )
    return said.stdout == "hello\n"


def wait_for_answer(machine: Machine, port: int) -> None:
    deadline = time.monotonic() + 20
    while not answers(machine, port):
        assert time.monotonic() < deadline, machine.run("journalctl", "--unit", "haproxy", "--no-pager")
        time.sleep(0.5)


def wait_for_outcome(machine: Machine, version: int) -> tuple[str, str, float]:
    """How that version went, why, and after how many seconds. The server is not told that there is one."""
    started = time.monotonic()
    while (outcome := machine.read(OUTCOME).rstrip("\n").split("\t"))[2] != str(version):
        assert time.monotonic() < started + 70, machine.run("journalctl", "--unit", "apply-configuration", "--no-pager")
        time.sleep(0.5)
    result, _, _, reason = outcome
    return result, reason, time.monotonic() - started


def tags(machine: Machine) -> list[str]:
    return [line for line in machine.read("/var/log/boot-statuses").splitlines() if '"Configuration"' in line]


def test_a_new_forward_is_served_within_a_minute_and_cuts_nobody(machine: Machine) -> None:
    assert not answers(machine, 10445)
    with connections(machine):
        machine.give(configuration((RDP, SMB)), version=2)
        result, reason, seconds = wait_for_outcome(machine, 2)
        assert (result, reason) == ("applied", "")
        assert seconds < 60
        wait_for_answer(machine, 10445)
    assert '"Value": "2 applied"' in tags(machine)[-1]


def test_a_wrong_configuration_changes_nothing(machine: Machine) -> None:
    """HAProxy's own words say why, on the server and in the instance's tag."""
    machine.give(configuration((RDP, SMB)), version=3)
    machine.run("apply-configuration")
    with connections(machine):
        machine.give(WRONG, version=4)
        machine.run("apply-configuration", "--if-new")
        result, reason, _ = wait_for_outcome(machine, 4)
        assert result == "refused"
        assert "unknown keyword 'nonsense'" in reason
        assert answers(machine, 13389)
        assert answers(machine, 10445)
    assert '"Value": "4 refused: ' in tags(machine)[-1]
    machine.run("publish-boot-status")
    assert machine.read("/var/log/metrics").splitlines()[-1].endswith("--value 0")


def test_what_cannot_be_bound_is_taken_back(machine: Machine) -> None:
    """``haproxy -c`` does not see that another program has the port. A reload does, and goes on as before."""
    machine.run("systemd-run", "--unit=taken", "python3", "-m", "http.server", "10446")
    machine.run("bash", "-c", "until (exec 3<>/dev/tcp/127.0.0.1/10446) 2>/dev/null; do sleep 0.2; done")
    machine.give(configuration((RDP,)), version=5)
    machine.run("apply-configuration")
    cannot_be_bound = configuration((RDP, SMB, forward("taken", 10446, 445)))
    file = machine.root / "etc/haproxy/gateway.cfg"
    served = file.read_text()
    with connections(machine):
        # As a run leaves it that is cut off: the next one does not take it for what was there before.
        file.write_text(cannot_be_bound.files[0].content)
        machine.give(cannot_be_bound, version=6)
        machine.run("apply-configuration", "--if-new")
        result, reason, _ = wait_for_outcome(machine, 6)
        assert (result, "10446" in reason) == ("refused", True), reason
        assert answers(machine, 13389)
        assert not answers(machine, 10445)
    assert file.read_text() == served
    machine.run("systemctl", "stop", "taken")


def test_a_boot_goes_on_with_what_was_applied_last(machine: Machine) -> None:
    """When the newest is refused, and when AWS cannot be reached. A newer one is applied as ever."""
    machine.give(configuration((RDP, SMB)), version=7)
    machine.run("apply-configuration")
    machine.give(WRONG, version=8)
    machine.run("boot-platform")
    assert machine.read(OUTCOME).startswith("refused\t")
    (machine.root / "srv/parameter").unlink()
    machine.run("boot-platform")
    assert machine.read("/var/lib/boot-platform/status").startswith("ready\t")
    assert answers(machine, 10445)
    machine.give(configuration((RDP,)), version=9)
    machine.run("apply-configuration", "--if-new")
    assert not answers(machine, 10445)
    machine.run("publish-boot-status")
    assert machine.read("/var/log/metrics").splitlines()[-1].endswith("--value 1")


@pytest.mark.parametrize("release", RELEASES)
def test_a_new_server_does_not_come_up_with_a_wrong_configuration(
    directory: Path, debian: Callable[[str], Base], release: str
) -> None:
    """There is none before it. It is ready once there is a right one, and it is told to boot again."""
    user_data = replace(gateway(), parameter=PARAMETER).render()
    with boot(directory, (debian(release).root,), user_data, WRONG) as machine:
        status, _, failed = machine.read("/var/lib/boot-platform/status").split("\t")
        assert (status, failed) == ("failed", "/usr/local/sbin/apply-configuration\n")
        machine.give(configuration((RDP,)), version=2)
        machine.run("boot-platform")
        assert machine.read("/var/lib/boot-platform/status").startswith("ready\t")


@pytest.fixture(params=RELEASES)
def site(request: pytest.FixtureRequest, directory: Path, debian: Callable[[str], Base]) -> Iterator[Site]:
    require("ip", "openvpn", "sysctl", "mariadbd", "mariadb-install-db", "openssl")
    require_namespaces()
    with Network() as network:
        yield Site(network, directory, debian(request.param))


def test_a_new_network_and_a_new_vpn_user_cut_nobody(site: Site, tmp_path: Path) -> None:
    """Connections through a tunnel that was there before go on, and a user made meanwhile reaches the new network."""
    commands, further = "/root/client-configs", "172.20.0.10"
    site.add_client("newcomer")
    site.add_inside(further)
    with site.server("vpn", BOOTS["openvpn"], routes(VPN)) as (machine, _):

        def profile_of(user: str) -> Path:
            profile = tmp_path / f"{user}.ovpn"
            profile.write_text(machine.run("cat", machine.run(f"{commands}/create_user.sh", user).strip()))
            return profile

        alice = site.connect_vpn(profile_of("alice"))
        until(lambda: "Initialization Sequence Completed" in alice.said, within=30)
        many = site.start_command("client", *holding(INSIDE, RDP_PORT, ECHOED))
        happened(many, ALL_ANSWER, within=30)
        more = replace(VPN, remote_cidrs=(*VPN.remote_cidrs, IPv4Network("172.20.0.0/24")))
        machine.give(routes(more), version=2)
        result, reason, seconds = wait_for_outcome(machine, 2)
        assert (result, reason) == ("applied", "")
        assert seconds < 60
        made = time.time()
        site.connect_vpn(profile_of("bob"), "newcomer")
        knocks = site.start("newcomer", KNOCK, further, RDP_PORT)
        assert happened(knocks, "answered", within=60) < made + 60
        happened(many, ALL_ANSWER, after=time.time(), within=10)
        assert alice.said.count("Initialization Sequence Completed") == 1


# Logs in to the first database, and says over and over whether phpMyAdmin still takes the session.
WORK = """
import http.cookiejar, re, sys, time, urllib.parse, urllib.request
address = f"http://{sys.argv[1]}/index.php"
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
def page(path="", form=None):
    with browser.open(address + path, urllib.parse.urlencode(form).encode() if form else None, timeout=10) as answer:
        return answer.read().decode()
fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page()))
page("?route=/", {**fields, "pma_username": "people", "pma_password": "correct-horse", "server": "1"})
while True:
    seen = page("?route=/server/databases&server=1")
    print(time.time(), "logged in" if "kept-here" in seen and "pma_username" not in seen else "out", flush=True)
    time.sleep(0.5)
"""
# Whether the login page offers a database.
LOOK = """
import sys, time, urllib.request
while True:
    try:
        with urllib.request.urlopen(f"http://{sys.argv[1]}/", timeout=5) as page:
            print(time.time(), "offered" if sys.argv[2] in page.read().decode() else "missing", flush=True)
    except OSError:
        pass
    time.sleep(0.5)
"""
HOSTS = {name: f"{name}.c1.eu-west-3.rds.amazonaws.com" for name in ("shared", "reports")}


def start_database(site: Site, directory: Path) -> str:
    """A MariaDB on the host inside, with the first host's name and only TLS. Returns its authority's certificate."""
    for command in (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout authority.key -out authority.pem",
        f"req -newkey rsa:2048 -nodes -subj /CN={HOSTS['shared']} -keyout server.key -out server.csr",
        "x509 -req -days 2 -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -out server.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=directory, check=True, capture_output=True)
    (directory / "init.sql").write_text(
        "CREATE DATABASE `kept-here`;\nCREATE USER people@'%' IDENTIFIED BY 'correct-horse';\n"
        "GRANT ALL ON *.* TO people@'%';\n"
    )
    site.start_command(
        "inside",
        *(*new_database(directory), f"--socket={directory}/socket"),
        *(f"--bind-address={INSIDE}", "--skip-name-resolve", "--port=3306", f"--init-file={directory}/init.sql"),
        *(f"--ssl-cert={directory}/server.pem", f"--ssl-key={directory}/server.key", "--require-secure-transport=ON"),
    )
    return (directory / "authority.pem").read_text()


def test_a_new_database_logs_nobody_out_of_phpmyadmin(site: Site, tmp_path: Path) -> None:
    """And cuts no connection: browsers keep theirs open."""
    authority = start_database(site, tmp_path)
    with site.server("phpmyadmin", BOOTS["phpmyadmin"], databases({"shared": HOSTS["shared"]})) as (machine, _):
        for path, line in (
            ("etc/hosts", f"{INSIDE} {HOSTS['shared']}\n"),
            ("etc/ssl/rds-global-bundle.pem", authority),
        ):
            with (machine.root / path).open("a") as file:
                file.write(line)
        person, login = site.start("client", WORK, SERVER), site.start("client", LOOK, SERVER, "reports")
        many = site.start_command("client", *holding(SERVER, 80, WEB_PAGE))
        happened(person, "logged in", within=30)
        happened(login, "missing", within=10)
        happened(many, ALL_ANSWER, within=30)
        given = time.time()
        machine.give(databases(HOSTS), version=2)
        result, reason, _ = wait_for_outcome(machine, 2)
        assert (result, reason) == ("applied", "")
        assert happened(login, "offered", within=20) < given + 60
        for program, what in ((person, "logged in"), (many, ALL_ANSWER)):
            happened(program, what, after=time.time(), within=10)
        assert " out" not in person.said
