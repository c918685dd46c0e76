"""VPN links: see ``policies/rules/network/vpn.py``."""

from __future__ import annotations

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.network.vpn import VPN_KEY_SECRET, VPN_ROUTES_EXACT, VPN_STRONG_CRYPTO, VPN_TWO_TUNNELS
from tests.policies.analyzer import UNKNOWN, node, secret
from tests.policies.networks import VPC
from tests.policies.proof import Proof, changed

STRONG = {
    f"tunnel{tunnel}Phase{phase}{name}": values
    for tunnel in (1, 2)
    for phase in (1, 2)
    for name, values in {
        "EncryptionAlgorithms": ["AES256", "AES256-GCM-16"],
        "IntegrityAlgorithms": ["SHA2-256"],
        "DhGroupNumbers": [14, 20],
    }.items()
}
ALIKE = {f"tunnel{tunnel}{name}": value for tunnel in (1, 2) for name, value in (("IkeVersions", ["ikev2"]),)}
STARTED = {"tunnel1StartupAction": "start", "tunnel2StartupAction": "start"}
CONNECTION = node(aws.ec2.VpnConnection, "link", type="ipsec.1", **STRONG, **ALIKE, **STARTED)
ROUTE = node(aws.ec2.VpnConnectionRoute, "lan", vpnConnectionId=CONNECTION, destinationCidrBlock="192.168.10.0/24")

PROOFS = (
    Proof(
        rule=VPN_TWO_TUNNELS,
        passing={"alike": (CONNECTION,)},
        failing={
            "the older protocol": (CONNECTION.but(tunnel2IkeVersions=["ikev1", "ikev2"]),),
            "waits for the other end": (CONNECTION.but(tunnel1StartupAction="add"),),
            "different": (CONNECTION.but(tunnel2Phase1DhGroupNumbers=[20]),),
            "different at the end of one": (CONNECTION.but(tunnel2DpdTimeoutAction="none"),),
        },
        absent=(CONNECTION.but(tunnel1IkeVersions=None, tunnel2IkeVersions=None),),
        unknown=(CONNECTION.but(tunnel1StartupAction=UNKNOWN, tunnel2StartupAction=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(
            aws.ec2.VpnConnection, "shared-platform-network-vpn-lan-connection", tunnel2DpdTimeoutAction="clear"
        ),
    ),
    Proof(
        rule=VPN_STRONG_CRYPTO,
        passing={"strong": (CONNECTION,)},
        failing={
            "a short key": (CONNECTION.but(tunnel1Phase2EncryptionAlgorithms=["AES256", "AES128"]),),
            "an old digest": (CONNECTION.but(tunnel2Phase1IntegrityAlgorithms=["SHA1"]),),
            "a small group": (CONNECTION.but(tunnel1Phase1DhGroupNumbers=[2]),),
            "a small subgroup": (CONNECTION.but(tunnel1Phase1DhGroupNumbers=[14, 24]),),
            "none, which is all": (CONNECTION.but(tunnel1Phase1DhGroupNumbers=[]),),
        },
        absent=(CONNECTION.but(tunnel2Phase2DhGroupNumbers=None),),
        unknown=(CONNECTION.but(tunnel1Phase1EncryptionAlgorithms=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(
            aws.ec2.VpnConnection,
            tunnel1Phase1EncryptionAlgorithms=["AES128"],
            tunnel2Phase1EncryptionAlgorithms=["AES128"],
        ),
    ),
    Proof(
        rule=VPN_KEY_SECRET,
        passing={"AWS's own": (CONNECTION,), "a secret": (CONNECTION.but(tunnel1PresharedKey=secret("not shown")),)},
        failing={"in the clear": (CONNECTION.but(tunnel2PresharedKey="for all to see"),)},
        absent=(CONNECTION,),
        absent_is=Status.PASSED,
        unknown=(CONNECTION.but(tunnel1PresharedKey=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(
            aws.ec2.VpnConnection,
            "shared-platform-network-vpn-lan-connection",
            tunnel1PresharedKey="correct.horse.battery",
        ),
        fires_too=frozenset({"no-plaintext-secrets"}),
    ),
    Proof(
        rule=VPN_ROUTES_EXACT,
        passing={"as listed": (ROUTE,), "a part of it": (ROUTE.but(destinationCidrBlock="192.168.10.128/25"),)},
        failing={
            "wider": (ROUTE.but(destinationCidrBlock="192.168.0.0/16"),),
            "everything": (ROUTE.but(destinationCidrBlock="0.0.0.0/0"),),
            "another stack's": (ROUTE.but(destinationCidrBlock="192.168.20.0/24"),),
        },
        absent=(ROUTE.but(destinationCidrBlock=None),),
        unknown=(ROUTE.but(destinationCidrBlock=UNKNOWN),),
        not_applicable=(VPC,),
        config={"sites": [{"stack": "test", "cidr": "192.168.10.0/24"}, {"stack": "other", "cidr": "192.168.20.0/24"}]},
        breakage=changed(
            aws.ec2.VpnConnectionRoute,
            "shared-platform-network-vpn-lan-to-192.168.10.0-24",
            destinationCidrBlock="192.168.40.0/24",
        ),
    ),
)
