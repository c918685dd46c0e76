"""The search engine of a site, on OpenSearch Service. Magento needs one since 2.4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.data.placement import DataStorePlacement
from components.shared.iam import document
from components.shared.secret import Secret, SecretArgs
from settings.search import SearchSettings

PORT = 443
USERNAME = "magento"
_MOST_ZONES = 3
_LOGS = {"errors": "ES_APPLICATION_LOGS", "audit": "AUDIT_LOGS"}
_LOG_RETENTION_DAYS = 365
"""PCI DSS 4.0, 10.5.1: audit logs are kept for a year."""


@dataclass(frozen=True, kw_only=True)
class SearchArgs:
    """The size of the domain, and its place in the network."""

    placement: DataStorePlacement
    size: SearchSettings


class Search(pulumi.ComponentResource):
    """An OpenSearch domain inside the VPC, encrypted at rest and between nodes, with HTTPS only and a user.

    Produces the security group, the password, the secret with the password and the endpoint, a log group for errors and
    one for audit logs, the permission to write to them, and the domain. A VPC domain needs the account's service-linked
    role for OpenSearch, which ``account/bootstrap.py`` makes. The audit log stays empty until you turn it on in the
    domain's security settings ("Monitoring audit logs").
    """

    address: pulumi.Output[str]
    domain_name: pulumi.Output[str]
    nodes: int
    """The number of its instances."""
    password: pulumi.Output[str]
    """A secret. Use it only in configuration that is stored as a secret too."""
    secret_arn: pulumi.Output[str]

    def __init__(self, name: str, args: SearchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "magento:data:Search",
            name,
            {"instance_type": args.size.instance_type, "instances": args.size.instances},
            opts,
        )
        child = pulumi.ResourceOptions(parent=self)
        placement, size = args.placement, args.size
        context = placement.context
        group = placement.open_to_clients(f"{name}-access", port=PORT, service="OpenSearch", parent=self)
        password = random.RandomPassword(
            f"{name}-password",
            length=32,
            # The domain requires one character of each kind ("Fine-grained access control").
            min_lower=1,
            min_upper=1,
            min_numeric=1,
            min_special=1,
            override_special="-_.",
            opts=child,
        )
        zones = pulumi.Output.from_input(placement.zone_count).apply(
            lambda count: min(size.instances, count, _MOST_ZONES)
        )
        logs, may_log = self._logs(name, placement)
        domain = aws.opensearch.Domain(
            f"{name}-domain",
            # A fixed name: it is part of the endpoint, and people find the site's domain by it.
            domain_name=context.tags.owner,
            engine_version=f"OpenSearch_{size.engine_version}",
            cluster_config=zones.apply(lambda count: _cluster(size, count)),
            ebs_options=aws.opensearch.DomainEbsOptionsArgs(
                ebs_enabled=True, volume_type="gp3", volume_size=size.storage_gib
            ),
            vpc_options=aws.opensearch.DomainVpcOptionsArgs(
                # AWS takes exactly as many subnets as zones.
                subnet_ids=pulumi.Output.all(placement.subnet_ids, zones).apply(lambda known: known[0][: known[1]]),
                security_group_ids=[group.id],
            ),
            encrypt_at_rest=aws.opensearch.DomainEncryptAtRestArgs(enabled=True, kms_key_id=context.key_arn),
            node_to_node_encryption=aws.opensearch.DomainNodeToNodeEncryptionArgs(enabled=True),
            domain_endpoint_options=aws.opensearch.DomainDomainEndpointOptionsArgs(
                enforce_https=True, tls_security_policy="Policy-Min-TLS-1-2-PFS-2023-10"
            ),
            advanced_security_options=aws.opensearch.DomainAdvancedSecurityOptionsArgs(
                enabled=True,
                internal_user_database_enabled=True,
                master_user_options=aws.opensearch.DomainAdvancedSecurityOptionsMasterUserOptionsArgs(
                    master_user_name=USERNAME, master_user_password=password.result
                ),
            ),
            # Clients of the security group log in with a password, because Magento cannot sign requests with IAM.
            access_policies=document(
                {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:ESHttp*", "Resource": "*"}
            ),
            log_publishing_options=[
                aws.opensearch.DomainLogPublishingOptionArgs(log_type=_LOGS[kind], cloudwatch_log_group_arn=group.arn)
                for kind, group in logs.items()
            ],
            # Updates run in the domain's off-peak window, on new nodes.
            software_update_options=aws.opensearch.DomainSoftwareUpdateOptionsArgs(auto_software_update_enabled=True),
            tags=context.tags.named(name),
            opts=pulumi.ResourceOptions(parent=self, protect=context.protect, depends_on=[may_log]),
        )
        self.address = domain.endpoint
        self.domain_name, self.nodes = domain.domain_name, size.instances
        self.password = password.result
        self.secret_arn = Secret(
            f"{name}-credentials",
            SecretArgs(
                description=f"How to connect to the {name} domain",
                value={"host": domain.endpoint, "username": USERNAME, "password": password.result},
                context=context,
            ),
            opts=child,
        ).arn
        self.register_outputs({"address": self.address, "secret_arn": self.secret_arn})

    def _logs(
        self, name: str, placement: DataStorePlacement
    ) -> tuple[dict[str, aws.cloudwatch.LogGroup], aws.cloudwatch.LogResourcePolicy]:
        """A log group for each kind, and the permission to write to them. The domain needs it from the start."""
        child = pulumi.ResourceOptions(parent=self)
        context = placement.context
        groups = {
            kind: aws.cloudwatch.LogGroup(
                f"{name}-{kind}-logs",
                retention_in_days=_LOG_RETENTION_DAYS,
                kms_key_id=context.key_arn,
                tags=context.tags.named(f"{name}-{kind}"),
                opts=child,
            )
            for kind in _LOGS
        }
        policy = aws.cloudwatch.LogResourcePolicy(
            f"{name}-may-log",
            policy_name=f"{context.tags.owner}-search",
            policy_document=pulumi.Output.all(context.account_id, *(group.arn for group in groups.values())).apply(
                _writing
            ),
            opts=child,
        )
        return groups, policy


def _cluster(size: SearchSettings, zones: int) -> aws.opensearch.DomainClusterConfigArgs:
    """The instances, spread over so many zones."""
    spread = aws.opensearch.DomainClusterConfigZoneAwarenessConfigArgs(availability_zone_count=zones)
    return aws.opensearch.DomainClusterConfigArgs(
        instance_type=size.instance_type,
        instance_count=size.instances,
        zone_awareness_enabled=zones > 1,
        zone_awareness_config=spread if zones > 1 else None,
    )


def _writing(known: Sequence[str]) -> str:
    """The policy by which OpenSearch Service writes to the log groups, for the domains of one account."""
    account_id, *log_group_arns = known
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "es.amazonaws.com"},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [f"{arn}:*" for arn in log_group_arns],
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        }
    )
