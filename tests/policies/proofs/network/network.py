"""The network: see ``policies/rules/network/network.py``."""

from __future__ import annotations

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.network.network import (
    DEFAULT_SG_CLOSED,
    EIP_ATTACHED,
    NACL_NO_ADMIN_PORTS,
    NO_DEFAULT_VPC,
    VPC_FLOW_LOGS,
)
from tests.policies.analyzer import UNKNOWN, Node, node
from tests.policies.networks import NAT, VPC
from tests.policies.proof import Proof, added, changed, removed

FLOW_LOG = node(aws.ec2.FlowLog, "log", vpcId=VPC, trafficType="ALL")
CLOSED = node(aws.ec2.DefaultSecurityGroup, "default", vpcId=VPC)
OPEN_RULE = {"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}
ADDRESS = node(aws.ec2.Eip, "address", domain="vpc")
GROUP = node(aws.ec2.SecurityGroup, "group")
ACL_RULE = node(
    aws.ec2.NetworkAclRule,
    "rule",
    networkAclId=node(aws.ec2.NetworkAcl, "acl"),
    ruleNumber=100,
    ruleAction="allow",
    protocol="tcp",
    fromPort=443,
    toPort=443,
    cidrBlock="0.0.0.0/0",
)
TAGS = {"Client": "client", "Environment": "prod", "System": "network", "ManagedBy": "pulumi", "Name": "client-prod"}


def _acl(**entry: object) -> Node:
    whole = {"ruleNo": 100, "action": "allow", "protocol": "tcp", "fromPort": 3389, "toPort": 3389, **entry}
    return node(aws.ec2.NetworkAcl, "acl", vpcId=VPC, ingress=[whole])


PROOFS = (
    Proof(
        rule=VPC_FLOW_LOGS,
        passing={"all": (FLOW_LOG, VPC)},
        failing={"what is refused only": (FLOW_LOG.but(trafficType="REJECT"), VPC)},
        absent=(VPC,),
        unknown=(FLOW_LOG.derived(trafficType=UNKNOWN), VPC),
        not_applicable=(GROUP,),
        breakage=changed(aws.ec2.FlowLog, trafficType="REJECT"),
    ),
    Proof(
        rule=DEFAULT_SG_CLOSED,
        passing={"without rules": (CLOSED, VPC), "with empty lists": (CLOSED.but(ingress=[], egress=[]), VPC)},
        failing={
            "lets in": (VPC, CLOSED.but(ingress=[OPEN_RULE])),
            "lets out": (VPC, CLOSED.but(egress=[OPEN_RULE])),
        },
        absent=(VPC,),
        unknown=(VPC, CLOSED.derived(ingress=UNKNOWN)),
        not_applicable=(GROUP,),
        breakage=removed(aws.ec2.DefaultSecurityGroup),
    ),
    Proof(
        rule=NO_DEFAULT_VPC,
        passing={"own": (VPC,)},
        failing={"adopted": (node(aws.ec2.DefaultVpc, "default"),)},
        absent=(node(aws.ec2.Vpc, "vpc"),),
        absent_is=Status.PASSED,
        unknown=(node(aws.ec2.DefaultVpc, "default", enableDnsSupport=UNKNOWN),),
        not_applicable=(GROUP,),
        breakage=added(node(aws.ec2.DefaultVpc, "default", tags=TAGS)),
    ),
    Proof(
        rule=NACL_NO_ADMIN_PORTS,
        passing={
            "another port": (ACL_RULE,),
            "a known source": (ACL_RULE.but(fromPort=22, toPort=22, cidrBlock="10.0.0.0/16"),),
            "refused": (ACL_RULE.but(fromPort=22, toPort=22, ruleAction="deny"),),
            "on the way out": (ACL_RULE.but(fromPort=22, toPort=22, egress=True),),
            "inline, refused": (_acl(cidrBlock="0.0.0.0/0", action="deny"),),
            "a protocol without ports": (ACL_RULE.but(protocol="icmp", fromPort=None, toPort=None),),
        },
        failing={
            "SSH": (ACL_RULE.but(fromPort=22, toPort=22),),
            "a range around it": (ACL_RULE.but(fromPort=1024, toPort=65535),),
            "everything": (ACL_RULE.but(protocol="-1", fromPort=None, toPort=None),),
            "v6": (ACL_RULE.but(fromPort=22, toPort=22, cidrBlock=None, ipv6CidrBlock="::/0"),),
            "inline": (_acl(cidrBlock="0.0.0.0/0"),),
            "the default one": (
                node(
                    aws.ec2.DefaultNetworkAcl,
                    "default",
                    ingress=[
                        {
                            "ruleNo": 1,
                            "action": "allow",
                            "protocol": "-1",
                            "fromPort": 0,
                            "toPort": 0,
                            "cidrBlock": "0.0.0.0/0",
                        }
                    ],
                ),
            ),
        },
        absent=(ACL_RULE.but(fromPort=22, toPort=22, cidrBlock=None),),
        absent_is=Status.PASSED,
        unknown=(ACL_RULE.but(fromPort=22, toPort=22, cidrBlock=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=added(ACL_RULE.but(fromPort=22, toPort=22)),
    ),
    Proof(
        rule=EIP_ATTACHED,
        passing={
            "of a NAT gateway": (NAT.taken_from(allocationId=(ADDRESS.urn,)), ADDRESS),
            "of a server": (node(aws.ec2.EipAssociation, "association", allocationId=ADDRESS), ADDRESS),
            "of an interface": (ADDRESS.but(networkInterface="eni-1"),),
        },
        failing={"unused": (NAT, ADDRESS), "released": (ADDRESS.but(instance=""),)},
        absent=(ADDRESS,),
        unknown=(ADDRESS.derived(instance=UNKNOWN),),
        unknown_is=Status.PASSED,
        not_applicable=(VPC,),
        breakage=added(node(aws.ec2.Eip, "left-over", domain="vpc", tags=TAGS)),
    ),
)
