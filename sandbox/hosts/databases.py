"""The RDS instances: a MariaDB server for each, at its endpoint, with its master user, parameters and TLS.

MariaDB 10.11 is not MySQL 8.4: a parameter that it does not know is left out, and said in the log. It calls itself by
the instance's version, because applications ask for it. What is in a database stays when the fleet is started again.
A snapshot has what was in the database, as statements of SQL.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sandbox.hosts.authority import Authority
from sandbox.hosts.network import Network
from sandbox.hosts.programs import ProgramError, Programs, RunningProgram
from sandbox.hosts.server import UnknownHostError
from sandbox.hosts.state_document import Database

_START_SECONDS = 60.0
_COPIES = "copies"
_SYSTEM = "'mysql', 'sys', 'information_schema', 'performance_schema'"
"""Databases that every server has, and RDS's master user may not copy."""
_SETTINGS = (
    "--skip-name-resolve",
    "--character-set-server=utf8mb4",
    # Small: three of them run beside ten hosts. A crash of this computer may lose the last second.
    "--innodb-buffer-pool-size=48M",
    "--innodb-log-file-size=32M",
    "--innodb-flush-log-at-trx-commit=2",
    "--key-buffer-size=1M",
    "--max-connections=300",
    "--performance-schema=OFF",
)


class Databases:
    """Runs the databases of the state. The user ``mysql`` must be able to enter ``directory``, where they are kept."""

    def __init__(self, directory: Path, programs: Programs, network: Network, authority: Authority) -> None:
        self._directory = directory
        self._programs = programs
        self._network = network
        self._authority = authority
        self._servers: dict[str, Server] = {}

    def follow(self, databases: Sequence[Database], snapshots: Set[str]) -> None:
        """Start, change and remove servers until there are these, and remove copies of other snapshots.

        Returns when all servers answer. Raises ``ProgramError`` for the first that does not.
        """
        wanted = {_name(database.host): database for database in databases}
        for name in self._servers.keys() - wanted.keys():
            self._servers.pop(name).stop()
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o755)
        for path in self._directory.iterdir():
            if path.name not in (*wanted, _COPIES):
                shutil.rmtree(path)
        self._remove_copies(snapshots)
        for name in wanted.keys() - self._servers.keys():
            self._servers[name] = Server(
                self._directory / name, self._copy, self._programs, self._network, self._authority
            )
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda name: self._servers[name].follow(wanted[name]), wanted))

    def copy(self, host: str, snapshot: str) -> None:
        """Copy what is in a database for a snapshot, while others use it.

        Raises ``UnknownHostError`` for a database that has no server, or none yet.
        """
        found = self._servers.get(_name(host))
        if found is None:
            raise UnknownHostError(f"{host} has no server")
        copy = self._copy(snapshot)
        copy.parent.mkdir(parents=True, exist_ok=True)
        found.copy_to(copy)

    def stop(self) -> None:
        for server in self._servers.values():
            server.stop()
        self._servers.clear()

    def _copy(self, snapshot: str) -> Path:
        return self._directory / _COPIES / f"{_name(snapshot)}.sql"

    def _remove_copies(self, snapshots: Set[str]) -> None:
        """One that is being made is of a snapshot that the state may not have yet: its name ends otherwise."""
        kept = {self._copy(snapshot) for snapshot in snapshots}
        for path in (self._directory / _COPIES).glob("*.sql"):
            if path not in kept:
                path.unlink()


