"""The network of the hosts, with databases, caches and shares on it: real dnsmasq, MariaDB, Redis and mounts."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.hosts import shares
from sandbox.hosts.authority import Authority
from sandbox.hosts.caches import Caches
from sandbox.hosts.databases import Databases
from sandbox.hosts.network import Network
from sandbox.hosts.programs import ProgramError, Programs
from sandbox.hosts.server import UnknownHostError
from sandbox.hosts.state_document import Cache, Database, FileServer
from sandbox.tests.hosts.surroundings import answers, eventually, network, require, run

HOST = "10.0.101.10"


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    """One that the users of the servers may enter, which pytest's are not."""
    require("mariadbd", "redis-server", "mariadb", "redis-cli")
    path = Path(tempfile.mkdtemp(prefix="hosts-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def net(directory: Path) -> Iterator[Network]:
    with network(directory) as made:
        yield made


@pytest.fixture(scope="module")
def host(net: Network) -> str:
    return net.join("i-1", HOST)


@pytest.fixture(scope="module")
def authority(directory: Path) -> Authority:
    return Authority(directory / "authority")


def test_hosts_reach_each_other_by_their_own_addresses(net: Network, host: str, directory: Path) -> None:
    """Whatever subnet they are in; and a host that left can come again."""
    ask = ("curl", "-so", "/dev/null", "--write-out", "%{http_code} %{local_ip}", "http://10.7.102.20/")
    for _ in range(2):
        other = net.join("i-2", "10.7.102.20")
        server = Programs().start(
            *("python3", "-m", "http.server", "--bind", "10.7.102.20", "80"), log=directory / "log", namespace=other
        )
        eventually(lambda: answers(host, *ask) == f"200 {HOST}")
        server.stop()
        net.leave("i-2")


def test_a_host_that_joins_cuts_no_other_off(net: Network, host: str) -> None:
    """A bridge takes the lowest of its cables' addresses, unless it has its own; hosts keep the old one a minute."""
    before = bridge_address(net)
    names = [f"i-{number}" for number in range(3, 11)]
    for number, name in enumerate(names):
        net.join(name, f"10.7.103.{number + 1}")
    after = bridge_address(net)
    for name in names:
        net.leave(name)
    assert after == before


def bridge_address(net: Network) -> str:
    shown = run(net.namespace, "ip", "-o", "link", "show", "vpc")
    return shown.split("link/ether ")[1].split()[0]


def test_names_follow_the_state(net: Network, host: str) -> None:
    net.publish({"nfs.internal": ["10.0.1.5"], "cache.internal": ["10.0.1.6"]})
    assert resolve(host, "nfs.internal") == "10.0.1.5"
    net.publish({"nfs.internal": ["10.0.1.7"]})
    assert resolve(host, "nfs.internal") == "10.0.1.7"
    assert resolve(host, "cache.internal") == ""


def test_names_that_come_at_once_do_not_end_the_dns_server(directory: Path) -> None:
    """It is told by a signal, which ends a program that has not begun to listen for it."""
    with network(directory / "at once") as made:
        made.publish({"nfs.internal": ["10.0.1.5"]})
        assert resolve(made.namespace, "nfs.internal") == "10.0.1.5"


def test_a_dns_server_that_ended_is_named(directory: Path) -> None:
    with network(directory / "ended") as made:
        run(made.namespace, "pkill", "--signal", "KILL", "--full", f"^dnsmasq .*{directory}/ended/network/names")
        with pytest.raises(ProgramError, match="dnsmasq ended with -9"):
            eventually(lambda: made.publish({}))


def resolve(host: str, name: str) -> str:
    """The address that the network's DNS server gives."""
    # A DNS question by hand would test less than a program does; busybox and dig are not everywhere.
    code = (
        "import socket, struct, sys\n"
        "name = b''.join(bytes([len(p)]) + p for p in sys.argv[1].encode().split(b'.')) + b'\\0'\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5)\n"
        "s.sendto(struct.pack('>6H', 7, 256, 1, 0, 0, 0) + name + struct.pack('>2H', 1, 1), ('169.254.169.253', 53))\n"
        "a = s.recv(512); print(socket.inet_ntoa(a[-4:]) if struct.unpack('>H', a[6:8])[0] else '')\n"
    )
    return run(host, "python3", "-c", code, name).strip()


def database(**changes: object) -> Database:
    settings: dict[str, object] = {
        "Identifier": "shop",
        "Host": "shop.rds.amazonaws.com",
        "Port": 3306,
        "EngineVersion": "8.4.5",
        "MasterUser": "magento",
        "MasterPassword": "it's a \\ secret",
        "DatabaseName": "magento",
        "Parameters": {
            "require_secure_transport": "1",
            "long_query_time": "2.5",
            "innodb_dedicated_server": "1",
            "collation_server": "utf8mb4_0900_ai_ci",
        },
    }
    return Database.of({**settings, **changes})


def sql(host: str, net: Network, statement: str, password: str = "it's a \\ secret", *options: str) -> str:
    """What the master user is answered over the network; empty when refused."""
    address = net.service_address("shop.rds.amazonaws.com")
    return answers(
        host,
        *("mariadb", "--no-defaults", "-h", address, "-u", "magento", f"-p{password}", "-N", *options, "magento"),
        *("-e", statement),
    ).strip()


def test_a_database(net: Network, host: str, directory: Path, authority: Authority) -> None:
    databases = Databases(directory / "databases", Programs(), net, authority)
    trusting = f"--ssl-ca={authority.certificate}"
    secure = (trusting, "--ssl")
    try:
        databases.follow([database()], set())
        assert sql(host, net, "SELECT VERSION()", "it's a \\ secret", *secure) == "8.4.5-MariaDB"
        assert sql(host, net, "SELECT @@long_query_time", "it's a \\ secret", *secure) == "2.500000"
        assert sql(host, net, "SELECT 1", "wrong", *secure) == ""
        # Without encryption it lets nobody in.
        assert sql(host, net, "SELECT 1", "it's a \\ secret", "--skip-ssl") == ""
        sql(host, net, "CREATE TABLE orders (id INT); INSERT INTO orders VALUES (7)", "it's a \\ secret", *secure)

        databases.follow([database(MasterPassword="another", Parameters={})], set())
        assert sql(host, net, "SELECT @@require_secure_transport", "another", "--skip-ssl") == "0"
        databases.stop()
        databases.follow([database()], set())
        assert sql(host, net, "SELECT id FROM orders", "it's a \\ secret", *secure) == "7"

        # A reboot is a new server with the same data.
        [pid] = (directory / "databases").rglob("pid")
        before = pid.read_text()
        databases.follow([database(Restarts=1)], set())
        assert pid.read_text() != before
        assert sql(host, net, "SELECT id FROM orders", "it's a \\ secret", *secure) == "7"
        databases.follow([], set())
        assert not list((directory / "databases").iterdir())
    finally:
        databases.stop()


def test_a_database_comes_back_from_its_copy(net: Network, host: str, directory: Path, authority: Authority) -> None:
    """It has what was there when it was copied. What comes later is not in it, and copies end with their snapshots."""
    databases = Databases(directory / "copied", Programs(), net, authority)
    secure = (f"--ssl-ca={authority.certificate}", "--ssl")
    restored = database(Identifier="copy", RestoredFrom="before")
    try:
        databases.follow([database()], {"before"})
        orders = "CREATE TABLE orders (id INT, label VARCHAR(20)); INSERT INTO orders VALUES (7, 'ça \\'\"')"
        sql(host, net, orders, "it's a \\ secret", *secure)
        databases.copy("shop.rds.amazonaws.com", "before")
        sql(host, net, "INSERT INTO orders VALUES (8, 'later')", "it's a \\ secret", *secure)
        databases.follow([], {"before"})
        databases.follow([restored], {"before"})
        assert sql(host, net, "SELECT * FROM orders", "it's a \\ secret", *secure) == "7\tça '\""
        # It was made once: what is changed afterwards stays.
        sql(host, net, "DELETE FROM orders", "it's a \\ secret", *secure)
        databases.stop()
        databases.follow([restored], {"before"})
        assert sql(host, net, "SELECT * FROM orders", "it's a \\ secret", *secure) == ""
        with pytest.raises(UnknownHostError):
            databases.copy("other.rds.amazonaws.com", "before")
        databases.follow([restored], set())
        assert not list((directory / "copied" / "copies").iterdir())
    finally:
        databases.stop()


def cache(**changes: object) -> Cache:
    settings: dict[str, object] = {
        "ReplicationGroupId": "shop",
        "Host": "master.shop.cache.amazonaws.com",
        "ReaderHost": "replica.shop.cache.amazonaws.com",
        "Port": 6379,
        "AuthToken": "a-token",
        "TransitEncryption": True,
        "Parameters": {"maxmemory-policy": "volatile-lru", "cluster-enabled": "no", "unknown": "1"},
    }
    return Cache.of({**settings, **changes})


def run_id(ask: Callable[..., str]) -> str:
    """What a Redis server calls itself: another at each start."""
    lines = ask("rotated", "INFO", "server").splitlines()
    return next(line for line in lines if line.startswith("run_id:"))


def test_a_cache(net: Network, host: str, directory: Path, authority: Authority) -> None:
    caches = Caches(directory / "caches", Programs(), net, authority)
    address = net.service_address("master.shop.cache.amazonaws.com")

    def ask(token: str, *command: str, encrypted: bool = True) -> str:
        options = ("--tls", "--cacert", str(authority.certificate), "--sni", "master.shop.cache.amazonaws.com")
        return answers(
            host,
            *("timeout", "5", "env", f"REDISCLI_AUTH={token}", "redis-cli", "-h", address),
            *(options if encrypted else ()),
            *command,
        ).strip()

    try:
        caches.follow([cache()])
        assert ask("a-token", "SET", "session", "7") == "OK"
        assert ask("a-token", "CONFIG", "GET", "maxmemory-policy").split() == ["maxmemory-policy", "volatile-lru"]
        assert "OK" not in ask("a-token", "SET", "session", "8", encrypted=False)
        assert "NOAUTH" in ask("wrong", "GET", "session")
        caches.follow([cache(AuthToken="rotated", Parameters={"maxmemory-policy": "noeviction"})])
        assert ask("rotated", "GET", "session") == "7"
        assert ask("rotated", "CONFIG", "GET", "maxmemory-policy").split()[1] == "noeviction"
        # A failover is a new server with the same data. What it was started with is not kept for the next start.
        server = run_id(ask)
        caches.follow([cache(AuthToken="rotated", Failovers=1)])
        assert run_id(ask) != server
        assert ask("rotated", "GET", "session") == "7"
        assert not list((directory / "caches").rglob("dump.rdb"))
        caches.follow([])
        assert ask("rotated", "PING") == ""
    finally:
        caches.stop()


def test_a_share(net: Network, directory: Path) -> None:
    """Two hosts with mount namespaces of their own see one file, under the file server's name."""
    if os.geteuid() != 0:
        pytest.skip("mounts need root")
    script = directory / "share.py"
    script.write_text(_SHARE)
    mount_nfs4 = Path(shares.__file__).parent / "image_files/usr/sbin/mount.nfs4"
    ran = subprocess.run(
        ["unshare", "--mount", "python3", script, directory / "shares", mount_nfs4],
        env={**os.environ, "PYTHONPATH": str(Path(shares.__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [
        "nfs.internal:/srv/media nosuid",
        "from the first",
        "32 mounting nfs.internal:/srv/secret failed, reason given by server: No such file or directory",
        "32 Failed to resolve server nowhere.internal: Name or service not known",
        "from the first",
    ]


_SHARE = """
import pathlib, shlex, subprocess, sys, tempfile
from sandbox.hosts.shares import IN_HOSTS, Shares
from sandbox.hosts.state_document import FileServer

directory, mount = map(pathlib.Path, sys.argv[1:])
hosts = pathlib.Path(tempfile.mkdtemp()) / "hosts"
hosts.write_text("10.0.1.5 nfs.internal\\n")
made = Shares(directory)
made.start()
inside = '''
mkdir -p {0} /run/share; mount --rbind {1} {0}; mount --make-rslave {0}; mount --bind {2} /etc/hosts
{3}
'''

def host(script):
    ready = "mount -t tmpfs tmpfs /run\\n"
    text = ready + inside.format(IN_HOSTS, made.mounts, hosts, script.replace("mount.nfs4", shlex.quote(str(mount))))
    command = ["unshare", "--mount", "--propagation=slave", "bash", "-c", text]
    return subprocess.Popen(command, stdin=subprocess.PIPE, text=True)

def done(process):
    process.communicate("")
    assert process.returncode == 0

first = host('''read -r; mount.nfs4 nfs.internal:/srv/media /run/share -o nfsvers=4.2,hard,nosuid,_netdev
echo "$(findmnt -n -o SOURCE --mountpoint /run/share) $(findmnt -n -o OPTIONS /run/share | grep -o nosuid)"
echo from the first > /run/share/file''')
# The volume comes while the host runs.
server = FileServer(address="10.0.1.5", volumes={"media": "vol-1"})
made.follow([server], {"10.0.1.5": "nfs.internal"})
first.communicate("go\\n")
assert first.returncode == 0
sys.stdout.flush()
done(host("mount.nfs4 nfs.internal:/srv/media /run/share; cat /run/share/file"))
wrong = '''code=0; said=$(mount.nfs4 %s /run/share 2>&1) || code=$?; echo "$code ${said#*: }"'''
done(host(wrong % "nfs.internal:/srv/secret"))
done(host(wrong % "nowhere.internal:/srv/media"))
made.stop()
again = Shares(directory)
again.start()
again.follow([server], {})
print((again.mounts / "10.0.1.5/media/file").read_text().strip())
again.stop()
"""


def test_a_share_has_the_name_of_its_volume_without_the_servers() -> None:
    volumes = [{"VolumeId": "vol-1", "Name": None}, {"VolumeId": "vol-2", "Name": "prod-files-media"}]
    server = FileServer.of({"PrivateIpAddress": "10.0.1.5", "Name": "prod-files", "Volumes": volumes})
    assert server.volumes == {"media": "vol-2"}
