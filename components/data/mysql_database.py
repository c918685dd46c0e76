"""A MySQL database on RDS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.data.placement import DataStorePlacement
from components.network.security_group import IngressRule
from components.shared.iam import assumable_by
from components.shared.secret import Secret, SecretArgs
from settings.database import ApplyChanges, DatabaseSettings

PORT = 3306
_MONITORING_ROLE_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"

# The baseline of gp3 from this size on, which costs nothing more. RDS takes less for no larger volume ("Amazon RDS DB
# instance storage").
_STRIPED_FROM_GIB, _STRIPED_IOPS, _STRIPED_MIB_PER_SECOND = 400, 12_000, 500

_BLUE_GREEN = aws.rds.InstanceBlueGreenUpdateArgs(enabled=True)
# A blue/green update copies the whole database, which takes longer than the provider's 80 minutes.
_LONG_UPDATE = pulumi.CustomTimeouts(update="4h")
_EXPORTED_LOGS = ("error", "slowquery")
_LOG_RETENTION_DAYS = 90
"""PCI DSS 4.0, 10.5.1: three months are available immediately."""

IMMEDIATE, PENDING_REBOOT = "immediate", "pending-reboot"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of MySQL, and when RDS applies a change.

    RDS takes ``immediate`` for a dynamic parameter only, and ``pending-reboot`` for every one. A new database starts
    with all of them ("Working with DB parameter groups").
    """

    value: str
    apply_method: str


PARAMETERS: Mapping[str, Parameter] = {
    # Without it, `setup:db:status` never reports "up to date", so every release would need a hold (Adobe, "MySQL").
    "explicit_defaults_for_timestamp": Parameter(value="1", apply_method=PENDING_REBOOT),
    # Magento's indexers create triggers. With binary logs, MySQL would require SUPER for that. Reports of RDS for MySQL
    # 8.4 disagree on whether it is dynamic.
    "log_bin_trust_function_creators": Parameter(value="1", apply_method=PENDING_REBOOT),
    "require_secure_transport": Parameter(value="1", apply_method=IMMEDIATE),
    "slow_query_log": Parameter(value="1", apply_method=IMMEDIATE),
    "long_query_time": Parameter(value="2", apply_method=IMMEDIATE),
}


@dataclass(frozen=True, kw_only=True)
class MySqlDatabaseArgs:
    """The size of the database, and its place in the network."""

    placement: DataStorePlacement
    database_name: str
    """The schema that RDS creates with the instance."""
    size: DatabaseSettings
    username: str = "magento"
    """The master user."""


