"""What people read when a policy refuses something: one grammar, AWS's words and the program's own spelling.

``<resource>: got <value>, expected <what>. Fix: <what to do>. [<rule>, <severity>; <sources>]``
"""

from __future__ import annotations

import re

import pulumi_aws as aws
import pytest
from pulumi._types import resource_py_to_pulumi_names

from policies.engine.catalogue import RULES
from policies.model.expectations import spelled
from policies.model.rule import Rule
from tests.policies.analyzer import UNKNOWN, analyze, node, secret
from tests.policies.ingress_rules import group, ingress, inline
from tests.policies.proof import Nodes, Proof
from tests.policies.proofs import PROOFS
from tests.policies.test_proofs import try_rule

GRAMMAR = re.compile(
    r"(?P<why>[^\n]+\.)\n"
    r"(?P<resource>[a-z0-9]+\.\w+ '[^']+'): got (?P<got>\S.*), expected (?P<expected>\S.*)\. "
    r"Fix: (?P<fix>\S.*\.) \[(?P<rule>[a-z0-9-]+), (?P<severity>critical|high|medium|low); (?P<sources>\S.*)\]"
)
WIRE_NAME = re.compile(r"(?<![\w:'/.=-])[a-z]+[a-z0-9]*[A-Z]\w*(?=[ =.,\[]|$)")
"""A property as the engine spells it, such as ``publiclyAccessible``."""
OPTION = re.compile(r"aws:\S+ \w+|variable \w+")
"""Beanstalk's options and the site's own variables have names of their own."""

