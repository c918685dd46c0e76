"""What AWS and the random provider answer in unit tests: realistic, deterministic, and never silently empty.

An output that is not set would arrive in the program as ``None`` and travel on, so each one that the SDK declares as
always there gets a value: those below by their service's own pattern, the others a recognisable placeholder.
"""

from __future__ import annotations

import functools
import hashlib
import re
import typing
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_random as random
from pulumi._types import resource_py_to_pulumi_names

ACCOUNT = "123456789012"
DEFAULT_REGION = "eu-west-3"

Inputs = Mapping[str, Any]


class UnansweredCallError(Exception):
    """The program called a provider function that the unit tests have no answer for."""

    def __init__(self, token: str) -> None:
        super().__init__(f"no answer for the function {token}: add one to FUNCTIONS in {__file__}")


def hex_of(text: str, digits: int = 17) -> str:
    """Stable hexadecimal digits for a name, as long as AWS's ids are by default."""
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def sdk_class(token: str) -> type[pulumi.CustomResource] | None:
    """The SDK's class of a type token, or None for providers and Pulumi's own types."""
    package, module, name = token.split(":")
    if package not in {"aws", "random"}:
        return None
    service = module.split("/")[0]
    found = getattr(
        import_module(f"pulumi_{package}" if service == "index" else f"pulumi_{package}.{service}"), name, None
    )
    if found is None or found.pulumi_type != token:
        raise LookupError(f"the SDK has no class for the type {token}")
    return typing.cast(type[pulumi.CustomResource], found)


def _arn(service: str, resource: str, region: str) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


def _load_balancer(name: str, region: str, inputs: Inputs) -> Inputs:
    suffix = f"app/{name}/{hex_of(name, 16)}"
    return {
        "id": _arn("elasticloadbalancing", f"loadbalancer/{suffix}", region),
        "arn": _arn("elasticloadbalancing", f"loadbalancer/{suffix}", region),
        "arnSuffix": suffix,
        "dnsName": f"{name}-{hex_of(name, 9)}.{region}.elb.amazonaws.com",
        "zoneId": "Z3Q77PNBQS71R4",
    }


def _target_group(name: str, region: str, inputs: Inputs) -> Inputs:
    suffix = f"targetgroup/{name}/{hex_of(name, 16)}"
    arn = _arn("elasticloadbalancing", suffix, region)
    return {"id": arn, "arn": arn, "arnSuffix": suffix}


def _beanstalk_environment(name: str, region: str, inputs: Inputs) -> Inputs:
    group = f"awseb-e-{hex_of(name, 10)}-stack-AWSEBAutoScalingGroup-{hex_of(name, 12)}"
    return {
        "id": f"e-{hex_of(name, 10)}",
        "arn": _arn("elasticbeanstalk", f"environment/{inputs.get('application', name)}/{name}", region),
        "cname": f"{name}.{region}.elasticbeanstalk.com",
        "endpointUrl": f"{name}.{region}.elb.amazonaws.com",
        "autoscalingGroups": [group],
        "instances": [f"i-{hex_of(name)}"],
        "loadBalancers": [_arn("elasticloadbalancing", f"loadbalancer/app/shared/{hex_of('shared', 16)}", region)],
    }


def _database(name: str, region: str, inputs: Inputs) -> Inputs:
    address = f"{name}.c{hex_of(name, 11)}.{region}.rds.amazonaws.com"
    return {
        "id": f"db-{hex_of(name, 26).upper()}",
        "arn": _arn("rds", f"db:{name}", region),
        "address": address,
        "endpoint": f"{address}:{inputs.get('port', 3306)}",
        "port": 3306,
        "resourceId": f"db-{hex_of(name, 26).upper()}",
    }


def _replication_group(name: str, region: str, inputs: Inputs) -> Inputs:
    count = int(inputs.get("numCacheClusters", 1))
    return {
        "id": name,
        "arn": _arn("elasticache", f"replicationgroup:{name}", region),
        "primaryEndpointAddress": f"master.{name}.{hex_of(name, 6)}.euw3.cache.amazonaws.com",
        "readerEndpointAddress": f"replica.{name}.{hex_of(name, 6)}.euw3.cache.amazonaws.com",
        "memberClusters": [f"{name}-{number:03d}" for number in range(1, count + 1)],
        "port": 6379,
    }


def _bucket(name: str, region: str, inputs: Inputs) -> Inputs:
    return {
        "id": name,
        "arn": f"arn:aws:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
    }


