"""``./shop drill failover``: proves that the shop comes back when its database and its cache change their zone."""

from __future__ import annotations

import http.client
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any

import typer

from commands.console import Console
from commands.deployed_stack import StackName
from commands.errors import CannotRunError
from release.errors import ReleaseError, answers_of_aws
from release.polling import polls
from release.site import Site

PAGE = "/checkout/cart/"
"""It needs the database and a session, and no cache keeps it."""
_PAGE_SECONDS = 10.0
_PAUSE_SECONDS = 0.5
_STEADY = 20
"""Good answers one after the other, after which the shop is back."""
_BACK_SECONDS = 600.0
_FAILOVER_SECONDS = 1800.0
_POLL_SECONDS = 5.0
_HTTPS = 443
_HOST = re.compile("[A-Za-z0-9.-]{1,253}")
_PORT = re.compile("[0-9]{1,5}")


def failover(
    stack: StackName,
    address: Annotated[
        str | None, typer.Option(metavar="HOST[:PORT]", help="Ask the shop's pages there. By default where DNS says.")
    ] = None,
) -> None:
    """Make the database and the caches change to their standby, and time how long the shop is away.

    Shoppers notice it: on AWS, a database's failover takes one to two minutes. No release can begin meanwhile.
    """
    console = Console()
    with answers_of_aws():
        site = Site.of(stack)
        parts = in_two_zones(site)
        shopper = Shopper.of(site.host_name, address)
        if fault := shopper.ask():
            raise CannotRunError(f"{shopper.url}: got {fault}, expected a page before anything fails over.")
        began = datetime.now(UTC)
        with _no_release(site, f"drill-{began:%Y%m%dT%H%M%SZ}"):
            timed = []
            for part in parts:
                timed.append(_fail_over(part, shopper, console))
                if not timed[-1].came_back:
                    break  # A shop that is away is not shaken again.
        where = site.record_drill({"failover": [asdict(each) for each in timed], "url": shopper.url})
    console.say(f"Recorded as {where}.")
    if away := [each.name for each in timed if not each.came_back]:
        raise ReleaseError(
            f"{shopper.url}: got no {_STEADY} pages in a row within {_BACK_SECONDS:.0f} s of the failover of "
            f"{', '.join(away)}, expected the shop to come back."
        )


@dataclass(frozen=True, kw_only=True)
class Part:
    """What can change to a standby."""

    name: str
    begin: Callable[[], object]
    is_over: Callable[[datetime], bool]
    """Whether AWS says that it has changed, since a moment in UTC."""


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A failover that is over."""

    name: str
    seconds: float
    """Until AWS said that it was over."""
    longest_gap: float
    """Seconds between two pages with none between them."""
    failed: int
    """Pages that were asked for and did not come."""
    came_back: bool


def in_two_zones(site: Site) -> list[Part]:
    """The site's database and caches. Raises ``CannotRunError`` for one without a standby, before anything is done."""
    rds, elasticache = site.session.client("rds"), site.session.client("elasticache")
    return [_database(rds, site.database), *_caches(elasticache, site)]


def _database(rds: Any, name: str) -> Part:
    [found] = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    if not found["MultiAZ"]:
        raise CannotRunError(f"database {name}: got one availability zone, expected a standby in another (multi_az).")
    if found["DBInstanceStatus"] != "available":
        raise CannotRunError(f"database {name}: got status {found['DBInstanceStatus']}, expected available.")

    def is_over(since: datetime) -> bool:
        # The instance is called available between the answer of RebootDBInstance and the beginning of the failover.
        events = rds.describe_events(SourceIdentifier=name, SourceType="db-instance", StartTime=since)["Events"]
        [now] = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        return now["DBInstanceStatus"] == "available" and any(
            "failover completed" in each["Message"] for each in events
        )

    return Part(
        name=f"database {name}",
        begin=lambda: rds.reboot_db_instance(DBInstanceIdentifier=name, ForceFailover=True),
        is_over=is_over,
    )


def _caches(elasticache: Any, site: Site) -> Iterator[Part]:
    hosts = {site.stack.outputs.get(output) for output in ("cache_address", "session_cache_address")} - {None}
    groups = [
        group
        for page in elasticache.get_paginator("describe_replication_groups").paginate()
        for group in page["ReplicationGroups"]
        if any((node.get("PrimaryEndpoint") or {}).get("Address") in hosts for node in group["NodeGroups"])
    ]
    if len(groups) != len(hosts):
        raise CannotRunError(f"caches: got {len(groups)} with the addresses {', '.join(map(str, hosts))}, expected all")
    for group in groups:
        if group["AutomaticFailover"] != "enabled":
            raise CannotRunError(f"cache {group['ReplicationGroupId']}: got one node, expected a replica (nodes: 2).")
        if group["Status"] != "available":
            raise CannotRunError(
                f"cache {group['ReplicationGroupId']}: got status {group['Status']}, expected available."
            )
        yield from (_cache(elasticache, group["ReplicationGroupId"], node) for node in group["NodeGroups"])


