"""HAProxy's configuration for the load balancers: what an Application Load Balancer does with a request, in its terms.

Sources of the behaviour: "Listener rules for your Application Load Balancer" (conditions, actions, wildcards), "HTTP
headers and Application Load Balancers" (X-Forwarded-…), "Troubleshoot your Application Load Balancers" (502, 503, 504).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.hosts.network import AWS, METADATA
from sandbox.hosts.state_document import Json, Listener, LoadBalancer, State, Target, TargetGroup, forwarded

SLOTS = 24
"""Servers in each backend. Targets come and go in them while HAProxy runs; only rules need a reload."""

_PLACEHOLDER = re.compile(r"#\{(protocol|host|port|path|query)\}")
_VARIABLES = {"protocol": "proto", "host": "host", "port": "port", "path": "path", "query": "query"}
_ERRORS = {
    400: "Bad Request",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a load balancer listens."""

    outside: str
    """On this computer."""
    inside: str
    """On the network of the hosts."""
    ports: Mapping[int, int]
    """The port on this computer by the listener's port. They differ only where the listener's was taken."""


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A server of a backend."""

    target: Target
    state: str
    """``ready``, ``drain`` or ``maint``, as HAProxy's ``set server … state`` has them."""


@dataclass(frozen=True, kw_only=True)
class Relays:
    """What else the hosts reach through HAProxy."""

    embedded_aws: int
    """Its port on this computer's loopback interface."""
    metadata: int
    """The metadata service's, likewise."""
    certificate_authority: Path
    """What https://truststore.pki.rds.amazonaws.com/ answers, in PEM."""
    truststore_certificate: Path
    """That site's own certificate and key, in PEM."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The files of a configuration, in one directory."""

    directory: Path
    outside: str
    """The namespace of this computer's own network. HAProxy itself runs on that of the hosts: after a reload, the one
    that ends can no longer connect to servers of another namespace than its own."""
    state: State
    places: Mapping[str, Place]
    """By ARN of the load balancer."""
    relays: Relays | None = None
    slots: Mapping[str, Sequence[Slot | None]] = field(default_factory=dict)
    """By ARN of the target group."""

    @property
    def main(self) -> Path:
        return self.directory / "haproxy.cfg"

    @property
    def socket(self) -> Path:
        return self.directory / "haproxy.sock"

    def files(self) -> dict[Path, str]:
        """Every file, by its path."""
        files = {self._error(code): _error_page(code, reason) for code, reason in _ERRORS.items()}
        files[self._no_target] = _page(503, _ERRORS[503])
        for arn, certificate in self.state.certificates.items():
            parts = (certificate.certificate, certificate.chain, certificate.private_key)
            files[self._certificate(arn)] = "".join(f"{part.strip()}\n" for part in parts if part)
        sections = [self._global()]
        if self.relays:
            sections.append(self._relays(self.relays))
        for balancer in self.state.load_balancers:
            place = self.places[balancer.arn]
            sections.extend(
                self._frontend(balancer, listener, place, files)
                for listener in balancer.listeners
                if listener.protocol == "HTTP" or self._usable(listener)
            )
        in_use = self.state.groups_in_use
        sections.extend(self._backend(group) for arn, group in self.state.target_groups.items() if arn in in_use)
        files[self.main] = "\n".join(sections)
        return files

    def _usable(self, listener: Listener) -> list[Path]:
        """The certificates of a listener. Without any it cannot encrypt, and does not listen."""
        return [self._certificate(arn) for arn in listener.certificates if arn in self.state.certificates]

    def _certificate(self, arn: str) -> Path:
        return self.directory / f"certificate-{_short(arn)}.pem"

    def _error(self, code: int) -> Path:
        return self.directory / f"error-{code}.http"

    def _global(self) -> str:
        return f"""\
global
  stats socket {self.socket} mode 600 level admin expose-fd listeners
  log stdout format raw local0
  nbthread 1
  maxconn 4000
  hard-stop-after 5m
  ssl-default-bind-options ssl-min-ver TLSv1.2
  tune.ssl.default-dh-param 2048
  # For an HTTP client of its own, which is not used here, HAProxy would read the computer's 140 certificate authorities
  # at each start: three quarters of the time that a reload takes.
  httpclient.ssl.verify none
defaults
  mode http
  option dontlognull
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  timeout http-request 60s
  errorfile 400 {self._error(400)}
  errorfile 502 {self._error(502)}
  # A target that refuses the connection is 502 with AWS. No target at all is 503, which the backends answer themselves.
  errorfile 503 {self._error(502)}
  errorfile 504 {self._error(504)}
"""

    def _relays(self, relays: Relays) -> str:
        return f"""\
listen embedded-aws
  mode tcp
  timeout client 1h
  timeout server 1h
  bind {AWS}:80
  server aws 127.0.0.1:{relays.embedded_aws} namespace {self.outside}
listen metadata
  bind {METADATA}:80
  http-request set-header X-Instance-Address %[src]
  server metadata 127.0.0.1:{relays.metadata} namespace {self.outside}
frontend truststore
  bind {AWS}:443 ssl crt {relays.truststore_certificate}
  http-request return status 200 content-type application/x-pem-file file {relays.certificate_authority}
"""

    def _frontend(self, balancer: LoadBalancer, listener: Listener, place: Place, files: dict[Path, str]) -> str:
        encryption = ""
        if listener.protocol == "HTTPS":
            certificates = " ".join(f"crt {path}" for path in self._usable(listener))
            encryption = f" ssl {certificates} alpn h2,http/1.1"
        scheme = listener.protocol.lower()
        lines = [
            f"frontend {_short(balancer.arn)}-{listener.port}",
            f"  # {balancer.name}, port {listener.port}",
            "  log global",
            "  option httplog",
            f"  bind {place.outside}:{place.ports[listener.port]} namespace {self.outside}{encryption}",
            f"  bind {place.inside}:{listener.port}{encryption}",
            f"  timeout client {balancer.idle_seconds}s",
            f"  timeout http-keep-alive {balancer.idle_seconds}s",
            "  http-request set-var(txn.for) req.fhdr(X-Forwarded-For)",
            "  http-request set-header X-Forwarded-For %[src] if !{ var(txn.for) -m found }",
            '  http-request set-header X-Forwarded-For "%[var(txn.for)], %[src]" if { var(txn.for) -m found }',
            f"  http-request set-header X-Forwarded-Proto {scheme}",
            f"  http-request set-header X-Forwarded-Port {listener.port}",
            "  http-request set-header X-Amzn-Trace-Id Root=1-%[date,hex]-%[uuid]",
            "  http-request set-var(txn.host) req.hdr(host),field(1,:),lower",
            f"  http-request set-var(txn.proto) str({scheme})",
            f"  http-request set-var(txn.port) str({listener.port})",
            "  http-request set-var(txn.path) path,regsub(^/,)",
            "  http-request set-var(txn.query) query",
            '  http-request set-var-fmt(txn.question) "?%[query]" if { query -m len gt 0 }',
        ]
        for number, rule in enumerate(listener.rules):
            conditions = " ".join(_condition(condition) for condition in rule.get("Conditions") or ())
            lines.append(
                f"  http-request set-var(txn.rule) int({number}) if !{{ var(txn.rule) -m found }} {conditions}".rstrip()
            )
        for number, rule in enumerate(listener.rules):
            lines.extend(f"  {line}" for line in self._action(number, rule["Actions"][-1], place, files))
        return "\n".join(lines) + "\n"

    def _action(self, number: int, action: Json, place: Place, files: dict[Path, str]) -> list[str]:
        """What is done with a request that the rule of this number matches."""
        chosen = f"{{ var(txn.rule) -m int {number} }}"
        match action["Type"].lower():
            case "redirect":
                given = action["RedirectConfig"]
                code = given["StatusCode"].removeprefix("HTTP_")
                return [f'http-request redirect code {code} location "{_location(given, place)}" if {chosen}']
            case "fixed-response":
                given = action["FixedResponseConfig"]
                payload = ""
                if body := given.get("MessageBody"):
                    path = self.directory / f"body-{_short(body)}"
                    files[path] = body
                    payload = f' content-type "{given.get("ContentType") or "text/plain"}" file {path}'
                code = given["StatusCode"]
                return [f"http-request return status {code}{payload} hdr Server awselb/2.0 if {chosen}"]
            case "forward":
                groups = [(arn, weight) for arn, weight in forwarded(action) if weight]
                if len(groups) == 1:
                    return [f"use_backend {_short(groups[0][0])} if {chosen}"]
                total = sum(weight for _, weight in groups)
                lines = [f"http-request set-var(txn.weight) rand({total}) if {chosen}"]
                below = 0
                for arn, weight in groups:
                    below += weight
                    lines.append(f"use_backend {_short(arn)} if {chosen} {{ var(txn.weight) -m int lt {below} }}")
                return lines
            case other:
                raise ValueError(f"listener rule: got action {other}, expected forward, redirect or fixed-response")

    def _backend(self, group: TargetGroup) -> str:
        idle = max((balancer.idle_seconds for balancer in self.state.load_balancers), default=60)
        lines = [
            f"backend {backend(group.arn)}",
            f"  # {group.name}",
            "  balance roundrobin",
            f"  timeout server {idle}s",
            f"  timeout tunnel {idle}s",
            "  retries 1",
            f"  http-request return status 503 content-type text/html file {self._no_target} hdr Server awselb/2.0"
            # A HAProxy that ends takes all of its backends for empty, and still has requests to answer.
            " if { nbsrv eq 0 } !{ stopping }",
        ]
        slots = [*self.slots.get(group.arn, ())][:SLOTS]
        for number, slot in enumerate([*slots, *[None] * (SLOTS - len(slots))], start=1):
            address, state = ("0.0.0.0:80", "maint")
            if slot:
                address, state = f"{slot.target.address}:{slot.target.port}", slot.state
            how = {"ready": "", "drain": " weight 0", "maint": " disabled"}[state]
            source = next(iter(self.places.values())).inside
            lines.append(f"  server s{number} {address} source {source}{how}")
        return "\n".join(lines) + "\n"

    @property
    def _no_target(self) -> Path:
        return self.directory / "no-target.html"