class MySqlDatabase(pulumi.ComponentResource):
    """An encrypted RDS for MySQL instance in private subnets, with a generated password.

    Produces the security group, subnet group, parameter group (``PARAMETERS``), monitoring role, log groups, password,
    the secret with the password and the endpoint, and the instance. The metrics of the operating system go to
    ``RDSOSMetrics``, the log group that all databases of an account share. RDS makes it, and keeps them for 30 days
    ("Viewing OS metrics using CloudWatch Logs").
    """

    address: pulumi.Output[str]
    """The host name."""
    endpoint: pulumi.Output[str]
    """Host name and port."""
    identifier: pulumi.Output[str]
    subnet_group: pulumi.Output[str]
    parameter_group: pulumi.Output[str]
    database_name: str
    username: str
    password: pulumi.Output[str]
    """A secret. Use it only in configuration that is stored as a secret too."""
    secret_arn: pulumi.Output[str]

    def __init__(self, name: str, args: MySqlDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "magento:data:MySqlDatabase",
            name,
            {"instance_class": args.size.instance_class, "multi_az": args.size.multi_az},
            opts,
        )
        child = pulumi.ResourceOptions(parent=self)
        placement, size = args.placement, args.size
        context = self._context = placement.context
        kept = pulumi.ResourceOptions(parent=self, protect=context.protect)
        tags = context.tags.named(name)
        self.database_name, self.username = args.database_name, args.username
        self._group = placement.open_to_clients(f"{name}-access", port=PORT, service="MySQL", parent=self)
        subnets = aws.rds.SubnetGroup(
            f"{name}-subnets",
            description="Private subnets only",
            subnet_ids=placement.subnet_ids,
            tags=tags,
            opts=kept,
        )
        parameters = aws.rds.ParameterGroup(
            f"{name}-parameters",
            family=f"mysql{size.engine_version}",
            description=f"Parameters of {context.tags.shown(name)}",
            parameters=[
                aws.rds.ParameterGroupParameterArgs(
                    name=each, value=parameter.value, apply_method=parameter.apply_method
                )
                for each, parameter in sorted(PARAMETERS.items())
            ],
            tags=tags,
            opts=child,
        )
        password = random.RandomPassword(
            f"{name}-password",
            length=40,
            # RDS refuses / @ " and blanks, and other special characters need quotes in shells.
            special=False,
            opts=kept,
        )
        identifier = self._identifier(name)
        instance = aws.rds.Instance(
            f"{name}-instance",
            identifier=identifier,
            engine="mysql",
            engine_version=size.engine_version,
            instance_class=size.instance_class,
            multi_az=size.multi_az,
            allocated_storage=size.storage_gib,
            max_allocated_storage=size.max_storage_gib,
            storage_type="gp3",
            # Said, since the provider sends the old figures when the storage grows past 400 GiB, and RDS refuses them.
            iops=_STRIPED_IOPS if size.storage_gib >= _STRIPED_FROM_GIB else None,
            storage_throughput=_STRIPED_MIB_PER_SECOND if size.storage_gib >= _STRIPED_FROM_GIB else None,
            storage_encrypted=True,
            kms_key_id=context.key_arn,
            db_name=args.database_name,
            username=self.username,
            password=password.result,
            port=PORT,
            publicly_accessible=False,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[self._group.id],
            parameter_group_name=parameters.name,
            backup_retention_period=size.backup_retention_days,
            # In UTC, after the imports of the night and before the first orders of the morning.
            backup_window="02:00-02:30",
            maintenance_window="tue:03:00-tue:04:00",
            copy_tags_to_snapshot=True,
            delete_automated_backups=not context.final_snapshots,
            deletion_protection=context.protect,
            skip_final_snapshot=not context.final_snapshots,
            # Of a name that no earlier snapshot has: a database that is made again gets another identifier.
            final_snapshot_identifier=(
                pulumi.Output.format("{0}-final", identifier) if context.final_snapshots else None
            ),
            snapshot_identifier=size.snapshot_id,
            apply_immediately=size.apply_changes.is_immediate,
            # RDS refuses another major version without it. In the window, the old parameter group could not be deleted.
            allow_major_version_upgrade=size.apply_changes.is_immediate,
            blue_green_update=_BLUE_GREEN if size.apply_changes is ApplyChanges.BLUE_GREEN else None,
            auto_minor_version_upgrade=True,
            enabled_cloudwatch_logs_exports=list(_EXPORTED_LOGS),
            performance_insights_enabled=size.has_performance_insights,
            performance_insights_kms_key_id=context.key_arn if size.has_performance_insights else None,
            performance_insights_retention_period=7 if size.has_performance_insights else None,
            monitoring_interval=60,
            monitoring_role_arn=self._monitoring_role(name).arn,
            tags=context.tags.backed_up(name),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=context.protect,
                depends_on=self._log_groups(name, identifier),
                # Another snapshot would replace the database, with all that it has stored since. So would the stack's
                # key, after a restore from a snapshot under another one.
                ignore_changes=["snapshotIdentifier", "kmsKeyId"],
                custom_timeouts=_LONG_UPDATE,
            ),
        )
        warn_of_another_key(instance, context.key_arn)
        self.address = instance.address
        self.endpoint = instance.endpoint
        self.identifier = instance.identifier
        self.subnet_group, self.parameter_group = subnets.name, parameters.name
        self.password = password.result
        self.secret_arn = Secret(
            f"{name}-credentials",
            SecretArgs(
                description=f"How to connect to the {name} database",
                value={
                    "host": instance.address,
                    "port": str(PORT),
                    "dbname": args.database_name,
                    "username": self.username,
                    "password": password.result,
                },
                context=context,
            ),
            opts=child,
        ).arn
        self.register_outputs({"address": self.address, "endpoint": self.endpoint, "secret_arn": self.secret_arn})

    def allow_from(self, client: str, group_id: pulumi.Input[str]) -> None:
        """Let one more client connect, by its security group."""
        self._group.allow_from(IngressRule(name=client, port=PORT, from_group=group_id, reason=f"MySQL from {client}"))

    def _identifier(self, name: str) -> pulumi.Output[str]:
        """A name that is known before the instance is made, and that a replacement does not share."""
        suffix = random.RandomId(
            f"{name}-identifier",
            byte_length=4,
            # A change of one of these replaces the instance.
            keepers={"database": self.database_name, "username": self.username, "key": self._context.key_arn},
            opts=pulumi.ResourceOptions(parent=self),
        )
        return pulumi.Output.format("{0}-{1}-{2}", self._context.tags.owner, name, suffix.hex)

    def _log_groups(self, name: str, identifier: pulumi.Output[str]) -> list[aws.cloudwatch.LogGroup]:
        """The groups that RDS would make itself, without an expiry and without the stack's key, if it found none."""
        return [
            aws.cloudwatch.LogGroup(
                f"{name}-{log}-logs",
                name=pulumi.Output.format("/aws/rds/instance/{0}/{1}", identifier, log),
                retention_in_days=_LOG_RETENTION_DAYS,
                kms_key_id=self._context.key_arn,
                tags=self._context.tags.named(f"{name}-{log}-logs"),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for log in _EXPORTED_LOGS
        ]

    def _monitoring_role(self, name: str) -> aws.iam.Role:
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-monitoring-role",
            assume_role_policy=pulumi.Output.from_input(self._context.account_id).apply(
                lambda account_id: assumable_by("monitoring.rds.amazonaws.com", account_id=account_id)
            ),
            tags=self._context.tags.named(name),
            opts=child,
        )
        aws.iam.RolePolicyAttachment(
            f"{name}-monitoring-policy", role=role.name, policy_arn=_MONITORING_ROLE_POLICY, opts=child
        )
        return role


def warn_of_another_key(database: aws.rds.Instance, key_arn: pulumi.Input[str]) -> None:
    """Print a warning in previews and updates if the database has another key than ``key_arn``, the stack's."""
    pulumi.Output.all(database.kms_key_id, key_arn).apply(
        lambda known: _warn(database, has=known[0], expected=known[1])
    )


def _warn(database: pulumi.Resource, *, has: str, expected: str) -> None:
    if has != expected:
        pulumi.log.warn(
            f"it has the key of its snapshot, {has}, and not the stack's. It is lost with that key. "
            'To give it the stack\'s, read docs/operations.md, "Restore a database".',
            database,
        )
