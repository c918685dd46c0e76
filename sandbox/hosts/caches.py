"""The ElastiCache replication groups: a Redis server for each, at its primary and its reader endpoint.

A group has one node here, whatever its number of replicas, shards and availability zones. At a failover it is started
again with what it had, as a replica would have it. Nothing of it is kept otherwise.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from sandbox.hosts.authority import Authority
from sandbox.hosts.network import Network
from sandbox.hosts.programs import ProgramError, Programs, RunningProgram
from sandbox.hosts.state_document import Cache

_START_SECONDS = 20.0
_MEMORY = "128mb"
_SAVED = "dump.rdb"
"""Redis's name for what it reads when it starts."""
_NOT_FOR_ONE_NODE = {"cluster-enabled"}


class Caches:
    """Runs the caches of the state. The user ``redis`` must be able to enter ``directory``."""

    def __init__(self, directory: Path, programs: Programs, network: Network, authority: Authority) -> None:
        self._directory = directory
        self._programs = programs
        self._network = network
        self._authority = authority
        self._servers: dict[str, tuple[Cache, RunningProgram]] = {}

    def follow(self, caches: Sequence[Cache]) -> None:
        """Start, change and end servers until there are these. Returns when all answer.

        Raises ``ProgramError`` for the first that does not.
        """
        wanted = {cache.host: cache for cache in caches}
        for host in self._servers.keys() - wanted.keys():
            self._servers.pop(host)[1].stop()
        for host, cache in wanted.items():
            known = self._servers.get(host)
            if known and known[1].running and _immutable(known[0]) == _immutable(cache):
                if known[0] != cache:
                    self._set(cache, known[0])
                    self._servers[host] = (cache, known[1])
                continue
            if known:
                if known[0].failovers != cache.failovers:
                    self._ask(known[0], known[0].token, "SAVE")
                known[1].stop()
            self._servers[host] = (cache, self._start(cache))
            self._set(cache)
            (self._home(cache) / _SAVED).unlink(missing_ok=True)

    def stop(self) -> None:
        for _, program in self._servers.values():
            program.stop()
        self._servers.clear()

    def addresses(self, cache: Cache) -> dict[str, str]:
        """The address of each of the group's names."""
        address = self._network.service_address(cache.host)
        return {name: address for name in (cache.host, cache.reader_host) if name}

    def _home(self, cache: Cache) -> Path:
        return self._directory / hashlib.sha256(cache.host.encode()).hexdigest()[:12]

    def _start(self, cache: Cache) -> RunningProgram:
        home = self._home(cache)
        home.mkdir(parents=True, exist_ok=True, mode=0o755)
        certificate = home / "certificate.pem"
        certificate.write_bytes(self._authority.issue(*filter(None, (cache.host, cache.reader_host))).read_bytes())
        encrypted = (
            f"port 0\ntls-port {cache.port}\ntls-cert-file {certificate}\ntls-key-file {certificate}\n"
            f"tls-ca-cert-file {self._authority.certificate}\ntls-auth-clients no\n"
        )
        configuration = home / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            f"bind {self._network.service_address(cache.host)}\nunixsocket {home}/socket\ndir {home}\n"
            f"{encrypted if cache.encrypted else f'port {cache.port}'}\n"
            f'save ""\nappendonly no\nmaxmemory {_MEMORY}\n'
            + (f'requirepass "{_escaped(cache.token)}"\n' if cache.token else "protected-mode no\n")
        )
        self._programs.run("chown", "-R", "redis:", str(home))
        self._programs.run("chmod", "0600", str(certificate))
        program = self._programs.start(
            *("setpriv", "--reuid=redis", "--regid=redis", "--clear-groups", "--"),
            *("redis-server", str(configuration)),
            log=self._directory / f"{home.name}.log",
            namespace=self._network.namespace,
        )
        deadline = time.monotonic() + _START_SECONDS
        while "PONG" not in self._ask(cache, cache.token, "PING"):
            program.check()
            if time.monotonic() > deadline:
                program.stop()
                raise ProgramError(f"{cache.identifier}: redis-server did not answer in {_START_SECONDS:.0f} s")
            time.sleep(0.05)
        return program

    def _set(self, cache: Cache, before: Cache | None = None) -> None:
        """Set the token and the parameters that Redis knows."""
        if before and before.token != cache.token:
            self._ask(cache, before.token, "CONFIG", "SET", "requirepass", cache.token)
        for name, value in sorted(cache.parameters.items()):
            if name not in _NOT_FOR_ONE_NODE:
                said = self._ask(cache, cache.token, "CONFIG", "SET", name, value).strip()
                if said != "OK":
                    print(f"caches: {cache.identifier}: {name} = {value} is left out: {said}", file=sys.stderr)

    def _ask(self, cache: Cache, token: str, *command: str) -> str:
        """What Redis answers to a command; empty when it does not."""
        credentials = ("env", f"REDISCLI_AUTH={token}") if token else ()
        try:
            return self._programs.run(*credentials, "redis-cli", "-s", f"{self._home(cache)}/socket", *command)
        except ProgramError:
            return ""


def _immutable(cache: Cache) -> tuple[object, ...]:
    """What a running server cannot change."""
    return cache.host, cache.reader_host, cache.port, cache.encrypted, bool(cache.token), cache.failovers


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