def _object(name: str, region: str, inputs: Inputs) -> Inputs:
    address = f"{inputs.get('bucket', name)}/{inputs.get('key', name)}"
    return {"id": inputs.get("key", name), "arn": f"arn:aws:s3:::{address}", "versionId": hex_of(address, 32)}


def _zone(name: str, region: str, inputs: Inputs) -> Inputs:
    zone_id = f"Z{hex_of(name, 20).upper()}"
    servers = [
        f"ns-{number}.awsdns-{number % 64:02d}.{top}" for number, top in ((1, "com"), (513, "net"), (1025, "org"))
    ]
    return {"id": zone_id, "zoneId": zone_id, "arn": f"arn:aws:route53:::hostedzone/{zone_id}", "nameServers": servers}


def _distribution(name: str, region: str, inputs: Inputs) -> Inputs:
    distribution_id = f"E{hex_of(name, 13).upper()}"
    return {
        "id": distribution_id,
        "arn": _arn("cloudfront", f"distribution/{distribution_id}", ""),
        "domainName": f"d{hex_of(name, 13)}.cloudfront.net",
        "hostedZoneId": "Z2FDTNDATAQYW2",
    }


def _vpn_connection(name: str, region: str, inputs: Inputs) -> Inputs:
    tunnels = {
        f"tunnel{number}{key}": value
        for number in (1, 2)
        for key, value in (
            ("Address", f"198.18.{number}.1"),
            ("PresharedKey", hex_of(f"{name} tunnel {number}", 32)),
            ("CgwInsideAddress", f"169.254.{number}.2"),
            ("VgwInsideAddress", f"169.254.{number}.1"),
        )
    }
    return {"id": f"vpn-{hex_of(name)}", "customerGatewayConfiguration": f"<vpn_connection id='{name}'/>", **tunnels}


def _search_domain(name: str, region: str, inputs: Inputs) -> Inputs:
    arn = _arn("es", f"domain/{name}", region)
    return {"id": arn, "arn": arn, "endpoint": f"vpc-{name}-{hex_of(name, 26)}.{region}.es.amazonaws.com"}


def _with_id(prefix: str, service: str = "ec2", kind: str = "") -> Callable[[str, str, Inputs], Inputs]:
    """Resources whose id is a prefix and hexadecimal digits."""

    def answer(name: str, region: str, inputs: Inputs) -> Inputs:
        physical = f"{prefix}-{hex_of(name)}"
        return {"id": physical, "arn": _arn(service, f"{kind or prefix}/{physical}", region)}

    return answer


def _network_interface(name: str, region: str, inputs: Inputs) -> Inputs:
    last_byte = int(hex_of(name, 2), 16)
    return {**_with_id("eni", kind="network-interface")(name, region, inputs), "privateIp": f"10.0.101.{last_byte}"}


def _elastic_address(name: str, region: str, inputs: Inputs) -> Inputs:
    last_byte = int(hex_of(name, 2), 16)
    return {**_with_id("eipalloc")(name, region, inputs), "publicIp": f"203.0.113.{last_byte}"}


def _with_arn(service: str, pattern: str, *, regional: bool = True) -> Callable[[str, str, Inputs], Inputs]:
    """Resources whose id is their ARN; the pattern's ``{}`` takes the name."""

    def answer(name: str, region: str, inputs: Inputs) -> Inputs:
        arn = _arn(service, pattern.format(name), region if regional else "")
        return {"id": arn, "arn": arn}

    return answer


def _with_name(service: str, pattern: str, *, regional: bool = True) -> Callable[[str, str, Inputs], Inputs]:
    """Resources whose id is their own name; the pattern's ``{}`` in the ARN takes it too."""

    def answer(name: str, region: str, inputs: Inputs) -> Inputs:
        return {"id": name, "arn": _arn(service, pattern.format(name), region if regional else "")}

    return answer


