"""VPN links: two tunnels that are alike and come up by themselves, and nothing weak in what they agree on."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_network

from pulumi_policy import PolicyConfigSchema, Severity

from policies.engine.allow_list import Network, holds
from policies.generated.aws_types import ec2
from policies.model.expectations import accepted, shown
from policies.model.properties import Known, Unknown
from policies.model.resources import Resource
from policies.model.rule import Config, Findings, ResourceRule, Sources, Undecided, Violation

_TUNNELS = ("tunnel1", "tunnel2")

# What RFC 8247 and RFC 8221 have no doubts about; of Diffie-Hellman's groups they advise against 22 to 24 too.
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
            f"{tunnel}StartupAction start, so that AWS brings it up",
        )
    for name in _ALIKE:
        first, second = (shown(connection.properties.read(f"{tunnel}{name}")) for tunnel in _TUNNELS)
        if first != second:
            yield Violation(
                resource=connection,
                has=f"tunnel1{name} {first} and tunnel2{name} {second}",
                must="the same for both, since AWS takes one of them down for its maintenance",
                part=name,
            )


def _check_strength(connection: Resource, _: Config) -> Findings:
    for tunnel in _TUNNELS:
        for name, strong in _STRONG.items():
            yield from _of(connection, f"{tunnel}{name}", strong)


def _of(connection: Resource, path: str, values: Collection[object]) -> Findings:
    """The list must be there, since AWS's own has everything in it, and must hold nothing but these."""
    match connection.properties.read(path):
        case Known(tuple() as elements) if elements:
            for element in elements:
                yield from accepted(
                    connection,
                    path,
                    element,
                    lambda value: value in values,
                    f"nothing in {path} but {', '.join(map(str, values))}",
                )
        case Unknown():
            yield Undecided(resource=connection, path=path)
        case _:
            yield Violation(
                resource=connection,
                has=f"no {path}, so that AWS accepts whatever the other end proposes",
                must=f"some of {', '.join(map(str, values))} in it",
                part=path,
            )


def _check_key(connection: Resource, _: Config) -> Findings:
    # Without one AWS makes it up, and the SDK keeps that secret.
    for tunnel in _TUNNELS:
        path = f"{tunnel}PresharedKey"
        match connection.properties.read(path):
            case Known(secret=False):
                yield Violation(
                    resource=connection, has=f"a {path} that anybody can read in the state", must="a secret", part=path
                )
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
        f"{path} within {' or '.join(map(str, sites)) or 'no range'}, as the stack file's vpn_links have it",
    )


def _network(text: str) -> Network:
    return ip_network(text, strict=False)


VPN_TWO_TUNNELS = ResourceRule(
    id="vpn-two-tunnels",
    severity=Severity.MEDIUM,
    why="AWS takes one tunnel at a time down for its maintenance, so a link with one good tunnel goes down with it.",
    fix="set tunnel1_ and tunnel2_ike_versions to ikev2 and startup_action to start, and all other options alike.",
    sources=Sources(fsbp=("EC2.20",), other="AWS Site-to-Site VPN tunnel endpoint replacements"),
    production_only=True,
    applies_to=(ec2.VpnConnection,),
    check=_check_tunnels,
)

VPN_STRONG_CRYPTO = ResourceRule(
    id="vpn-strong-crypto",
    severity=Severity.HIGH,
    why="AWS accepts AES-128, SHA-1 and 1024-bit Diffie-Hellman unless told otherwise, and the weaker end decides.",
    fix="set phase1_ and phase2_encryption_algorithms, integrity_algorithms and dh_group_numbers of both tunnels to "
    "AES256 or AES256-GCM-16, SHA2 and groups 14 to 21.",
    sources=Sources(pci=("4.2.1",), other="RFC 8247"),
    applies_to=(ec2.VpnConnection,),
    check=_check_strength,
)

VPN_KEY_SECRET = ResourceRule(
    id="vpn-key-secret",
    severity=Severity.HIGH,
    why="Whoever has the pre-shared key can pretend to be the other end.",
    fix="leave the pre-shared keys to AWS, or pass them as secrets.",
    sources=Sources(pci=("3.6.1", "8.3.2")),
    applies_to=(ec2.VpnConnection,),
    check=_check_key,
)

VPN_ROUTES_EXACT = ResourceRule(
    id="vpn-routes-exact",
    severity=Severity.MEDIUM,
    why="A route that is wider than the place behind it sends other people's traffic there, in the end all of it.",
    fix="name what lies behind the link in vpn_links[].remote_cidrs of the stack file.",
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