def backend(group: str) -> str:
    """The name of a target group's backend, by its ARN."""
    return _short(group)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _page(code: int, reason: str) -> str:
    title = f"{code} {reason}"
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )


def _error_page(code: int, reason: str) -> str:
    """An answer of HAProxy's own, headers included."""
    page = _page(code, reason)
    return (
        f"HTTP/1.1 {code} {reason}\r\nServer: awselb/2.0\r\nContent-Type: text/html\r\n"
        f"Content-Length: {len(page)}\r\nConnection: close\r\n\r\n{page}"
    )


def _condition(condition: Json) -> str:
    """A condition of a rule as an ACL, true when any of its values matches."""
    values = _values(condition)
    match condition["Field"]:
        case "host-header":
            return _any("var(txn.host)", [_pattern(value.lower()) for value in values])
        case "path-pattern":
            return _any("path", [_pattern(value) for value in values])
        case "http-header":
            name = condition["HttpHeaderConfig"]["HttpHeaderName"]
            return _any(f"req.fhdr({name})", [_pattern(value) for value in values], "-i ")
        case "http-request-method":
            return _any("method", [_pattern(value) for value in values])
        case "source-ip":
            return f"{{ src {' '.join(values)} }}"
        case "query-string":
            pairs = condition["QueryStringConfig"]["Values"]
            return _any("query", [_query(pair) for pair in pairs], "-i ")
        case other:
            raise ValueError(f"listener rule: got condition {other}, which is none of Elastic Load Balancing's")


