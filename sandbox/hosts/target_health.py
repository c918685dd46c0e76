"""The health of targets, as an Application Load Balancer's checks see it.

The rules and words are those of "Health checks for Application Load Balancer target groups" (AWS): a new target is
healthy after one check that passes, an unhealthy one after ``HealthyThresholdCount`` in a row, and a target is
unhealthy after ``UnhealthyThresholdCount`` failures in a row.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.hosts import namespaces
from sandbox.hosts.state_document import HealthCheck, State, Target, TargetGroup

StateName = Literal["initial", "healthy", "unhealthy", "draining", "unused", "unavailable"]

_CLONE_NEWNET = 0x40000000
_SHORTEST_INTERVAL = 0.05


@dataclass(frozen=True, kw_only=True)
class TargetHealth:
    """As ``DescribeTargetHealth`` describes it."""

    state: StateName
    reason: str = ""
    description: str = ""


REGISTERING = TargetHealth(
    state="initial", reason="Elb.RegistrationInProgress", description="Target registration is in progress"
)
CHECKING = TargetHealth(
    state="initial", reason="Elb.InitialHealthChecking", description="Initial health checks in progress"
)
HEALTHY = TargetHealth(state="healthy")
DRAINING = TargetHealth(
    state="draining", reason="Target.DeregistrationInProgress", description="Target deregistration is in progress"
)
UNUSED = TargetHealth(
    state="unused",
    reason="Target.NotInUse",
    description="Target group is not configured to receive traffic from the load balancer",
)
UNAVAILABLE = TargetHealth(
    state="unavailable", reason="Target.HealthCheckDisabled", description="Health checks are disabled for this target"
)
TIMED_OUT = TargetHealth(state="unhealthy", reason="Target.Timeout", description="Request timed out")
FAILED = TargetHealth(state="unhealthy", reason="Target.FailedHealthChecks", description="Health checks failed")


def _mismatch(code: int) -> TargetHealth:
    return TargetHealth(
        state="unhealthy",
        reason="Target.ResponseCodeMismatch",
        description=f"Health checks failed with these codes: [{code}]",
    )


Key = tuple[str, str, int]
"""ARN of the target group, id and port of the target."""


class TargetChecks:
    """Checks the targets of the state, from the network of the hosts.

    ``on_change`` is called when the health of one has changed.
    """

    def __init__(self, namespace: str, on_change: Callable[[], None]) -> None:
        self._namespace = namespace
        self._on_change = on_change
        self._loop = asyncio.new_event_loop()
        self._lock = threading.Lock()
        self._health: dict[Key, TargetHealth] = {}
        self._running: dict[Key, tuple[object, asyncio.Task[None]]] = {}
        self._thread = threading.Thread(target=self._run, name="health checks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def seen(self) -> dict[Key, TargetHealth]:
        """The health of every target now."""
        with self._lock:
            return dict(self._health)

    def follow(self, state: State, source: str | None = None) -> None:
        """Check these targets from now on, from the address ``source``. What is known of those that stay is kept."""
        in_use = state.groups_in_use
        wanted: dict[Key, tuple[TargetGroup, Target]] = {
            (group.arn, target.id, target.port): (group, target)
            for group in state.target_groups.values()
            for target in group.targets
        }
        with self._lock:
            self._health = {key: self._begin(key, *wanted[key], in_use) for key in wanted}
        self._loop.call_soon_threadsafe(self._arrange, wanted, in_use, state.time_scale, source)

    def _begin(self, key: Key, group: TargetGroup, target: Target, in_use: set[str]) -> TargetHealth:
        """What is said of a target before its next check."""
        if target.draining:
            return DRAINING
        if group.arn not in in_use:
            return UNUSED
        if not group.health_check.enabled:
            return UNAVAILABLE
        known = self._health.get(key, REGISTERING)
        # A target that was registered again begins anew.
        return REGISTERING if known.state in ("draining", "unused", "unavailable") else known

    def _arrange(
        self,
        wanted: Mapping[Key, tuple[TargetGroup, Target]],
        in_use: set[str],
        scale: float,
        source: str | None,
    ) -> None:
        """In the loop: one task for each target that is checked, and another when its settings change."""
        checked = {
            key: (group.health_check, target.address, scale, source)
            for key, (group, target) in wanted.items()
            if not target.draining and group.arn in in_use and group.health_check.enabled
        }
        for key, (settings, task) in list(self._running.items()):
            if checked.get(key) != settings:
                task.cancel()
                del self._running[key]
        for key, settings in checked.items():
            if key not in self._running:
                self._running[key] = (settings, self._loop.create_task(self._check_forever(key, *settings)))

    def _run(self) -> None:
        # This thread alone moves to the hosts' network: every socket of the loop is made there.
        descriptor = os.open(namespaces.DIRECTORY / self._namespace, os.O_RDONLY)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"network namespace {self._namespace}")
        os.close(descriptor)
        self._loop.run_forever()

    async def _check_forever(
        self, key: Key, settings: HealthCheck, address: str, scale: float, source: str | None
    ) -> None:
        passed = failed = 0
        while True:
            began = self._loop.time()
            result = await check(settings, address, settings.port or key[2], source)
            passed, failed = (passed + 1, 0) if result == HEALTHY else (0, failed + 1)
            with self._lock:
                known = self._health.get(key)
                if known is None or known.state == "draining":
                    return
                new = _judged(known, result, passed, failed, settings)
                self._health[key] = new
            if new != known:
                self._on_change()
            interval = max(settings.interval * scale, _SHORTEST_INTERVAL)
            await asyncio.sleep(max(began + interval - self._loop.time(), 0))


def _judged(known: TargetHealth, result: TargetHealth, passed: int, failed: int, settings: HealthCheck) -> TargetHealth:
    """The health after a check, by what was known before and how many in a row ended like this one."""
    if result == HEALTHY:
        enough = 1 if known.state == "initial" else settings.healthy_threshold
        return HEALTHY if known == HEALTHY or passed >= enough else known
    if known.state == "unhealthy" or failed >= settings.unhealthy_threshold:
        return result
    return CHECKING if known.state == "initial" else known


async def check(settings: HealthCheck, address: str, port: int, source: str | None = None) -> TargetHealth:
    """One health check: ``HEALTHY``, or what is wrong."""
    try:
        async with asyncio.timeout(settings.timeout):
            code = await _code(settings, address, port, source)
    except TimeoutError:
        return TIMED_OUT
    except (OSError, ValueError, asyncio.IncompleteReadError):
        return FAILED
    return HEALTHY if matches(settings.codes, code) else _mismatch(code)


async def _code(settings: HealthCheck, address: str, port: int, source: str | None) -> int:
    """The status code of the answer. Raises ``ValueError`` for an answer that is no HTTP."""
    encryption = None
    if settings.protocol == "HTTPS":
        # A load balancer does not check the certificates of its targets.
        encryption = ssl.create_default_context()
        encryption.check_hostname, encryption.verify_mode = False, ssl.CERT_NONE
    local = (source, 0) if source else None
    reader, writer = await asyncio.open_connection(address, port, ssl=encryption, local_addr=local)
    try:
        request = (
            f"GET {settings.path} HTTP/1.1\r\nHost: {address}:{port}\r\nConnection: close\r\n"
            "User-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\n\r\n"
        )
        writer.write(request.encode())
        await writer.drain()
        status = (await reader.readline()).decode("latin-1").split(" ", 2)
        if len(status) < 2 or not status[0].startswith("HTTP/1."):
            raise ValueError("no HTTP")
        return int(status[1])
    finally:
        writer.close()


def matches(codes: str, code: int) -> bool:
    """Whether a code is among ``codes``, such as ``200,301-303``."""
    for part in codes.split(","):
        first, _, last = part.strip().partition("-")
        if int(first) <= code <= int(last or first):
            return True
    return False
