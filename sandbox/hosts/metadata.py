"""The instance metadata service (IMDS), version 2, and version 1 for instances that allow it.

HAProxy gives it the requests to 169.254.169.254 with the address of the host that asks ("Instance metadata categories"
and "Use the Instance Metadata Service" in the EC2 user guide).
"""

from __future__ import annotations

import datetime
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from sandbox.hosts.http_server import Server
from sandbox.hosts.state_document import Instance

_LONGEST_SECONDS = 21600
_TOKEN = "X-aws-ec2-metadata-token"
CREDENTIALS_SECONDS = 21600
"""How long credentials are good. Those of AWS's own service are good for about six hours too."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Temporary credentials of a role."""

    role: str
    access_key: str
    secret_key: str
    token: str
    until: datetime.datetime


@dataclass(kw_only=True)
class Metadata:
    """Answers hosts' questions about themselves."""

    instance_at: Callable[[str], Instance | None]
    """The instance with a private address."""
    assume_role: Callable[[Instance], Credentials | None]
    """New credentials of the instance's role; None when its profile has none."""
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    _known: dict[str, Credentials] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def new_token(self, address: str, seconds: int) -> str:
        token = secrets.token_urlsafe(42)
        with self._lock:
            now = time.monotonic()
            self._tokens = {each: known for each, known in self._tokens.items() if known[1] > now}
            self._tokens[token] = (address, now + seconds)
        return token

    def admits(self, instance: Instance, token: str | None) -> bool:
        """Whether a request with this token, or without one, gets an answer."""
        if token is None:
            return not instance.requires_token
        with self._lock:
            address, until = self._tokens.get(token, ("", 0.0))
        return address == instance.address and time.monotonic() < until

    def answer(self, instance: Instance, path: str) -> str | None:
        """The text at a path below ``/latest/``; None when there is none."""
        document = instance.document
        zone = document.get("AvailabilityZone") or f"{instance.region}a"
        name = f"ip-{instance.address.replace('.', '-')}.{instance.region}.compute.internal"
        simple = {
            "instance-id": instance.instance_id,
            "instance-type": document.get("InstanceType") or "t3.micro",
            "local-ipv4": instance.address,
            "local-hostname": name,
            "hostname": name,
            "placement/region": instance.region,
            "placement/availability-zone": zone,
            "services/domain": "amazonaws.com",
            "services/partition": "aws",
        }
        kind, _, rest = path.partition("/")
        if kind == "dynamic" and rest == "instance-identity/document":
            identity = {
                "instanceId": instance.instance_id,
                "privateIp": instance.address,
                "region": instance.region,
                "availabilityZone": zone,
                "accountId": document.get("AccountId"),
                "instanceType": simple["instance-type"],
            }
            return json.dumps(identity, indent=2)
        if kind != "meta-data":
            return None
        if rest.startswith("iam/security-credentials"):
            return self._credentials(instance, rest.removeprefix("iam/security-credentials").strip("/"))
        if rest in simple:
            return simple[rest]
        folder = f"{rest}/" if rest else ""
        names = (*simple, "iam/security-credentials/")
        below = sorted({name.removeprefix(folder).partition("/")[0] for name in names if name.startswith(folder)})
        return "\n".join(below) or None

    def prepare(self, instance: Instance) -> None:
        """Get the credentials of an instance before it asks: programs wait one second for the service."""
        self._credentials(instance, "")

    def _credentials(self, instance: Instance, role: str) -> str | None:
        with self._lock:
            known = self._known.get(instance.instance_id)
        now = datetime.datetime.now(datetime.UTC)
        if known is None or known.until - now < datetime.timedelta(minutes=30):
            known = self.assume_role(instance)
            if known is None:
                return None
            with self._lock:
                self._known[instance.instance_id] = known
        if not role:
            return known.role
        if role != known.role:
            return None
        return json.dumps(
            {
                "Code": "Success",
                "LastUpdated": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "Type": "AWS-HMAC",
                "AccessKeyId": known.access_key,
                "SecretAccessKey": known.secret_key,
                "Token": known.token,
                "Expiration": known.until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            indent=2,
        )


def serve(metadata: Metadata) -> Server:
    """A server on a free port of the loopback interface; the caller runs it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "EC2ws"

        def do_PUT(self) -> None:  # http.server's name
            instance = self._instance()
            # A request that came through a proxy is refused, so that an open proxy on a host gives no token away.
            if instance is None or self.headers.get("X-Forwarded-For"):
                return self._say(403, "Forbidden")
            given = self.headers.get(f"{_TOKEN}-ttl-seconds", "")
            if self.path != "/latest/api/token" or not given.isdigit() or not 1 <= int(given) <= _LONGEST_SECONDS:
                return self._say(400, "Bad Request")
            token = metadata.new_token(instance.address, int(given))
            return self._say(200, token, {f"{_TOKEN}-ttl-seconds": given})

        def do_GET(self) -> None:
            instance = self._instance()
            if instance is None:
                return self._say(404, "Not Found")
            if not metadata.admits(instance, self.headers.get(_TOKEN)):
                return self._say(401, "Unauthorized")
            path = self.path.strip("/").partition("/")[2]
            text = metadata.answer(instance, path)
            return self._say(404, "Not Found") if text is None else self._say(200, text)

        def _instance(self) -> Instance | None:
            return metadata.instance_at(self.headers.get("X-Instance-Address", ""))

        def _say(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
            body = text.encode()
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    return Server(("127.0.0.1", 0), Handler)
