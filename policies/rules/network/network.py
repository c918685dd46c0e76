"""The VPC as a whole: it uses none of AWS's defaults, and its flow logs record all traffic."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policies.aws.ip_ranges import INTERNET
from policies.generated.aws_types import ec2, lb
from policies.model.expectations import within
from policies.model.properties import Absent, Known, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import Config, Findings, ResourceRule, Sources, StackRule, Undecided, Violation

_LOGIN_PORTS = {22: "SSH", 3389: "Remote Desktop"}


def _check_flow_logs(network: Resource, stack: Stack, _: Config) -> Findings:
    kinds = [log.properties.read("trafficType") for log in stack.from_origin(ec2.FlowLog, "vpcId", network)]
    if Known("ALL") in kinds:
        return
    expected = "one with traffic_type=ALL"
    if not kinds:
        yield Violation(resource=network, got="no flow log", expected=expected)
    elif any(isinstance(kind, Unknown) for kind in kinds):
        yield Undecided(resource=network, path="traffic_type of its flow log")
    else:
        yield Violation(resource=network, got="flow logs of a part of its traffic", expected=expected)


def _check_default_group(network: Resource, stack: Stack, _: Config) -> Findings:
    groups = list(stack.from_origin(ec2.DefaultSecurityGroup, "vpcId", network))
    if not groups:
        yield Violation(
            resource=network,
            got="the default security group as AWS creates it, which allows its members all traffic",
            expected="an ec2.DefaultSecurityGroup without rules",
        )
    for group in groups:
        for name in ("ingress", "egress"):
            match group.properties.read(name):
                case Known((_, *_)):
                    yield Violation(resource=group, got=f"rules in {name}", expected=f"no {name} rules", part=name)
                case Unknown():
                    yield Undecided(resource=group, path=name)


def _check_own_network(network: Resource, _: Config) -> Findings:
    if network.is_a(ec2.DefaultVpc):
        yield Violation(
            resource=network,
            got="the default VPC, whose subnets all have a route to the internet and assign public addresses",
            expected="a Network",
        )


def _check_acl(acl: Resource, _: Config) -> Findings:
    for path, entry in _entries(acl):
        if within(entry, "action") == Known("deny") or within(entry, "ruleAction") == Known("deny"):
            continue
        sources = [within(entry, name) for name in ("cidrBlock", "ipv6CidrBlock")]
        ports = [name for port, name in _LOGIN_PORTS.items() if _covers(entry, port)]
        if not ports:
            continue
        for source in sources:
            match source:
                case Known(value) if value in INTERNET:
                    yield Violation(
                        resource=acl,
                        got=f"an entry that allows {' and '.join(ports)} from {value}",
                        expected="a narrower source, or other ports",
                        part=path,
                    )
                case Unknown():
                    yield Undecided(resource=acl, path=path or "cidrBlock")


def _entries(acl: Resource) -> Iterator[tuple[str, Reading]]:
    if not acl.is_a(ec2.NetworkAclRule):
        for index, entry in enumerate(acl.properties.each("ingress")):
            yield f"ingress[{index}]", entry
    elif not acl.properties.is_true("egress"):
        yield "", Known(acl.properties)


def _covers(entry: Reading, port: int) -> bool:
    """Whether an entry allows a port. An unknown port counts as this one."""
    if within(entry, "protocol") in (Known("-1"), Known(-1), Known("all")):
        return True
    match within(entry, "fromPort"), within(entry, "toPort"):
        case Known(low), Known(high):
            return bool(low <= port <= high)
        case (Absent(), _) | (_, Absent()):
            return False  # Of a protocol without ports.
    return True


def _check_address(address: Resource, stack: Stack, _: Config) -> Findings:
    used = any(True for kind, name in _HOLDERS for _ in stack.from_origin(kind, name, address))
    named = any(address.properties.read(name) not in (Absent(), Known("")) for name in ("instance", "networkInterface"))
    if not used and not named:
        yield Violation(
            resource=address,
            got="no association",
            expected="a NAT gateway, a load balancer or a server that uses the address",
        )


_HOLDERS = (
    (ec2.NatGateway, "allocationId"),
    (ec2.EipAssociation, "allocationId"),
    (ec2.EipAssociation, "publicIp"),
    (lb.LoadBalancer, "subnetMappings"),
)

VPC_FLOW_LOGS = StackRule(
    id="vpc-flow-logs",
    severity=Severity.MEDIUM,
    why="After a break-in, the flow logs are the only record of which connections were made.",
    fix='add an ec2.FlowLog with traffic_type="ALL" to the VPC, as Network does.',
    sources=Sources(fsbp=("EC2.6",), cis=("4.7",), pci=("10.2.1",)),
    applies_to=(ec2.Vpc,),
    check=_check_flow_logs,
)

DEFAULT_SG_CLOSED = StackRule(
    id="default-sg-closed",
    severity=Severity.HIGH,
    why="A resource created without a security group gets the default one, whose members may all reach each other.",
    fix="add an ec2.DefaultSecurityGroup without ingress and egress, as Network does.",
    sources=Sources(fsbp=("EC2.2",), cis=("6.5",), pci=("1.2.1", "1.3.1")),
    applies_to=(ec2.Vpc,),
    check=_check_default_group,
)

NO_DEFAULT_VPC = ResourceRule(
    id="no-default-vpc",
    severity=Severity.HIGH,
    why="In the default VPC every subnet is public, and every server gets a public address.",
    fix="use a Network, or name the stack whose network to join in network.stack.",
    sources=Sources(pci=("1.3.1",), other="Amazon VPC User Guide, Default VPCs"),
    applies_to=(ec2.DefaultVpc, ec2.Vpc),
    check=_check_own_network,
)

NACL_NO_ADMIN_PORTS = ResourceRule(
    id="nacl-no-admin-ports",
    severity=Severity.MEDIUM,
    why="If a network ACL allows SSH or Remote Desktop from anywhere, one wrong security group rule exposes a server.",
    fix="set cidr_block to the source's range, or leave those ports out of the entry.",
    sources=Sources(fsbp=("EC2.21",), cis=("6.2",), pci=("1.3.1",)),
    applies_to=(ec2.NetworkAcl, ec2.DefaultNetworkAcl, ec2.NetworkAclRule),
    check=_check_acl,
)

EIP_ATTACHED = StackRule(
    id="eip-attached",
    severity=Severity.LOW,
    why="An unused Elastic IP costs money, and a DNS record that still points at it can be taken over.",
    fix="associate the address, or remove it.",
    sources=Sources(fsbp=("EC2.12",), pci=("2.4",)),
    applies_to=(ec2.Eip,),
    check=_check_address,
)

RULES = (VPC_FLOW_LOGS, DEFAULT_SG_CLOSED, NO_DEFAULT_VPC, NACL_NO_ADMIN_PORTS, EIP_ATTACHED)
