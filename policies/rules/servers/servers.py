"""EC2 instances: what they tell whoever runs on them, and who reaches them."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.credentials import credentials_in
from policies.generated.aws_types import ec2
from policies.model.expectations import accepted, is_not, is_set, require
from policies.model.properties import Known, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import (
    Config,
    Findings,
    OnUnknown,
    Remedy,
    ResourceRule,
    Sources,
    StackRule,
    Undecided,
    Violation,
)

_TOKENS = ("metadataOptions", "httpTokens")
_HOPS = ("metadataOptions", "httpPutResponseHopLimit")
_USER_DATA = ("userData", "userDataBase64")
_PUBLIC_SYSTEMS = ("gateway", "vpn-access")


def _check_hops(server: Resource, _: Config) -> Findings:
    path = ".".join(_HOPS)
    yield from accepted(
        server,
        path,
        server.properties.read(*_HOPS),
        lambda found: isinstance(found, int) and found <= 1,
        f"{path} 1",
    )


def _check_public_address(server: Resource, stack: Stack, config: Config) -> Findings:
    match server.properties.read("tags", "System"):
        case Known(system) if system in config.get("systems", _PUBLIC_SYSTEMS):
            return
    yield from is_not(server, "associatePublicIpAddress", True)
    for address in _addresses(stack, server):
        yield Violation(
            resource=server,
            has=f"the public address of {address}",
            must="none, or a System tag among the systems that may have one",
            part=address.name,
        )


def _addresses(stack: Stack, server: Resource) -> Iterator[Resource]:
    """What gives a server an Elastic IP, directly or through a network interface."""
    yield from stack.from_origin(ec2.Eip, "instance", server)
    yield from stack.from_origin(ec2.EipAssociation, "instanceId", server)
    for interface in _interfaces(stack, server):
        yield from stack.from_origin(ec2.Eip, "networkInterface", interface)
        yield from stack.from_origin(ec2.EipAssociation, "networkInterfaceId", interface)


def _interfaces(stack: Stack, server: Resource) -> Iterator[Resource]:
    for name in ("primaryNetworkInterface", "networkInterfaces"):
        yield from server.origin(name, ec2.NetworkInterface)
    for attachment in stack.from_origin(ec2.NetworkInterfaceAttachment, "instanceId", server):
        yield from attachment.origin("networkInterfaceId", ec2.NetworkInterface)


def _check_user_data(server: Resource, _: Config) -> Findings:
    for name in _USER_DATA:
        must = "the name of a secret that the server reads when it boots"
        match server.properties.read(name):
            # What was made of a secret is one itself, however it looks.
            case Known(secret=True):
                yield Violation(resource=server, has=f"a secret value in {name}", must=must, part=name)
            case Known(value):
                for kind in dict.fromkeys(credentials_in(str(value))):
                    yield Violation(resource=server, has=f"{kind} in {name}", must=must, part=name)
            case Unknown():
                yield Undecided(resource=server, path=name)


def _check_profile(server: Resource, _: Config) -> Findings:
    yield from is_set(server, "iamInstanceProfile")


def _check_password_data(server: Resource, _: Config) -> Findings:
    yield from is_not(server, "getPasswordData", True)


EC2_IMDSV2 = ResourceRule(
    id="ec2-imdsv2",
    severity=Severity.HIGH,
    why="Version 1 of the metadata service hands a server's AWS credentials to any request that an application can be "
    "tricked into sending.",
    fix='set metadata_options with http_tokens="required".',
    sources=Sources(fsbp=("EC2.8",), cis=("6.7",), pci=("8.2.8",)),
    applies_to=(ec2.Instance, ec2.LaunchTemplate),
    check=require(".".join(_TOKENS), "required"),
    remedy=Remedy(path=_TOKENS, value="required"),
)

EC2_IMDS_HOP_LIMIT = ResourceRule(
    id="ec2-imds-hop-limit",
    severity=Severity.MEDIUM,
    why="With one hop the metadata service answers the server itself, and no container or proxy on it.",
    fix="set metadata_options with http_put_response_hop_limit=1.",
    sources=Sources(fsbp=("AutoScaling.4",)),
    applies_to=(ec2.Instance, ec2.LaunchTemplate),
    check=_check_hops,
    remedy=Remedy(path=_HOPS, value=1),
)

EC2_NO_PUBLIC_IP = StackRule(
    id="ec2-no-public-ip",
    severity=Severity.HIGH,
    why="A server with a public address is scanned from its first minute on, and only the way in needs one.",
    fix="put the server into a private subnet and reach it through the VPN or the gateway; name a new way in by its "
    "System tag in the policy's config, under systems.",
    sources=Sources(fsbp=("EC2.9",), pci=("1.3.1", "1.4.2")),
    applies_to=(ec2.Instance,),
    check=_check_public_address,
    config_schema=PolicyConfigSchema(
        properties={
            "systems": {"type": "array", "items": {"type": "string"}, "default": list(_PUBLIC_SYSTEMS)},
        }
    ),
)

EC2_NO_SECRETS_IN_USER_DATA = ResourceRule(
    id="ec2-no-secrets-in-user-data",
    severity=Severity.CRITICAL,
    why="User data is shown to everybody who may describe the server, and to every process on it.",
    fix="keep the value in Secrets Manager, and let the boot read it with the server's role.",
    sources=Sources(pci=("8.6.2",), other='"Instance user data"'),
    # Boots are told the ids of volumes, so at a new stack's preview the text is not known yet.
    on_unknown=OnUnknown.DEFER,
    applies_to=(ec2.Instance, ec2.LaunchTemplate),
    check=_check_user_data,
)

EC2_INSTANCE_PROFILE = ResourceRule(
    id="ec2-instance-profile",
    severity=Severity.MEDIUM,
    why="Without a role people put keys on a server, and without Session Manager they open SSH.",
    fix="set iam_instance_profile to one whose role has AmazonSSMManagedInstanceCore.",
    sources=Sources(fsbp=("SSM.1",), cis=("2.16",), pci=("7.2.1",)),
    applies_to=(ec2.Instance,),
    check=_check_profile,
)

WINDOWS_NO_PASSWORD_DATA = ResourceRule(
    id="windows-no-password-data",
    severity=Severity.MEDIUM,
    why="The administrator's password would be kept in the stack's state, which more people read than may sign in.",
    fix="leave get_password_data out; the password is asked of AWS with the key pair when somebody needs it.",
    sources=Sources(pci=("8.3.2",), other='"GetPasswordData"'),
    applies_to=(ec2.Instance,),
    check=_check_password_data,
)

RULES = (
    EC2_IMDSV2,
    EC2_IMDS_HOP_LIMIT,
    EC2_NO_PUBLIC_IP,
    EC2_NO_SECRETS_IN_USER_DATA,
    EC2_INSTANCE_PROFILE,
    WINDOWS_NO_PASSWORD_DATA,
)