def _values(condition: Json) -> list[str]:
    """The values, which AWS takes in two places."""
    kinds = ("HostHeaderConfig", "PathPatternConfig", "HttpHeaderConfig", "HttpRequestMethodConfig", "SourceIpConfig")
    for kind in kinds:
        if found := (condition.get(kind) or {}).get("Values"):
            return list(found)
    return list(condition.get("Values") or ())


def _any(sample: str, patterns: Sequence[str], flags: str = "") -> str:
    quoted = " ".join(f"'{pattern}'" for pattern in patterns)
    return f"{{ {sample} -m reg {flags}-- {quoted} }}"


def _pattern(value: str) -> str:
    """A pattern of a rule as a regular expression: ``*`` is any text, ``?`` any one character."""
    return f"^{_expression(value, '.')}$"


def _query(pair: Json) -> str:
    value = _expression(pair["Value"], "[^&]")
    key = pair.get("Key")
    return f"(^|&){_expression(key, '[^&=]')}={value}(&|$)" if key else f"(^|[&=]){value}(&|$)"


def _expression(value: str, anything: str) -> str:
    wildcards = {"*": f"{anything}*", "?": anything}
    # Bytes that mean something to HAProxy or to the expression are written as numbers.
    return "".join(
        wildcards.get(chr(byte)) or (chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\x{byte:02x}")
        for byte in value.encode()
    )


def _location(given: Json, place: Place) -> str:
    """The address that a redirect leads to, in HAProxy's log format."""
    port = given.get("Port") or "#{port}"
    if port.isdigit():
        port = str(place.ports.get(int(port), int(port)))
    text = (
        f"{(given.get('Protocol') or '#{protocol}').lower()}://{given.get('Host') or '#{host}'}:{port}"
        f"{given.get('Path') or '/#{path}'}"
    )
    query = given.get("Query", "#{query}")
    location = _with_variables(text)
    if query == "#{query}":
        return f"{location}%[var(txn.question)]"
    return f"{location}?{_with_variables(query)}" if query else location


def _with_variables(text: str) -> str:
    result, end = "", 0
    for found in _PLACEHOLDER.finditer(text):
        result += _literal(text[end : found.start()]) + f"%[var(txn.{_VARIABLES[found[1]]})]"
        end = found.end()
    return result + _literal(text[end:])


def _literal(text: str) -> str:
    """Text for between double quotes, where HAProxy replaces environment variables and log-format fields."""
    return re.sub(r'["\\$]', r"\\\g<0>", text).replace("%", "%%")