def _cache(elasticache: Any, name: str, node_group: Any) -> Part:
    def is_over(since: datetime) -> bool:
        events = elasticache.describe_events(SourceIdentifier=name, SourceType="replication-group", StartTime=since)[
            "Events"
        ]
        [now] = elasticache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"]
        return now["Status"] == "available" and any(
            each["Message"].startswith("Failover from primary node") for each in events
        )

    return Part(
        name=f"cache {name}",
        begin=lambda: elasticache.test_failover(ReplicationGroupId=name, NodeGroupId=node_group["NodeGroupId"]),
        is_over=is_over,
    )


class Shopper:
    """Asks for one page again and again, each time as a new shopper."""

    def __init__(self, host_name: str, host: str, port: int) -> None:
        self.url = f"https://{host_name}{PAGE}"
        self._host_name, self._host, self._port = host_name, host, port
        self._answers: list[tuple[float, str]] = []
        """When an answer came, and what was wrong with it; empty for a page."""

    @classmethod
    def of(cls, host_name: str, address: str | None) -> Shopper:
        """Raises ``CannotRunError`` for an address that is none."""
        host, _, port = (address or host_name).partition(":")
        if address == "" or not _HOST.fullmatch(host) or not _PORT.fullmatch(port or str(_HTTPS)):
            raise CannotRunError(f"--address: got {address!r}, expected HOST or HOST:PORT")
        return cls(host_name, host, int(port or _HTTPS))

    def ask(self) -> str:
        """What was wrong with the answer; empty for a page."""
        # Whether a page comes is the question here, and nothing secret is sent: the certificate is not looked at.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(self._host, self._port, timeout=_PAGE_SECONDS, context=context)
        try:
            connection.request("GET", f"{PAGE}?drill={time.monotonic_ns()}", headers={"Host": self._host_name})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            return str(error) or type(error).__name__
        finally:
            connection.close()
        return "" if answer.status == http.client.OK else f"status {answer.status}"

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Within the block, a thread asks twice a second."""
        self._answers.clear()
        over = threading.Event()

        def asks() -> None:
            while True:
                fault = self.ask()
                self._answers.append((time.monotonic(), fault))
                if over.wait(_PAUSE_SECONDS):
                    return

        thread = threading.Thread(target=asks, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    @property
    def failed(self) -> int:
        """How many pages did not come."""
        return sum(bool(fault) for _, fault in self._answers)

    @property
    def is_steady(self) -> bool:
        """Whether the last answers were pages, one after the other."""
        last = self._answers[-_STEADY:]
        return len(last) == _STEADY and not any(fault for _, fault in last)

    def longest_gap(self) -> float:
        """The seconds between two pages that are furthest apart."""
        return longest_gap([at for at, fault in self._answers if not fault])


def longest_gap(times: Sequence[float]) -> float:
    """The greatest distance of two neighbours in ascending times; 0 for fewer than two."""
    return max((later - earlier for earlier, later in pairwise(times)), default=0.0)


def _fail_over(part: Part, shopper: Shopper, console: Console) -> Timed:
    console.step(f"The {part.name} fails over")
    # AWS's events have whole seconds.
    since, started = datetime.now(UTC) - timedelta(seconds=1), time.monotonic()
    with shopper.asking():
        part.begin()
        with console.working(f"The {part.name} fails over"):
            _await(lambda: part.is_over(since), _FAILOVER_SECONDS, f"{part.name}: the failover")
            seconds = time.monotonic() - started
            came_back = _await_pages(shopper)
    timed = Timed(
        name=part.name,
        seconds=round(seconds, 1),
        longest_gap=round(shopper.longest_gap(), 1),
        failed=shopper.failed,
        came_back=came_back,
    )
    console.say(
        f"  {timed.seconds} s until AWS called it over. {timed.failed} pages failed. "
        f"The longest time without a page was {timed.longest_gap} s."
    )
    return timed


def _await(is_over: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    for _ in polls(_POLL_SECONDS):
        if is_over():
            return
        if time.monotonic() > deadline:
            raise ReleaseError(
                f"{what} is not over after {seconds / 60:.0f} minutes. Look at the events in the console."
            )


def _await_pages(shopper: Shopper) -> bool:
    deadline = time.monotonic() + _BACK_SECONDS
    while not shopper.is_steady:
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True


@contextmanager
def _no_release(site: Site, name: str) -> Iterator[None]:
    lock = site.locked(name)
    try:
        with lock.beating():
            yield
    finally:
        lock.free()
