"""Writes ``aws_types.py``: type tokens, taken from the SDK's classes.

Importing the SDK's packages would add a second to every preview, and a rule with a mistyped token would never fire.
"""

from __future__ import annotations

import importlib

from pulumi import _types

NAMES = {
    "acm": (
        "Certificate",
        "CertificateValidation",
    ),
    "backup": (
        "Plan",
        "Selection",
        "Vault",
    ),
    "bcmdata": ("Export",),
    "cloudfront": (
        "CachePolicy",
        "Distribution",
        "OriginAccessControl",
        "ResponseHeadersPolicy",
    ),
    "cloudwatch": (
        "CompositeAlarm",
        "Dashboard",
        "LogDelivery",
        "LogDeliveryDestination",
        "LogDeliverySource",
        "LogGroup",
        "MetricAlarm",
    ),
    "ebs": (
        "Snapshot",
        "Volume",
    ),
    "ec2": (
        "CustomerGateway",
        "DefaultNetworkAcl",
        "DefaultRouteTable",
        "DefaultSecurityGroup",
        "DefaultVpc",
        "Eip",
        "EipAssociation",
        "FlowLog",
        "Instance",
        "InternetGateway",
        "LaunchTemplate",
        "ManagedPrefixList",
        "ManagedPrefixListEntry",
        "NatGateway",
        "NetworkAcl",
        "NetworkAclRule",
        "NetworkInterface",
        "NetworkInterfaceAttachment",
        "Route",
        "RouteTable",
        "RouteTableAssociation",
        "SecurityGroup",
        "SecurityGroupRule",
        "Subnet",
        "VolumeAttachment",
        "Vpc",
        "VpcEndpoint",
        "VpcEndpointRouteTableAssociation",
        "VpcIpv4CidrBlockAssociation",
        "VpnConnection",
        "VpnConnectionRoute",
        "VpnGateway",
        "VpnGatewayRoutePropagation",
    ),
    "elasticache": (
        "Cluster",
        "ParameterGroup",
        "ReplicationGroup",
        "SubnetGroup",
    ),
    "elasticbeanstalk": (
        "Application",
        "ApplicationVersion",
        "Environment",
    ),
    "iam": (
        "AccessKey",
        "GroupPolicy",
        "GroupPolicyAttachment",
        "InstanceProfile",
        "Policy",
        "PolicyAttachment",
        "Role",
        "RolePolicy",
        "RolePolicyAttachment",
        "User",
        "UserLoginProfile",
        "UserPolicy",
        "UserPolicyAttachment",
    ),
    "kms": (
        "Alias",
        "Key",
        "KeyPolicy",
    ),
    "lb": (
        "Listener",
        "ListenerCertificate",
        "ListenerRule",
        "LoadBalancer",
        "TargetGroup",
    ),
    "opensearch": (
        "Domain",
        "DomainPolicy",
    ),
    "rds": (
        "Cluster",
        "ClusterInstance",
        "EventSubscription",
        "Instance",
        "ParameterGroup",
        "SubnetGroup",
    ),
    "route53": (
        "Record",
        "Zone",
        "ZoneAssociation",
    ),
    "s3": (
        "Bucket",
        "BucketAcl",
        "BucketLifecycleConfiguration",
        "BucketLogging",
        "BucketObject",
        "BucketObjectv2",
        "BucketOwnershipControls",
        "BucketPolicy",
        "BucketPublicAccessBlock",
        "BucketServerSideEncryptionConfiguration",
        "BucketVersioning",
    ),
    "scheduler": ("Schedule",),
    "secretsmanager": (
        "Secret",
        "SecretPolicy",
        "SecretRotation",
        "SecretVersion",
    ),
    "sfn": ("StateMachine",),
    "sns": (
        "Topic",
        "TopicPolicy",
        "TopicSubscription",
    ),
    "ssm": (
        "Association",
        "Document",
        "Parameter",
    ),
    "vpc": (
        "SecurityGroupEgressRule",
        "SecurityGroupIngressRule",
    ),
    "wafv2": (
        "WebAcl",
        "WebAclAssociation",
    ),
}


def source() -> str:
    """The module's text. Raises AttributeError for a name that the SDK does not have."""
    lines = [
        '"""Type tokens by the names of the SDK\'s classes; written by ``python -m policies.generated.generate``."""',
        "",
        "# ruff: noqa: N801",
    ]
    taggable: list[str] = []
    for service, kinds in NAMES.items():
        module = importlib.import_module(f"pulumi_aws.{service}")
        lines += ["", "", f"class {service}:"]
        lines += [_line(kind, getattr(module, kind).pulumi_type) for kind in kinds]
        taggable += [f"{service}.{kind}" for kind in kinds if "tags" in _types.resource_types(getattr(module, kind))]
    lines += ["", "", "TAGGABLE = (", *(f"    {name}," for name in taggable), ")"]
    return "\n".join([*lines, '"""Types that can have tags."""', ""])


_WIDTH = 120


def _line(kind: str, token: str) -> str:
    line = f'    {kind} = "{token}"'
    return line if len(line) <= _WIDTH else f'    {kind} = (\n        "{token}"\n    )'
