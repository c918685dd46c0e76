"""Checks that the resources and instance types in a configuration exist, and finds the network of the instances."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from sandbox.emulator.elasticbeanstalk.configuration import ENVIRONMENT, LAUNCH, LOAD_BALANCER, VPC, Configuration
from sandbox.emulator.elasticbeanstalk.exceptions import ConfigurationValidationError
from sandbox.emulator.in_process import client
from sandbox.emulator.instance_types import Offer, is_offered


def find_network(configuration: Configuration, region: str, account: str) -> tuple[str, list[str]]:
    """The VPC and the subnets of the instances: those of the configuration, or else the default VPC's."""
    ec2 = client("ec2", region, account)
    vpc_id = configuration.given(VPC, "VPCId")
    if not vpc_id:
        default = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        if not default:
            raise ConfigurationValidationError("There is no default VPC: set VPCId and Subnets in aws:ec2:vpc.")
        vpc_id = default[0]["VpcId"]
    subnets = configuration.items(VPC, "Subnets")
    if not subnets:
        found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["Subnets"]
        subnets = [subnet["SubnetId"] for subnet in found]
    if not subnets:
        raise ConfigurationValidationError(f"The VPC {vpc_id} has no subnets.")
    return vpc_id, subnets


def check_references(configuration: Configuration, region: str, account: str) -> None:
    """Refuse a configuration with a network, group, role, profile, load balancer or type that does not exist."""
    _check_types(configuration, region)
    vpc_id = configuration.given(VPC, "VPCId")
    if vpc_id:
        _require(client("ec2", region, account).describe_vpcs, f"The VPC '{vpc_id}' does not exist.", VpcIds=[vpc_id])
    _check_subnets(configuration, vpc_id, region, account)
    _check_security_groups(configuration, vpc_id, region, account)
    _check_roles(configuration, region, account)
    if configuration.shares_load_balancer():
        _check_shared_load_balancer(configuration, region, account)


def _check_types(configuration: Configuration, region: str) -> None:
    """In the words of Auto Scaling, which on AWS come as an event of the environment."""
    for option in (("aws:ec2:instances", "InstanceTypes"), (LAUNCH, "InstanceType")):
        for kind in configuration.items(*option) if configuration.given(*option) else ():
            if not is_offered(Offer.EC2, kind, region):
                raise ConfigurationValidationError(f"The specified instance type {kind} is not valid")


def _check_subnets(configuration: Configuration, vpc_id: str | None, region: str, account: str) -> None:
    for option in ("Subnets", "ELBSubnets"):
        if subnets := configuration.items(VPC, option):
            missing = f"{option}: one or more of the subnets {', '.join(subnets)} do not exist."
            found = _require(client("ec2", region, account).describe_subnets, missing, SubnetIds=subnets)["Subnets"]
            for subnet in found:
                if vpc_id and subnet["VpcId"] != vpc_id:
                    raise ConfigurationValidationError(
                        f"The subnet '{subnet['SubnetId']}' is not in the VPC '{vpc_id}'."
                    )


def _check_security_groups(configuration: Configuration, vpc_id: str | None, region: str, account: str) -> None:
    options = ((LAUNCH, "SecurityGroups"), (LOAD_BALANCER, "SecurityGroups"))
    groups = sorted({group for option in options for group in configuration.items(*option)})
    if groups:
        missing = f"One or more of the security groups {', '.join(groups)} do not exist."
        found = _require(client("ec2", region, account).describe_security_groups, missing, GroupIds=groups)
        for group in found["SecurityGroups"]:
            if vpc_id and group["VpcId"] != vpc_id:
                raise ConfigurationValidationError(
                    f"The security group '{group['GroupId']}' is not in the VPC '{vpc_id}'."
                )


def _check_roles(configuration: Configuration, region: str, account: str) -> None:
    iam = client("iam", region, account)
    if profile := configuration.given(LAUNCH, "IamInstanceProfile"):
        missing = f"The instance profile {profile} associated with the environment does not exist."
        _require(iam.get_instance_profile, missing, InstanceProfileName=profile.rpartition("/")[2])
    if role := configuration.given(ENVIRONMENT, "ServiceRole"):
        _require(iam.get_role, f"The service role {role} does not exist.", RoleName=role.rpartition("/")[2])


def _check_shared_load_balancer(configuration: Configuration, region: str, account: str) -> None:
    arn = configuration.text(LOAD_BALANCER, "SharedLoadBalancer")
    missing = f"The shared load balancer '{arn}' does not exist."
    found = _require(client("elbv2", region, account).describe_load_balancers, missing, LoadBalancerArns=[arn])
    load_balancer = found["LoadBalancers"][0]
    if load_balancer["Type"] != "application":
        raise ConfigurationValidationError(f"The shared load balancer '{arn}' is not an Application Load Balancer.")
    if load_balancer["LoadBalancerName"].startswith("awseb-"):
        raise ConfigurationValidationError(
            f"The load balancer '{arn}' belongs to another environment and cannot be shared."
        )
    vpc_id, _ = find_network(configuration, region, account)
    if load_balancer["VpcId"] != vpc_id:
        raise ConfigurationValidationError(f"The shared load balancer '{arn}' is not in the VPC '{vpc_id}'.")


def _require(describe: Any, missing: str, **what: Any) -> Any:
    """The answer of a call. If it is refused, raise the configuration error ``missing``."""
    try:
        return describe(**what)
    except ClientError:
        raise ConfigurationValidationError(missing) from None
