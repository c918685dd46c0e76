"""The fleet: runs a host for every Beanstalk instance of the embedded AWS, and what hosts need around them."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.hosts import machine, metadata, server, services_root
from sandbox.hosts.authority import Authority
from sandbox.hosts.caches import Caches
from sandbox.hosts.databases import Databases
from sandbox.hosts.embedded_aws import EmbeddedAws
from sandbox.hosts.haproxy_configuration import Relays
from sandbox.hosts.host import Deployment, Host, HostArgs
from sandbox.hosts.http_server import Server
from sandbox.hosts.load_balancers import LoadBalancers
from sandbox.hosts.machine import MachineArgs
from sandbox.hosts.metadata import Metadata
from sandbox.hosts.network import AWS, RESOLVER, Network
from sandbox.hosts.places import MACHINES
from sandbox.hosts.programs import ProgramError
from sandbox.hosts.root_image import RootImage, RootImageError
from sandbox.hosts.shares import IN_HOSTS, Shares
from sandbox.hosts.shells import Shell
from sandbox.hosts.state_document import Instance, LoadBalancer, State, forwarded

_AT_ONCE = 2
"""Hosts that start at the same time: more would take longer in all on two cores."""
_ENVIRONMENT = {
    "AWS_ENDPOINT_URL": f"http://{AWS}",
    # By default, AWS's programs wait one second for the metadata service: too short for a computer with much to do.
    "AWS_METADATA_SERVICE_TIMEOUT": "5",
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3",
}
"""What every process on a host sees."""
_FIRST_DEPLOYMENT_SECONDS = 600
_TRUSTSTORE = "truststore.pki.rds.amazonaws.com"
_RETRY_SECONDS = 1.0
_WAIT_FOR_STORES_SECONDS = 180.0


@dataclass(frozen=True, kw_only=True)
class FleetSettings:
    """Where the fleet finds and keeps things."""

    endpoint: str
    """The embedded AWS."""
    directory: Path
    """For everything that it keeps: databases and volumes, which a later fleet goes on with, logs, and hosts' files."""
    name: str
    """What no other fleet of this computer has, such as that directory's path outside. Addresses derive from it."""
    images: Path


@dataclass(kw_only=True)
class HostEntry:
    """A host, and how far it is."""

    instance: Instance
    number: int
    """That of the state in which the instance was first."""
    state: str = "waiting"
    """``waiting``, ``starting``, ``deploying``, ``running`` or ``failed``."""
    message: str = ""
    host: Host | None = None


