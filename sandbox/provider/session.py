"""The embedded AWS as adapters see it: clients that can reach nothing else, and waiting that Ctrl-C ends."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from threading import Event, Lock
from typing import Any, Final

from sandbox.provider.adapter import Cancelled
from sandbox.provider.configuration import Configuration
from sandbox.provider.creations import Creations
from sandbox.provider.errors import ConfigurationError

_DEFAULT_TIMEOUT_S: Final = 20 * 60.0
"""pulumi-aws's own for most types; the longer ones (a database) are made at once here."""
_KEY_ID: Final = "sandbox"
_KEY: Final = "sandbox"
"""The embedded AWS asks for a signature and does not check it: no real key is ever needed, or read."""


class Session:
    """The boto3 clients of one provider process, shared by its threads, and whether the user has cancelled."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.cancelled = Event()
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = Lock()
        self.creations = Creations(configuration.endpoint)

    def client(self, service: str, region: str) -> Any:
        """One client a service and region: making one takes 0.15 to 0.3 s, and boto3 does not make them in
        parallel."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._make(service, region)
            return self._clients[service, region]

    @cached_property
    def account_id(self) -> str:
        return str(self.client("sts", self.configuration.region).get_caller_identity()["Account"])

    def _make(self, service: str, region: str) -> Any:
        endpoint = self.configuration.endpoints.get(service, self.configuration.endpoint)
        if not endpoint:
            raise ConfigurationError(f"no endpoint for {service}: set AWS_ENDPOINT_URL or 'aws:endpoints'")
        # `proxies={}`: a proxy of the environment is not asked for this machine's own address.
        from botocore.config import Config

        client = self._boto3.client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            config=Config(
                s3={"addressing_style": "path"},
                proxies={},
                retries={"total_max_attempts": 3, "mode": "standard"},
                connect_timeout=5,
                read_timeout=60,
                max_pool_connections=64,
            ),
        )
        client.meta.events.register("before-call", self.creations.mark)
        return client

    @cached_property
    def _boto3(self) -> Any:
        """A boto3 session that knows nothing of this machine's profiles, configuration and credential files."""
        import boto3
        from botocore.session import Session as BotocoreSession

        isolated = BotocoreSession(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
                "ca_bundle": (None, None, None, None),
            }
        )
        return boto3.Session(aws_access_key_id=_KEY_ID, aws_secret_access_key=_KEY, botocore_session=isolated)


@dataclass(frozen=True, kw_only=True)
class Region:
    """The ``Aws`` of one operation on one resource."""

    session: Session
    region: str
    timeout_s: float = 0.0
    """The resource's custom timeout; 0 for the usual one."""
    started: float = field(default_factory=time.monotonic)

    @property
    def account_id(self) -> str:
        return self.session.account_id

    @property
    def partition(self) -> str:
        special = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
        return next((name for prefix, name in special.items() if self.region.startswith(f"{prefix}-")), "aws")

    def client(self, service: str, region: str | None = None) -> Any:
        if self.session.cancelled.is_set():
            raise Cancelled(f"cancelled before a call to {service}")
        return self.session.client(service, region or self.region)

    def wait(self, what: str, ready: Callable[[], bool], *, interval: float = 0.1) -> None:
        timeout_s = self.timeout_s or _DEFAULT_TIMEOUT_S
        deadline = self.started + timeout_s
        while not ready():
            if time.monotonic() >= deadline:
                raise TimeoutError(f"{what}: not ready after {timeout_s:g} s")
            if self.session.cancelled.wait(interval):
                raise Cancelled(f"cancelled while waiting for {what}")