class Server:
    """One MariaDB server, and its directory."""

    def __init__(
        self,
        directory: Path,
        copy_of: Callable[[str], Path],
        programs: Programs,
        network: Network,
        authority: Authority,
    ) -> None:
        self._directory = directory
        self._copy_of = copy_of
        self._data = directory / "data"
        self._socket = self._data / "socket"
        # In one directory for all, two servers that are made at once delete each other's files: their names are made
        # of process ids, which are equal in different namespaces.
        self._temporary = directory / "temporary"
        self._programs = programs
        self._network = network
        self._authority = authority
        self._lock = threading.Lock()
        self._followed: Database | None = None
        self._program: RunningProgram | None = None

    def follow(self, database: Database) -> None:
        with self._lock:
            if database == self._followed and self._program and self._program.running:
                return
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o755)
            self._temporary.mkdir(exist_ok=True)
            self._temporary.chmod(0o1777)
            restoring = self._directory / "restoring"
            if restoring.exists():
                # It was killed before all statements were in.
                shutil.rmtree(self._data, ignore_errors=True)
            if not self._data.exists():
                if database.restored_from:
                    restoring.touch()
                self._initialize()
            if self._program and self._followed and self._followed.restarts != database.restarts:
                self._program.stop()
            if self._program is None or not self._program.running:
                self._start(database)
            if restoring.exists():
                self._restore(self._copy_of(database.restored_from))
                restoring.unlink()
            self._set_user(database)
            self._set_parameters(database.parameters)
            self._followed = database

    def copy_to(self, path: Path) -> None:
        """Write statements that make all databases of users again, as they are at one moment."""
        # The first line names the column.
        names = self._query(f"SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN ({_SYSTEM})")
        statements = self._programs.run(
            *("mariadb-dump", "--no-defaults", f"--socket={self._socket}", "--user=root", "--single-transaction"),
            *("--routines", "--triggers", "--events", "--hex-blob", "--databases", *names.splitlines()[1:]),
        )
        new = path.with_suffix(".new")
        new.write_text(statements)
        new.rename(path)

    def _restore(self, copy: Path) -> None:
        """Without a copy, it stays empty: the snapshot is older than the fleet."""
        if copy.exists():
            self._query(copy.read_text())

    def stop(self) -> None:
        if self._program:
            self._program.stop()

    def _initialize(self) -> None:
        """Make an empty server beside the data's place, then move it there, so that half of one is never used."""
        new = self._directory / "new"
        shutil.rmtree(new, ignore_errors=True)
        self._programs.run(
            *("mariadb-install-db", "--no-defaults", f"--datadir={new}", "--user=mysql", "--skip-test-db"),
            *("--auth-root-authentication-method=socket", f"--tmpdir={self._temporary}"),
        )
        new.rename(self._data)

    def _start(self, database: Database) -> None:
        address = self._network.service_address(database.host)
        certificate = self._data / "certificate.pem"
        shutil.copyfile(self._authority.issue(database.host), certificate)
        self._programs.run("chown", "mysql:", str(certificate))
        self._programs.run("chmod", "0600", str(certificate))
        self._program = self._programs.start(
            *("mariadbd", "--no-defaults", f"--datadir={self._data}", "--user=mysql", *_SETTINGS),
            *(f"--socket={self._socket}", f"--pid-file={self._data}/pid", f"--tmpdir={self._temporary}"),
            *(f"--bind-address={address}", f"--port={database.port}"),
            *(f"--ssl-cert={certificate}", f"--ssl-key={certificate}", "--tls-version=TLSv1.2,TLSv1.3"),
            *((f"--version={database.version}-MariaDB",) if database.version else ()),
            log=self._directory / "log",
            namespace=self._network.namespace,
        )
        deadline = time.monotonic() + _START_SECONDS
        while True:
            self._program.check()
            try:
                self._query("SELECT 1")
                return
            except ProgramError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _set_user(self, database: Database) -> None:
        """The master user may do what RDS's may: everything but what needs the server's own files."""
        user = f"{_text(database.user)}@'%'"
        statements = [
            f"CREATE USER IF NOT EXISTS {user}",
            f"ALTER USER {user} IDENTIFIED BY {_text(database.password)}",
            f"GRANT ALL PRIVILEGES ON *.* TO {user} WITH GRANT OPTION",
        ]
        if database.name:
            statements.append(f"CREATE DATABASE IF NOT EXISTS `{database.name.replace('`', '``')}`")
        self._query("; ".join(statements))

    def _set_parameters(self, parameters: Mapping[str, str]) -> None:
        """Set the parameters that MariaDB knows, and put those back that are no longer given."""
        before = self._followed.parameters if self._followed else {}
        values = dict.fromkeys(before.keys() - parameters.keys()) | dict(parameters)
        for name, value in sorted(values.items()):
            if not name.replace("_", "").isalnum():
                continue
            given = "DEFAULT" if value is None else value if _is_number(value) else _text(value)
            try:
                self._query(f"SET GLOBAL {name} = {given}")
            except ProgramError as refused:
                print(f"databases: {self._directory.name}: {name} = {value} is left out: {refused}", file=sys.stderr)

    def _query(self, statements: str) -> str:
        return self._programs.run(
            *("mariadb", "--no-defaults", f"--socket={self._socket}", "--user=root", "--batch"),
            standard_input=statements,
        )


def _name(of: str) -> str:
    """The name of a file for a host or a snapshot. Short: the path of a socket has at most 107 characters."""
    return hashlib.sha256(of.encode()).hexdigest()[:12]


def _text(value: str) -> str:
    """A value as a string of SQL."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _is_number(value: str) -> bool:
    return value.replace(".", "", 1).isdigit()
