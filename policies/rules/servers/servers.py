"""EC2 instances: IMDSv2, no public address, no secrets in user data, and recorded sessions."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pulumi_policy import PolicyConfigSchema, Severity

from policies.aws.credentials import credentials_in
from policies.generated.aws_types import ec2, ssm
from policies.model.expectations import accepted, is_not, is_set, require, spelled
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
from policies.rules.systems import GATEWAY, VPN_SERVER

_TOKENS = ("metadataOptions", "httpTokens")
_HOPS = ("metadataOptions", "httpPutResponseHopLimit")
_USER_DATA = ("userData", "userDataBase64")
_PUBLIC_SYSTEMS = (GATEWAY, VPN_SERVER)
_RECORDS = ("cloudWatchLogGroupName", "s3BucketName")


def _check_hops(server: Resource, _: Config) -> Findings:
    path = ".".join(_HOPS)
    yield from accepted(
        server,
        path,
        server.properties.read(*_HOPS),
        lambda found: isinstance(found, int) and found <= 1,
        "1",
    )


def _check_public_address(server: Resource, stack: Stack, config: Config) -> Findings:
    match server.properties.read("tags", "System"):
        case Known(system) if system in config.get("systems", _PUBLIC_SYSTEMS):
            return
    yield from is_not(server, "associatePublicIpAddress", True)
    for address in _addresses(stack, server):
        yield Violation(
            resource=server,
            got=f"a public address from {address}",
            expected="none, or a System tag that may have one",
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
        expected = "the name of a secret that the server reads when it boots"
        match server.properties.read(name):
            # A value made from a secret is a secret too.
            case Known(secret=True):
                yield Violation(
                    resource=server, got=f"a secret value in {spelled(name)}", expected=expected, part=spelled(name)
                )
            case Known(value):
                for kind in dict.fromkeys(credentials_in(str(value))):
                    yield Violation(
                        resource=server, got=f"{kind} in {spelled(name)}", expected=expected, part=spelled(name)
                    )
            case Unknown():
                yield Undecided(resource=server, path=name)


def _check_profile(server: Resource, _: Config) -> Findings:
    yield from is_set(server, "iamInstanceProfile")


def _check_password_data(server: Resource, _: Config) -> Findings:
    yield from is_not(server, "getPasswordData", True)


def _check_sessions(document: Resource, _: Config) -> Findings:
    if document.properties.read("documentType") != Known("Session"):
        return
    match document.properties.read("content"):
        case Known(str() as content) if document.properties.read("documentFormat") != Known("YAML"):
            preferences = json.loads(content)
            inputs = preferences.get("inputs") or {}
            # A document for another type of session holds no preferences.
            if preferences.get("sessionType") == "Standard_Stream" and not any(map(inputs.get, _RECORDS)):
                yield Violation(
                    resource=document,
                    got="neither a log group nor a bucket",
                    expected="one that the agent writes to",
                    part="content",
                )
        case _:
            yield Undecided(resource=document, path="content")


EC2_IMDSV2 = ResourceRule(
    id="ec2-imdsv2",
    severity=Severity.HIGH,
    why="With IMDSv1, an application that can be tricked into sending a request exposes the server's AWS credentials.",
    fix='set metadata_options with http_tokens="required".',
    sources=Sources(fsbp=("EC2.8",), cis=("6.7",), pci=("8.2.8",)),
    applies_to=(ec2.Instance, ec2.LaunchTemplate),
    check=require(".".join(_TOKENS), "required"),
    remedy=Remedy(path=_TOKENS, value="required"),
)

EC2_IMDS_HOP_LIMIT = ResourceRule(
    id="ec2-imds-hop-limit",
    severity=Severity.MEDIUM,
    why="With a hop limit of 1 the metadata service answers only the server itself, not a container or proxy on it.",
    fix="set metadata_options with http_put_response_hop_limit=1.",
    sources=Sources(fsbp=("AutoScaling.4",)),
    applies_to=(ec2.Instance, ec2.LaunchTemplate),
    check=_check_hops,
    remedy=Remedy(path=_HOPS, value=1),
)

EC2_NO_PUBLIC_IP = StackRule(
    id="ec2-no-public-ip",
    severity=Severity.HIGH,
    why="A server with a public address is scanned from its first minute, and only the gateway and the VPN need one.",
    fix="put the server into a private subnet and reach it through the VPN or the gateway; if it needs a public "
    "address, "
    "add its System tag to systems in the policy's config.",
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
    why="Anyone who may describe the server, and every process on it, can read its user data.",
    fix="keep the value in Secrets Manager, and read it at boot with the server's role.",
    sources=Sources(pci=("8.6.2",), other='"Instance user data"'),
    # User data holds ids of volumes, so the text is unknown at a new stack's preview.
    on_unknown=OnUnknown.DEFER,
    applies_to=(ec2.Instance, ec2.LaunchTemplate),
    check=_check_user_data,
)

EC2_INSTANCE_PROFILE = ResourceRule(
    id="ec2-instance-profile",
    severity=Severity.MEDIUM,
    why="Without a role, access keys end up on the server, and without Session Manager it needs SSH.",
    fix="set iam_instance_profile to a profile whose role has AmazonSSMManagedEC2InstanceDefaultPolicy.",
    sources=Sources(fsbp=("SSM.1",), cis=("2.16",), pci=("7.2.1",)),
    applies_to=(ec2.Instance,),
    check=_check_profile,
)

WINDOWS_NO_PASSWORD_DATA = ResourceRule(
    id="windows-no-password-data",
    severity=Severity.MEDIUM,
    why="The stack's state would hold the administrator's password, and more people can read the state than may sign "
    "in.",
    fix="leave get_password_data out; get the password from AWS with the key pair when you need it.",
    sources=Sources(pci=("8.3.2",), other='"GetPasswordData"'),
    applies_to=(ec2.Instance,),
    check=_check_password_data,
)

SESSIONS_RECORDED = ResourceRule(
    id="sessions-recorded",
    severity=Severity.MEDIUM,
    why="A person with a shell is root on the server, and without a record nobody can say what they did there.",
    fix="name a log group in the document's inputs, as components.shared.session_manager does.",
    sources=Sources(pci=("10.2.1",), other='"Logging session activity"'),
    on_unknown=OnUnknown.DEFER,
    applies_to=(ssm.Document,),
    check=_check_sessions,
)

RULES = (
    EC2_IMDSV2,
    EC2_IMDS_HOP_LIMIT,
    EC2_NO_PUBLIC_IP,
    EC2_NO_SECRETS_IN_USER_DATA,
    EC2_INSTANCE_PROFILE,
    WINDOWS_NO_PASSWORD_DATA,
    SESSIONS_RECORDED,
)