class Fleet:
    """The fleet, while ``run`` runs."""

    def __init__(self, settings: FleetSettings) -> None:
        self._settings = settings
        self._aws = EmbeddedAws(settings.endpoint)
        self._ended = threading.Event()
        self._hosts: dict[str, HostEntry] = {}
        self._lock = threading.Lock()
        self._url: str | None = None
        self._registering = threading.Lock()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="hosts")
        self._problems: dict[str, str] = {}
        self._state: State | None = None
        self._number = 0
        """How many states there have been."""
        self._stores_follow = threading.Condition()
        self._stores_at = 0
        """The number of the state that the stores are in."""

    def end(self) -> None:
        """Let ``run`` end."""
        self._ended.set()

    def run(self, ready: Callable[[str], None]) -> int:
        """Run until ``end``. ``ready`` gets the fleet's address once it answers. Returns an exit code."""
        directory = self._settings.directory
        directory.mkdir(parents=True, exist_ok=True, mode=0o755)
        machine.sweep(directory / MACHINES)
        try:
            self._image = RootImage.ensure(self._settings.images, report=_say)
        except RootImageError as error:
            print(error, file=sys.stderr)
            return 1
        self._start(directory)
        api, url = server.serve(self)
        threading.Thread(target=api.serve_forever, name="api", daemon=True).start()
        self._url = url
        self._register()
        ready(url)
        threading.Thread(target=self._keep_stores, name="stores", daemon=True).start()
        self._follow()
        self._stop(api)
        return 0

    def deploy(self, instance_id: str, request: dict[str, Any]) -> dict[str, Any]:
        host = self._host(instance_id)
        result = self._deploy(host, request, request["Deployment"].get("Bundle"), self._region(instance_id))
        return {"ReturnCode": result[0], "Log": result[1], "TimedOut": result[0] == 124}

    def run_commands(self, instance_id: str, request: dict[str, Any]) -> dict[str, Any]:
        result = self._host(instance_id).run(
            request["Commands"],
            working_directory=request.get("WorkingDirectory") or "",
            timeout_seconds=float(request.get("TimeoutSeconds") or 3600),
        )
        return {
            "ReturnCode": result.return_code,
            "StandardOutput": result.standard_output,
            "StandardError": result.standard_error,
            "TimedOut": result.return_code == 124,
        }

    def open_shell(self, instance_id: str) -> Shell:
        return self._host(instance_id).open_shell()

    def log_of(self, instance_id: str) -> dict[str, Any]:
        return {"Log": self._host(instance_id).log()}

    def copy_database(self, host: str, request: dict[str, Any]) -> dict[str, Any]:
        self._databases.copy(host, request["Name"])
        return {}

    def targets(self) -> dict[str, Any]:
        return dict(self._balancers.targets())

    def status(self) -> dict[str, Any]:
        places = self._balancers.places()
        state = self._state
        with self._lock:
            hosts = {
                name: {
                    "Environment": entry.instance.environment_name,
                    "Address": entry.instance.address,
                    "State": entry.state,
                    "Message": entry.message,
                }
                for name, entry in self._hosts.items()
            }
        return {
            "Hosts": hosts,
            "Problems": list(self._problems.values()),
            "CertificateAuthority": self._authority.certificate.read_text(),
            "LoadBalancers": [
                {
                    "Name": balancer.name,
                    "DNSName": balancer.dns_name,
                    "Address": places[balancer.arn].outside,
                    "Ports": {str(port): used for port, used in places[balancer.arn].ports.items()},
                    "HostNames": host_names(balancer),
                    "Environments": _environments(state, balancer) if state else [],
                }
                for balancer in (state.load_balancers if state else ())
                if balancer.arn in places
            ],
        }

    def _start(self, directory: Path) -> None:
        programs = services_root.mount(self._image, directory / "services", directory)
        self._authority = Authority(directory / "authority")
        self._network = Network(directory / "network", programs)
        self._network.start()
        self._metadata = Metadata(instance_at=self._instance_at, assume_role=self._aws.assume_role)
        answers = metadata.serve(self._metadata)
        threading.Thread(target=answers.serve_forever, name="metadata", daemon=True).start()
        relays = Relays(
            embedded_aws=int(self._settings.endpoint.rpartition(":")[2]),
            metadata=answers.server_port,
            certificate_authority=self._authority.certificate,
            truststore_certificate=self._authority.issue(_TRUSTSTORE),
        )
        self._balancers = LoadBalancers(
            directory / "load-balancers", programs, self._network, relays, name=self._settings.name
        )
        self._balancers.start()
        self._databases = Databases(directory / "databases", programs, self._network, self._authority)
        self._caches = Caches(directory / "caches", programs, self._network, self._authority)
        self._shares = Shares(directory / "shares")
        self._shares.start()

    def _stop(self, api: Server) -> None:
        """In the order in which nothing misses what it uses. What is left ends with the namespace."""
        self._url = None
        with suppress(OSError):  # The embedded AWS may have ended before.
            self._register()
        api.shutdown()
        self._pool.shutdown(wait=False, cancel_futures=True)
        hosts = [entry.host for entry in self._hosts.values() if entry.host]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda host: host.stop(), hosts))
            pool.submit(self._databases.stop)
            pool.submit(self._caches.stop)

    def _register(self) -> None:
        """Say where this fleet answers, and which instances have a host: sessions start on these."""
        # Who comes later knows more.
        with self._registering:
            with self._lock:
                with_host = [name for name, entry in self._hosts.items() if entry.host]
            self._aws.register(self._url, with_host if self._url else ())

    def _follow(self) -> None:
        """Do what the embedded AWS says, until the end."""
        digest = ""
        while not self._ended.is_set():
            try:
                state = self._aws.wait_for_state(digest)
            except OSError as error:
                self._problem("state", f"the embedded AWS does not answer: {error}")
                self._ended.wait(_RETRY_SECONDS)
                continue
            self._problem("state", None)
            if state.digest != digest:
                digest = state.digest
                with self._stores_follow:
                    self._state, self._number = state, self._number + 1
                self._attempt("load balancers", lambda state=state: self._balancers.follow(state))  # type: ignore[misc]
                self._attempt("names", lambda state=state: self._network.publish(self._names(state)))  # type: ignore[misc]
                with self._stores_follow:
                    self._stores_follow.notify_all()
                self._arrange_hosts(state)

    def _attempt(self, what: str, action: Callable[[], None]) -> None:
        """Do it, and keep what went wrong for ``status``."""
        try:
            action()
        except (ProgramError, OSError, ValueError, KeyError) as error:
            self._problem(what, f"{what}: {error}")
        else:
            self._problem(what, None)

    def _problem(self, what: str, message: str | None) -> None:
        if message is None:
            self._problems.pop(what, None)
        elif self._problems.get(what) != message:
            self._problems[what] = message
            _say(message)

    def _names(self, state: State) -> dict[str, list[str]]:
        """Every name that hosts can resolve, with its addresses."""
        services = {database.host: self._network.service_address(database.host) for database in state.databases}
        for cache in state.caches:
            services |= self._caches.addresses(cache)
        places = self._balancers.places()
        for balancer in state.load_balancers:
            if balancer.arn in places:
                for name in (balancer.dns_name, *host_names(balancer)):
                    services[name.lower()] = places[balancer.arn].inside
        names = {name.lower(): [address] for name, address in services.items()} | {_TRUSTSTORE: [AWS]}
        names |= {record.name: list(record.values) for record in state.records if record.type == "A"}
        for record in state.records:
            if record.type == "CNAME":
                names[record.name] = [each for value in record.values for each in names.get(value.lower(), ())]
        return names

    def _keep_stores(self) -> None:
        """Bring databases, caches and shares to the newest state, one after the other."""
        while not self._ended.is_set():
            with self._stores_follow:
                state, number = self._state, self._number
                if state is None or number == self._stores_at:
                    self._stores_follow.wait(_RETRY_SECONDS)
                    continue
            servers = {
                value: record.name
                for record in reversed(state.records)
                if record.type == "A"
                for value in record.values
            }
            self._attempt("shares", lambda: self._shares.follow(state.file_servers, servers))  # noqa: B023
            self._attempt("caches", lambda: self._caches.follow(state.caches))  # noqa: B023
            self._attempt("databases", lambda: self._databases.follow(state.databases, state.snapshots))  # noqa: B023
            with self._stores_follow:
                self._stores_at = number
                self._stores_follow.notify_all()

    def _arrange_hosts(self, state: State) -> None:
        """Begin to start hosts of new instances, and to stop those of instances that are gone."""
        with self._lock:
            gone = [self._hosts.pop(name) for name in self._hosts.keys() - state.instances.keys()]
            new = [
                HostEntry(instance=state.instances[name], number=self._number)
                for name in state.instances.keys() - self._hosts.keys()
            ]
            for entry in new:
                self._hosts[entry.instance.instance_id] = entry
            for name, entry in self._hosts.items():
                entry.instance = state.instances[name]
        for entry in gone:
            threading.Thread(target=self._end_host, args=(entry,), daemon=True).start()
        # The back office first, then in the order of the document.
        order = list(state.instances)
        for entry in sorted(new, key=lambda entry: order.index(entry.instance.instance_id)):
            self._pool.submit(self._bring_up, entry)

    def _bring_up(self, entry: HostEntry) -> None:
        instance = entry.instance
        if self._hosts.get(instance.instance_id) is not entry:
            return
        try:
            self._wait_for_stores(entry.number)
            entry.state = "starting"
            self._metadata.prepare(instance)
            namespace = self._network.join(instance.instance_id, instance.address)
            host = Host(
                HostArgs(
                    machine=MachineArgs(
                        name=instance.instance_id,
                        directory=self._settings.directory / MACHINES / instance.instance_id,
                        image=self._image,
                        network_namespace=namespace,
                        hosts=f"127.0.0.1 localhost\n{instance.address} {instance.instance_id}\n",
                        resolv_conf=f"nameserver {RESOLVER}\n",
                        environment=_ENVIRONMENT,
                        binds={IN_HOSTS: self._shares.mounts},
                        certificate_authority=self._authority.certificate,
                    ),
                    environment_name=instance.environment_name,
                    application_name=instance.application_name,
                )
            )
            host.start()
            self._bring_up_version(entry, host)
            entry.host = host
            self._attempt("sessions", self._register)
        except Exception as error:
            entry.state, entry.message = "failed", f"{type(error).__name__}: {error}"
            _say(f"{instance.instance_id} of {instance.environment_name}: {entry.message}")
        if self._hosts.get(instance.instance_id) is not entry:
            # It was removed meanwhile.
            self._end_host(entry)

    def _bring_up_version(self, entry: HostEntry, host: Host) -> None:
        """Deploy what the environment runs. Without a version, a deployment that is under way brings the first one."""
        document = entry.instance.document
        deployment = document.get("Deployment")
        if deployment is None:
            entry.state = "running"
            return
        entry.state = "deploying"
        request = {
            "Kind": "application",
            "Deployment": deployment,
            "Properties": document["Properties"],
            "Secrets": document["Secrets"],
            "Options": document["Options"],
            "TimeoutSeconds": _FIRST_DEPLOYMENT_SECONDS,
        }
        code, log = self._deploy(host, request, deployment.get("Bundle"), entry.instance.region)
        entry.state = "running"
        if code != 0:
            entry.message = f"the deployment of {deployment['VersionLabel']} ended with {code}"
            _say(f"{entry.instance.instance_id}: {entry.message}:\n{log[-2000:]}")

    def _deploy(
        self, host: Host, request: dict[str, Any], bundle: dict[str, str] | None, region: str
    ) -> tuple[int, str]:
        with tempfile.TemporaryDirectory(dir=self._settings.directory) as directory:
            path = Path(directory) / "bundle.zip" if bundle else None
            if bundle and path:
                self._aws.fetch_bundle(bundle, region, path)
            result = host.deploy(Deployment.of(request, path))
        return result.return_code, result.log

    def _end_host(self, entry: HostEntry) -> None:
        if entry.host:
            self._attempt("sessions", self._register)
            entry.host.stop()
        self._network.leave(entry.instance.instance_id)

    def _wait_for_stores(self, number: int) -> None:
        """Until databases, caches and shares are in this state, or a newer one."""
        deadline = time.monotonic() + _WAIT_FOR_STORES_SECONDS
        with self._stores_follow:
            while self._stores_at < number and time.monotonic() < deadline and not self._ended.is_set():
                self._stores_follow.wait(_RETRY_SECONDS)

    def _host(self, instance_id: str) -> Host:
        with self._lock:
            entry = self._hosts.get(instance_id)
        if entry is None or entry.host is None:
            raise server.UnknownHostError(f"{instance_id} has no host")
        return entry.host

    def _region(self, instance_id: str) -> str:
        with self._lock:
            return self._hosts[instance_id].instance.region

    def _instance_at(self, address: str) -> Instance | None:
        state = self._state
        return next((each for each in state.instances.values() if each.address == address), None) if state else None


def _environments(state: State, balancer: LoadBalancer) -> list[str]:
    """The names of the environments whose instances the load balancer forwards to."""
    rules = [rule for listener in balancer.listeners for rule in listener.rules]
    groups = {arn for rule in rules for action in rule["Actions"] for arn, _ in forwarded(action)}
    targets = {target.id for arn in groups & state.target_groups.keys() for target in state.target_groups[arn].targets}
    return sorted({state.instances[each].environment_name for each in targets & state.instances.keys()})


def host_names(balancer: LoadBalancer) -> list[str]:
    """The host names that rules of the load balancer ask for, without those that have wildcards."""
    names: dict[str, None] = {}
    for listener in balancer.listeners:
        for rule in listener.rules:
            for condition in rule.get("Conditions") or ():
                if condition.get("Field") == "host-header":
                    values = (condition.get("HostHeaderConfig") or {}).get("Values") or condition.get("Values") or ()
                    names |= {value.lower(): None for value in values if "*" not in value and "?" not in value}
    return list(names)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)