SUBNET = {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24"}
GATEWAY = group("gateway")

FAULTS: list[tuple[str, Nodes, str]] = [
    (
        "rds-private",
        (node(aws.rds.Instance, "db", publiclyAccessible=True),),
        "Anyone on the internet who has the password can read a database with a public address.\n"
        "rds.Instance 'db': got publicly_accessible=True, expected False. "
        "Fix: set publicly_accessible=False. [rds-private, critical; FSBP RDS.2; CIS 3.2.3; PCI DSS 1.3.1, 1.4.2]",
    ),
    (
        "rds-encrypted",
        (node(aws.rds.Instance, "db"),),
        "The disks and snapshots of an unencrypted database can be read by anyone who gets a copy.\n"
        "rds.Instance 'db': got no storage_encrypted, expected True. "
        "Fix: set storage_encrypted=True; to encrypt an existing database, restore it from an encrypted copy of a "
        "snapshot. [rds-encrypted, high; FSBP RDS.3, RDS.27; CIS 3.2.1; PCI DSS 3.5.1]",
    ),
    (
        "rds-backup-retention",
        (node(aws.rds.Instance, "db", backupRetentionPeriod=1),),
        "A wrong import is often noticed only after a weekend, when yesterday's snapshot contains the damage too.\n"
        "rds.Instance 'db': got backup_retention_period=1, expected 7 or more. "
        "Fix: raise backup_retention_period to the days in the policy's config, at most 35. "
        "[rds-backup-retention, medium; FSBP RDS.11; PCI DSS 10.3.3]",
    ),
    (
        "gateway-ingress-allow-listed",
        (GATEWAY, ingress(GATEWAY, cidrIpv4="203.0.113.16/28")),
        "The gateway forwards SMB, Remote Desktop and FTP to a Windows server, so only listed addresses may reach it.\n"
        "vpc.SecurityGroupIngressRule 'ingress': got an ingress rule for 203.0.113.16/28, which is not on the allow "
        "list, expected a private range, or a range on the allow list that has not expired. "
        "Fix: allow only the partner's range, and list it in gateway.allowed of the stack file with cidr, owner, "
        "reason and expires; neighbouring ranges count as one. [gateway-ingress-allow-listed, critical; FSBP EC2.13, "
        "EC2.14, EC2.18, EC2.19; CIS 6.3, 6.4; PCI DSS 1.2.8, 1.3.1, 1.4.2]",
    ),
    (
        "sg-no-inline-rules",
        (inline(group("web"), cidrBlocks=["10.0.0.0/16"]),),
        "Inline rules and rules that are resources delete each other: every update removes what the last one added.\n"
        "ec2.SecurityGroup 'web-group': got inline rules in ingress, expected a resource for each rule. "
        "Fix: leave ingress and egress out, and add a vpc.SecurityGroupIngressRule or SecurityGroupEgressRule for each "
        "rule. [sg-no-inline-rules, medium; Pulumi's page of ec2.SecurityGroup]",
    ),
    (
        "ec2-imdsv2",
        (node(aws.ec2.Instance, "rundeck", metadataOptions={"httpTokens": "optional"}),),
        "With IMDSv1, an application that can be tricked into sending a request exposes the server's AWS credentials.\n"
        "ec2.Instance 'rundeck': got metadata_options.http_tokens=optional, expected required. "
        'Fix: set metadata_options with http_tokens="required". '
        "[ec2-imdsv2, high; FSBP EC2.8; CIS 6.7; PCI DSS 8.2.8]",
    ),
    (
        "eb-no-public-ip",
        (
            node(
                aws.elasticbeanstalk.Environment,
                "front",
                settings=[{"namespace": "aws:ec2:vpc", "name": "AssociatePublicIpAddress", "value": "true"}],
            ),
        ),
        "Clients can bypass the load balancer, its TLS and its logs if an instance has a public address.\n"
        "elasticbeanstalk.Environment 'front': got aws:ec2:vpc AssociatePublicIpAddress=true, expected false. "
        'Fix: set AssociatePublicIpAddress to "false" in aws:ec2:vpc. '
        "[eb-no-public-ip, high; FSBP AutoScaling.5, EC2.9; PCI DSS 1.3.1]",
    ),
    (
        "protect-stateful",
        (node(aws.ebs.Volume, "media"),),
        "Without protect, one line removed from the stack file by mistake deletes a database or its network.\n"
        "ebs.Volume 'media': got protect=False, expected True. "
        "Fix: pass opts=pulumi.ResourceOptions(parent=self, protect=args.context.protect), and leave magento:protect "
        "true. "
        "[protect-stateful, medium; Pulumi, Resource option: protect]",
    ),
    (
        "subnet-no-auto-public-ip",
        (node(aws.ec2.Subnet, "private-a", mapPublicIpOnLaunch=UNKNOWN, **SUBNET),),
        "A subnet that assigns public addresses exposes every server that is launched in it.\n"
        "ec2.Subnet 'private-a': got map_public_ip_on_launch, which is unknown until the update, expected a known "
        "value. Fix: set map_public_ip_on_launch=False, and give an Elastic IP to the servers that need one. "
        "[subnet-no-auto-public-ip, high; FSBP EC2.15; PCI DSS 1.3.1, 1.4.2]",
    ),
    (
        "rds-modern-ca",
        (node(aws.rds.Instance, "db", caCertIdentifier=secret("rds-ca-2019")),),
        "When a certificate authority expires, every client that checks the certificate fails at the same time.\n"
        "rds.Instance 'db': got ca_cert_identifier=[secret], expected rds-ca-ecc384-g1 or rds-ca-rsa2048-g1 or "
        "rds-ca-rsa4096-g1. Fix: leave ca_cert_identifier out, or set rds-ca-rsa2048-g1. "
        "[rds-modern-ca, high; PCI DSS 4.2.1; RDS User Guide: Using SSL/TLS to encrypt a connection to a DB instance]",
    ),
    (
        "r53-no-dangling",
        (
            zone := node(aws.route53.Zone, "zone", name="client.url"),
            node(aws.route53.Record, "www", zoneId=zone, name="www", type="A", records=["8.8.8.8"]),
        ),
        "A record that points at an address or a resource that was given up serves the next owner's content.\n"
        "route53.Record 'www': got records[0]=8.8.8.8, expected a value from a resource of this stack. "
        "Fix: take records and aliases from the resource itself, such as its dns_name or public_ip. "
        '[r53-no-dangling, high; "Protection from dangling DNS records"]',
    ),
]


def _rule(rule_id: str) -> Rule:
    return next(rule for rule in RULES if rule.id == rule_id)


@pytest.mark.parametrize(("rule_id", "nodes", "message"), FAULTS, ids=[rule_id for rule_id, *_ in FAULTS])
def test_the_message_of_a_fault(rule_id: str, nodes: Nodes, message: str) -> None:
    """The whole text, as the engine prints it: the reason, what was found, what is expected, and the fix."""
    (diagnostic,) = analyze(nodes, rules=[_rule(rule_id)])
    assert diagnostic.message == message


@pytest.mark.parametrize("proof", PROOFS, ids=[proof.rule.id for proof in PROOFS])
def test_every_message_is_in_the_grammar(proof: Proof) -> None:
    """Of each rule and each fault that is proven, unknown values too; the resource is the one at fault."""
    for nodes in (*proof.failing.values(), proof.absent, proof.unknown):
        for diagnostic in try_rule(proof, nodes).diagnostics:
            found = GRAMMAR.fullmatch(diagnostic.message)
            assert found, diagnostic.message
            assert (found["why"], found["fix"], found["rule"]) == (proof.rule.why, proof.rule.fix, proof.rule.id)
            assert found["resource"] == _described(diagnostic.urn)
            spelled_out = OPTION.sub("", f"{found['got']}, {found['expected']}")
            assert not WIRE_NAME.findall(spelled_out), diagnostic.message


def _described(urn: str) -> str:
    token, name = urn.split("::")[2:]
    package, module, kind = token.split(":")
    return f"{module.split('/')[0] if package == 'aws' else package}.{kind} '{name}'"


def _classes() -> set[type]:
    used = {each.token for proof in PROOFS for nodes in proof.failing.values() for each in nodes}
    modules = {token.split(":")[1].split("/")[0] for token in used if token.startswith("aws:")}
    members = [each for module in modules for each in vars(getattr(aws, module)).values()]
    return {each for each in members if isinstance(each, type) and getattr(each, "pulumi_type", None) in used}


@pytest.mark.parametrize("kind", sorted(_classes(), key=str), ids=lambda kind: kind.__name__)
def test_properties_are_spelled_as_the_sdk_spells_them(kind: type) -> None:
    """What a message names can be pasted into the program."""
    names = resource_py_to_pulumi_names(kind)
    assert names
    assert {wire: spelled(wire) for wire in names.values()} == {wire: name for name, wire in names.items()}


def test_what_is_no_property_keeps_its_spelling() -> None:
    """Tags, statements and Beanstalk's options are not the SDK's names."""
    assert spelled("tags.ManagedBy") == "tags.ManagedBy"
    assert spelled("assumeRolePolicy.Statement[0]") == "assume_role_policy.Statement[0]"
    assert spelled("aws:elbv2:listener:443 SSLPolicy") == "aws:elbv2:listener:443 SSLPolicy"
