"""A MariaDB and a Redis of the tests' own, on loopback, both with TLS; and PHP's server for one application."""

from __future__ import annotations

import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from sandbox.tests.certificates import self_signed

PROGRAMS = ("php", "mariadbd", "mariadb-install-db", "mariadb", "redis-server", "redis-cli")
EXTENSIONS = ("pdo_mysql", "redis", "gd", "SimpleXML")
SEARCHED = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
ROUTER = Path(__file__).with_name("router.php")
TOKEN = "a-token-of-the-tests"


def unavailable(reason: str) -> NoReturn:
    """Skip the test; in CI it fails, because a skipped one would not be noticed there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def require_programs() -> None:
    missing = [program for program in PROGRAMS if shutil.which(program, path=SEARCHED) is None]
    if not missing:
        loaded = subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout.split()
        missing = [f"PHP's {extension}" for extension in EXTENSIONS if extension not in loaded]
    if missing:
        unavailable(f"{', '.join(missing)} not installed: run tests/servers/install.sh")


def free_port() -> int:
    """A port of 127.0.0.1 for TCP and UDP, below those from 32768 that Linux gives to outgoing connections: one of
    these could take it before the server has it. Each of pytest's processes has a range of its own for the same reason:
    MariaDB listens seconds after its port was chosen."""
    first = 10_000 + 1_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = random.randrange(first, first + 1_000)
        with suppress(OSError), socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
            return port


def until(ready: Callable[[], object], process: subprocess.Popen[bytes], what: str, *logs: Path) -> None:
    """Wait for a server to answer, for at most a minute. If it does not, the failure says what its logs have."""
    deadline = time.monotonic() + 60
    while not ready():
        said = "".join(f"\n{log.read_text()}" for log in logs if log.exists())
        assert process.poll() is None, f"{what} ended with {process.returncode}{said}"
        assert time.monotonic() < deadline, f"{what} did not answer in 60 seconds{said}"
        time.sleep(0.02)


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(command: list[str], log: Path, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [shutil.which(command[0], path=SEARCHED) or command[0], *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(env or {})},
            # PHP's server does not end its workers, and they would outlive the test.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Where the database and Redis answer. Both have the certificate `ca`, for the address 127.0.0.1."""

    database_port: int
    socket: Path
    redis_port: int
    """With TLS and a token."""
    redis_plain_port: int
    """With a token, and without TLS: what a TLS client on the host itself offers."""
    ca: Path

    @property
    def trust(self) -> dict[str, str]:
        """OpenSSL's variable for the certificates that it trusts."""
        return {"SSL_CERT_FILE": str(self.ca)}

    def sql(self, statement: str, database: str = "") -> str:
        """What a statement answers, columns separated by tabs."""
        done = subprocess.run(
            [
                "mariadb",
                "--no-defaults",
                f"--socket={self.socket}",
                "-uroot",
                "-N",
                "-B",
                "-e",
                statement,
                *([database] if database else []),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def redis(self, *command: str, database: int = 0) -> str:
        words = f"redis-cli -h 127.0.0.1 -p {self.redis_port} --tls --cacert {self.ca} --no-auth-warning -a {TOKEN}"
        done = subprocess.run(
            [*words.split(), "-n", str(database), *command], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


def new_database(directory: Path, *options: str) -> list[str]:
    """Make an empty MariaDB in ``directory``, with options of ``mariadb-install-db``. Returns its server's command."""
    temporary = directory / "temporary"
    temporary.mkdir()
    # A server that starts removes all temporary tables of the directory for them, those of other running servers too.
    own = ("--no-defaults", f"--datadir={directory}/data", f"--tmpdir={temporary}")
    as_user = ["--user=root"] if os.geteuid() == 0 else []
    done = subprocess.run(
        ["mariadb-install-db", *own, "--skip-test-db", *as_user, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return ["mariadbd", *own, *as_user]


@contextmanager
def stores(directory: Path) -> Iterator[Stores]:
    pair = self_signed("127.0.0.1")
    ca, key = directory / "certificate.crt", directory / "certificate-key"
    ca.write_text(pair.certificate)
    key.write_text(pair.private_key)
    made = Stores(
        database_port=free_port(),
        socket=directory / "db.sock",
        redis_port=free_port(),
        redis_plain_port=free_port(),
        ca=ca,
    )
    database = [
        *new_database(directory, "--auth-root-authentication-method=normal"),
        *(f"--socket={made.socket}", f"--pid-file={directory}/db.pid", f"--ssl-cert={ca}", f"--ssl-key={key}"),
        *("--bind-address=127.0.0.1", f"--port={made.database_port}"),
        *("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--performance-schema=OFF"),
    ]
    redis = (
        f"redis-server --bind 127.0.0.1 --port {made.redis_plain_port} --tls-port {made.redis_port}"
        f" --requirepass {TOKEN} --dir {directory}"
        f" --tls-cert-file {ca} --tls-key-file {key} --tls-ca-cert-file {ca} --tls-auth-clients no --appendonly no"
    ).split()
    with running(database, directory / "db.log") as db, running(redis, directory / "redis.log") as cache:
        until(made.socket.exists, db, "MariaDB")
        until(lambda: listens(made.redis_port), cache, "Redis")
        made.sql(
            "CREATE USER 'shop'@'%' IDENTIFIED BY 'secret' REQUIRE SSL; GRANT ALL ON *.* TO 'shop'@'%';"
            " CREATE USER 'plain'@'%' IDENTIFIED BY 'secret'; GRANT ALL ON *.* TO 'plain'@'%'"
        )
        yield made


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str


class Browser:
    """Asks one server, and keeps cookies."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, form: str) -> Answer:
        return self.ask("POST", path, form, {"Content-Type": "application/x-www-form-urlencoded"})

    def ask(self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, body, {**({"Cookie": cookie} if cookie else {}), **(headers or {})})
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        for text in response.headers.get_all("Set-Cookie", []):
            name, _, value = text.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=content.decode("utf-8", "replace"),
        )


@contextmanager
def php_server(
    directory: Path,
    document_root: str,
    stores_: Stores,
    router: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Browser]:
    """PHP's own server with two workers, which trusts the stores' certificate as a host trusts Amazon's."""
    port = free_port()
    root = directory / document_root
    command = ["php", "-S", f"127.0.0.1:{port}", "-t", str(root)]
    # A front controller that routes static files itself is its own router.
    command.append(str(router or root / "index.php"))
    workers = {"PHP_CLI_SERVER_WORKERS": "2", **stores_.trust, **(env or {})}
    log = directory.parent / "php.log"
    started = f"(http://127.0.0.1:{port}) started"
    with running(command, log, workers) as process:
        # Whoever answers on the port may be another test's server that was given the same one. The log is PHP's own.
        until(lambda: started in log.read_text(), process, "PHP")
        try:
            yield Browser(port)
        except OSError as failure:
            raise AssertionError(f"PHP: got {failure!r}, expected an answer; its log:\n{log.read_text()}") from failure