def _random_text(name: str, region: str, inputs: Inputs) -> Inputs:
    length = int(inputs["length"])
    text = (hex_of(name, 64) * (length // 64 + 1))[:length]
    return {"id": text, "result": text, "bcryptHash": f"$2a$10${hex_of(name, 53)}"}


def _random_bytes(name: str, region: str, inputs: Inputs) -> Inputs:
    made = bytes.fromhex(hex_of(name, 2 * int(inputs["length"])))
    return {"id": "none", "hex": made.hex(), "base64": b64encode(made).decode()}


def _random_id(name: str, region: str, inputs: Inputs) -> Inputs:
    digits = hex_of(name, 2 * int(inputs["byteLength"]))
    return {"id": digits, "hex": digits, "dec": str(int(digits, 16)), "b64Std": digits, "b64Url": digits}


_ANSWERS: dict[str, Callable[[str, str, Inputs], Inputs]] = {
    str(kind.pulumi_type): answer  # type: ignore[attr-defined]  # on every generated class, not on their base
    for kind, answer in {
        aws.acm.Certificate: _with_arn("acm", "certificate/{}"),
        aws.cloudfront.Distribution: _distribution,
        aws.cloudwatch.LogDeliveryDestination: _with_name("logs", "delivery-destination:{}"),
        aws.cloudwatch.LogGroup: _with_name("logs", "log-group:{}"),
        aws.ebs.Volume: _with_id("vol", kind="volume"),
        aws.ec2.CustomerGateway: _with_id("cgw"),
        aws.ec2.DefaultSecurityGroup: _with_id("sg", kind="security-group"),
        aws.ec2.Eip: _elastic_address,
        aws.ec2.EipAssociation: _with_id("eipassoc"),
        aws.ec2.FlowLog: _with_id("fl"),
        aws.ec2.Instance: _with_id("i", kind="instance"),
        aws.ec2.InternetGateway: _with_id("igw"),
        aws.ec2.NatGateway: _with_id("nat"),
        aws.ec2.NetworkInterface: _network_interface,
        aws.ec2.RouteTable: _with_id("rtb"),
        aws.ec2.SecurityGroup: _with_id("sg", kind="security-group"),
        aws.ec2.Subnet: _with_id("subnet"),
        aws.ec2.Vpc: _with_id("vpc"),
        aws.ec2.VpcEndpoint: _with_id("vpce"),
        aws.ec2.VpnConnection: _vpn_connection,
        aws.ec2.VpnGateway: _with_id("vgw"),
        aws.elasticache.ReplicationGroup: _replication_group,
        aws.elasticbeanstalk.Application: _with_name("elasticbeanstalk", "application/{}"),
        aws.elasticbeanstalk.Environment: _beanstalk_environment,
        aws.iam.InstanceProfile: _with_name("iam", "instance-profile/{}", regional=False),
        aws.iam.Policy: _with_arn("iam", "policy/{}", regional=False),
        aws.iam.Role: _with_name("iam", "role/{}", regional=False),
        aws.kms.Key: lambda name, region, _: {
            "id": hex_of(name, 32),
            "keyId": hex_of(name, 32),
            "arn": _arn("kms", f"key/{hex_of(name, 32)}", region),
        },
        aws.lb.Listener: _with_arn("elasticloadbalancing", "listener/app/{}"),
        aws.lb.ListenerRule: _with_arn("elasticloadbalancing", "listener-rule/app/{}"),
        aws.lb.LoadBalancer: _load_balancer,
        aws.lb.TargetGroup: _target_group,
        aws.opensearch.Domain: _search_domain,
        aws.rds.Instance: _database,
        aws.rds.SubnetGroup: _with_name("rds", "subgrp:{}"),
        aws.route53.Zone: _zone,
        aws.s3.Bucket: _bucket,
        aws.s3.BucketObjectv2: _object,
        aws.secretsmanager.Secret: _with_arn("secretsmanager", "secret:{}"),
        aws.sfn.StateMachine: _with_arn("states", "stateMachine:{}"),
        aws.sns.Topic: _with_arn("sns", "{}"),
        aws.vpc.SecurityGroupEgressRule: _with_id("sgr", kind="security-group-rule"),
        aws.vpc.SecurityGroupIngressRule: _with_id("sgr", kind="security-group-rule"),
        aws.wafv2.WebAcl: _with_arn("wafv2", "regional/webacl/{}"),
        random.RandomBytes: _random_bytes,
        random.RandomId: _random_id,
        random.RandomPassword: _random_text,
        random.RandomString: _random_text,
    }.items()
}

# What the program may have named a resource itself, by property, in the order that AWS would use it.
_PHYSICAL_NAMES = ("bucket", "identifier", "replicationGroupId", "domainName", "name")


def resource_answer(token: str, name: str, inputs: Inputs, region: str) -> Inputs:
    """The outputs that AWS would add to a resource's inputs, its id among them."""
    region = str(inputs.get("region") or region)
    named = next((str(inputs[key]) for key in _PHYSICAL_NAMES if inputs.get(key)), f"{name}-{hex_of(name, 7)}")
    answer = _ANSWERS[token](named, region, inputs) if token in _ANSWERS else {"id": named}
    return {**_placeholders(token, named), **answer}


def _placeholders(token: str, name: str) -> Inputs:
    """A value for each output that the SDK declares as always there."""
    return {
        wire_name: f"{name}-{wire_name}" if output_type is str else output_type()
        for wire_name, output_type in _declared_outputs(token).items()
    }


@functools.cache
def _declared_outputs(token: str) -> Mapping[str, type]:
    """The outputs of a type that are not optional, by wire name, as the Python type that makes an empty value."""
    kind = sdk_class(token)
    found: dict[str, type] = {}
    for attribute, wire_name in resource_py_to_pulumi_names(kind).items() if kind else ():
        (output_type,) = typing.get_args(typing.get_type_hints(getattr(kind, attribute).fget)["return"])
        origin = typing.get_origin(output_type) or output_type
        if origin in (str, bool, int, float):
            found[wire_name] = origin
        elif isinstance(origin, type) and issubclass(origin, Mapping | Sequence):
            found[wire_name] = dict if issubclass(origin, Mapping) else list
    return found


def _region(arguments: Inputs, region: str) -> Inputs:
    name = str(arguments.get("region") or region)
    return {"id": name, "region": name, "name": name, "endpoint": f"ec2.{name}.amazonaws.com", "description": name}


SOLUTION_STACKS = [
    f"64bit Amazon Linux 2023 v{version} running PHP {php}"
    for version in ("4.13.13", "4.13.12")
    for php in ("8.5", "8.4", "8.3", "8.2")
]
"""What ListAvailableSolutionStacks answers: the newest version first."""


def _solution_stack(arguments: Inputs, region: str) -> Inputs:
    """The newest of Beanstalk's platforms, some of which a new account may no longer get."""
    pattern = str(arguments["nameRegex"])
    name = next(stack for stack in SOLUTION_STACKS if re.search(pattern, stack))
    return {"id": name, "name": name, "nameRegex": pattern}


class ProviderError(Exception):
    """What the provider answers in place of a function's result."""


WITHDRAWN_IMAGE = "ami-0badc0ffee0badc0f"
"""The id of an image that EC2 does not have."""
OLD_IMAGE = "ami-01d01d01d01d01d01"
"""The id of an image that was made on 1 January 2026. The others are of today."""


def _image(arguments: Inputs, region: str) -> Inputs:
    """An image whose id tells which one was asked for."""
    asked_for = {each["name"]: each["values"][0] for each in arguments["filters"]}
    if "image-id" in asked_for:
        if asked_for["image-id"] == WITHDRAWN_IMAGE:
            raise ProviderError("Your query returned no results. Please change your search criteria.")
        made = "2026-01-01" if asked_for["image-id"] == OLD_IMAGE else f"{datetime.now(UTC):%Y-%m-%d}"
        return {"id": asked_for["image-id"], "creationDate": f"{made}T00:00:00.000Z"}
    name = asked_for["name"]
    return {"id": f"ami-{hex_of(name)}", "name": name.replace("*", "20251112-2294"), "ownerId": arguments["owners"][0]}


FUNCTIONS: Mapping[str, Callable[[Inputs, str], Inputs]] = {
    "aws:ec2/getAmi:getAmi": _image,
    "aws:ec2/getInstances:getInstances": lambda *_: {
        "id": DEFAULT_REGION,
        "ids": [],
        "privateIps": [],
        "publicIps": [],
    },
    "aws:elasticbeanstalk/getHostedZone:getHostedZone": lambda *_: {"id": "Z1WCIGYICN2BYD", "region": DEFAULT_REGION},
    "aws:elasticbeanstalk/getSolutionStack:getSolutionStack": _solution_stack,
    "aws:elb/getServiceAccount:getServiceAccount": lambda *_: {
        "id": "009996457667",
        "arn": "arn:aws:iam::009996457667:root",
    },
    "aws:index/getAvailabilityZones:getAvailabilityZones": lambda _, region: {
        "id": region,
        "names": [f"{region}{letter}" for letter in "abc"],
        "zoneIds": [f"euw3-az{number}" for number in (1, 2, 3)],
    },
    "aws:index/getCallerIdentity:getCallerIdentity": lambda *_: {
        "id": ACCOUNT,
        "accountId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:user/tests",
        "userId": "AIDACKCEVSQ6C2EXAMPLE",
    },
    "aws:index/getPartition:getPartition": lambda *_: {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    },
    "aws:index/getRegion:getRegion": _region,
}
"""The provider functions that the program may call, by token: what each answers to (arguments, the stack's region)."""


def function_answer(token: str, arguments: Inputs, region: str) -> Inputs:
    """What a provider function answers. Raises UnansweredCallError: no call is answered by accident with nothing."""
    if token not in FUNCTIONS:
        raise UnansweredCallError(token)
    return FUNCTIONS[token](arguments, region)
