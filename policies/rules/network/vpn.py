"""VPN links: two tunnels with the same options that AWS starts, strong encryption, and exact routes."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_network

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.ip_ranges import IpRange, holds
from policies.generated.aws_types import ec2
from policies.model.expectations import accepted, shown, spelled
from policies.model.properties import Known, Unknown
from policies.model.resources import Resource
from policies.model.rule import Config, Findings, ResourceRule, Sources, Undecided, Violation

_TUNNELS = ("tunnel1", "tunnel2")

# RFC 8247 and RFC 8221 recommend these; they advise against the Diffie-Hellman groups 22 to 24 too.
_STRONG: dict[str, Collection[object]] = {
    "Phase1EncryptionAlgorithms": ("AES256", "AES256-GCM-16"),
    "Phase2EncryptionAlgorithms": ("AES256", "AES256-GCM-16"),
    "Phase1IntegrityAlgorithms": ("SHA2-256", "SHA2-384", "SHA2-512"),
    "Phase2IntegrityAlgorithms": ("SHA2-256", "SHA2-384", "SHA2-512"),
    "Phase1DhGroupNumbers": range(14, 22),
    "Phase2DhGroupNumbers": range(14, 22),
}
_ALIKE = ("IkeVersions", "StartupAction", "DpdTimeoutAction", *_STRONG)


def _check_tunnels(connection: Resource, _: Config) -> Findings:
    for tunnel in _TUNNELS:
        yield from _of(connection, f"{tunnel}IkeVersions", ("ikev2",))
        yield from accepted(
            connection,
            f"{tunnel}StartupAction",
            connection.properties.read(f"{tunnel}StartupAction"),
            lambda action: action == "start",
            "start",
        )
    for name in _ALIKE:
        first, second = (shown(connection.properties.read(f"{tunnel}{name}")) for tunnel in _TUNNELS)
        if first != second:
            yield Violation(
                resource=connection,
                got=f"{spelled(f'tunnel1{name}')}={first} and {spelled(f'tunnel2{name}')}={second}",
                expected="the same for both tunnels",
                part=spelled(name[0].lower() + name[1:]),
            )


def _check_strength(connection: Resource, _: Config) -> Findings:
    for tunnel in _TUNNELS:
        for name, strong in _STRONG.items():
            yield from _of(connection, f"{tunnel}{name}", strong)


def _of(connection: Resource, path: str, values: Collection[object]) -> Findings:
    """The list must be set, since AWS's default accepts everything, and must hold only these values."""
    match connection.properties.read(path):
        case Known(tuple() as elements) if elements:
            for element in elements:
                yield from accepted(
                    connection,
                    path,
                    element,
                    lambda value: value in values,
                    f"only {' or '.join(map(str, values))}",
                )
        case Unknown():
            yield Undecided(resource=connection, path=path)
        case _:
            yield Violation(
                resource=connection,
                got=f"no {spelled(path)}",
                expected=f"some of {', '.join(map(str, values))}",
                part=spelled(path),
            )


def _check_key(connection: Resource, _: Config) -> Findings:
    # Without one AWS generates it, and the SDK keeps that secret.
    for tunnel in _TUNNELS:
        path = f"{tunnel}PresharedKey"
        match connection.properties.read(path):
            case Known(secret=False):
                name = spelled(path)
                yield Violation(resource=connection, got=f"a plain {name}", expected="a secret", part=name)
            case Unknown():
                yield Undecided(resource=connection, path=path)


def _check_routes(route: Resource, config: Config) -> Findings:
    path = "destinationCidrBlock"
    sites = [_network(each["cidr"]) for each in config.get("sites", ()) if each["stack"] == route.stack]
    yield from accepted(
        route,
        path,
        route.properties.read(path),
        lambda value: any(holds(site, _network(value)) for site in sites),
        f"a part of {' or '.join(map(str, sites)) or 'vpn_links[].remote_cidrs'}",
    )


def _network(text: str) -> IpRange:
    return ip_network(text, strict=False)


VPN_TWO_TUNNELS = ResourceRule(
    id="vpn-two-tunnels",
    severity=Severity.MEDIUM,
    why="AWS takes down one tunnel at a time for maintenance, so a link with one working tunnel fails.",
    fix="set ike_versions to ikev2 and startup_action to start for both tunnels, and the other options to the same "
    "values.",
    sources=Sources(fsbp=("EC2.20",), other="AWS Site-to-Site VPN tunnel endpoint replacements"),
    production_only=True,
    applies_to=(ec2.VpnConnection,),
    check=_check_tunnels,
)

VPN_STRONG_CRYPTO = ResourceRule(
    id="vpn-strong-crypto",
    severity=Severity.HIGH,
    why="By default AWS accepts AES-128, SHA-1 and 1024-bit Diffie-Hellman, so the weaker end decides.",
    fix="set phase1_ and phase2_encryption_algorithms, integrity_algorithms and dh_group_numbers of both tunnels to "
    "AES256 or AES256-GCM-16, SHA2 and groups 14 to 21.",
    sources=Sources(pci=("4.2.1",), other="RFC 8247"),
    applies_to=(ec2.VpnConnection,),
    check=_check_strength,
)

VPN_KEY_SECRET = ResourceRule(
    id="vpn-key-secret",
    severity=Severity.HIGH,
    why="With the pre-shared key an attacker can impersonate the other end of the link.",
    fix="leave tunnel1_preshared_key and tunnel2_preshared_key out so that AWS generates them, or pass secrets.",
    sources=Sources(pci=("3.6.1", "8.3.2")),
    applies_to=(ec2.VpnConnection,),
    check=_check_key,
)

VPN_ROUTES_EXACT = ResourceRule(
    id="vpn-routes-exact",
    severity=Severity.MEDIUM,
    why="A route wider than the network behind the link sends traffic for other networks there too.",
    fix="list the networks behind the link in vpn_links[].remote_cidrs of the stack file.",
    sources=Sources(pci=("1.2.5", "1.3.2")),
    applies_to=(ec2.VpnConnectionRoute,),
    check=_check_routes,
    config_schema=PolicyConfigSchema(
        properties={
            "sites": {
                "type": "array",
                "default": [],
                "items": {
                    "type": "object",
                    "required": ["stack", "cidr"],
                    "additionalProperties": False,
                    "properties": {"stack": {"type": "string"}, "cidr": {"type": "string"}},
                },
            }
        }
    ),
)

RULES = (VPN_TWO_TUNNELS, VPN_STRONG_CRYPTO, VPN_KEY_SECRET, VPN_ROUTES_EXACT)
