"""A satellite: one instance of a PHP application behind its own load balancer, with the shared database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.beanstalk.application import BeanstalkApplication, BeanstalkApplicationArgs
from components.beanstalk.environment import BeanstalkEnvironment, BeanstalkEnvironmentArgs
from components.beanstalk.load_balancing import BehindOwnLoadBalancer
from components.beanstalk.options import EnvironmentOptions
from components.beanstalk.placeholder import Placeholder
from components.beanstalk.platform import PhpPlatform
from components.data.mysql_database import MySqlDatabase
from components.network.security_group import IngressRule, SecurityGroup, SecurityGroupArgs
from components.network.shared_platform_outputs import SharedPlatformOutputs
from components.satellites.ftp import SatelliteFtp, SatelliteFtpArgs
from components.servers.gateway_proxy import GatewayProxy
from components.shared.arguments import refuse
from components.shared.context import Context
from components.shared.iam import allow, document
from components.shared.instance_role import InstanceRole, InstanceRoleArgs
from components.shared.secret import Secret, SecretArgs
from settings.satellite import SatelliteSettings

_DATABASE_FIELDS = {
    "DATABASE_HOST": "host",
    "DATABASE_PORT": "port",
    "DATABASE_NAME": "dbname",
    "DATABASE_USER": "username",
    "DATABASE_PASSWORD": "password",
}
"""The environment variables of the database, and the fields of its secret that hold their values."""
_FILLED_FIELD = "value"
"""The field of a secret whose value you fill in."""
_RECORD_TTL_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class SatelliteAppArgs:
    """The settings of the satellite, and the resources that satellites share.

    Raises ``ValueError`` for FTP without a gateway.
    """

    context: Context
    shared: SharedPlatformOutputs
    satellite: SatelliteSettings
    database: MySqlDatabase
    """The database that all satellites share."""
    gateway: GatewayProxy | None = None
    """The gateway, through which FTP clients connect."""

    def __post_init__(self) -> None:
        if self.satellite.ftp and not (self.gateway and self.shared.internal_domain):
            refuse("gateway", expected=f"a gateway for the FTP of satellite {self.satellite.name}")

    @property
    def ftp_server(self) -> SatelliteFtpArgs | None:
        """The arguments of its FTP server, if it has one."""
        if not (self.satellite.ftp and self.gateway and self.shared.internal_domain):
            return None
        return SatelliteFtpArgs(
            access=self.satellite.ftp,
            gateway=self.gateway,
            address=f"{self.satellite.name}.{self.shared.internal_domain}",
            internal_zone_id=self.shared.internal_zone_id,
            context=self.context.for_system(self.satellite.name),
        )


class SatelliteApp(pulumi.ComponentResource):
    """One satellite. Everyone reaches it at its load balancer, over HTTP and, with a host name, over HTTPS.

    Produces the security groups of its load balancer and of its instance, the instance's role, a secret for each value
    that you fill in, a log group, the Beanstalk application and its environment. If the settings ask for them, produces
    ``SatelliteFtp`` and the DNS record of the HTTPS name.
    """

    application: BeanstalkApplication
    environment: BeanstalkEnvironment
    instance_group_id: pulumi.Output[str]
    role: aws.iam.Role
    address: pulumi.Output[str]
    ftp: SatelliteFtp | None

    def __init__(self, name: str, args: SatelliteAppArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:satellites:SatelliteApp", name, {"name": args.satellite.name}, opts)
        self._name, self._args, self._satellite = name, args, args.satellite
        self._context = args.context.for_system(args.satellite.name)
        self._child = pulumi.ResourceOptions(parent=self)
        balancer_group = self._balancer_group()
        ftp = args.ftp_server
        instance_group = self._instance_group(balancer_group, ftp.ingress_rules if ftp else ())
        self.instance_group_id = instance_group.id
        args.database.allow_from(self._satellite.name, instance_group.id)
        self.ftp = SatelliteFtp(f"{name}-ftp", ftp, opts=self._child) if ftp else None
        filled = {variable: self._secret_to_fill_in(variable).arn for variable in self._satellite.filled_secrets}
        instance_role = InstanceRole(f"{name}-instance", InstanceRoleArgs(context=self._context), opts=self._child)
        self.role = instance_role.role
        self.application = BeanstalkApplication(
            f"{name}-releases",
            BeanstalkApplicationArgs(
                application_name=f"{args.context.tags.client}-{self._satellite.name}-{args.context.tags.environment}",
                description=f"{self._satellite.name} of {args.context.tags.client}, {args.context.tags.environment}",
                placeholder=Placeholder(
                    document_root=self._satellite.document_root,
                    health_check_path=self._satellite.health_check_path,
                ),
                bucket_name=args.shared.configuration_bucket,
                context=self._context,
            ),
            opts=self._child,
        )
        # Without the permission to read its secrets, an instance fails to start.
        ready = [self._grant(filled), instance_role]
        self.environment = self._environment(balancer_group, instance_role.profile_name, filled, after=ready)
        self.address = pulumi.Output.format("http://{0}/", self.environment.load_balancer_dns_name)
        if self._satellite.https_host_name:
            self.address = pulumi.Output.from_input(f"https://{self._satellite.https_host_name}/")
            self._record(self._satellite.https_host_name)
        self.register_outputs({"address": self.address, "environment": self.environment.environment_name})

    def _balancer_group(self) -> SecurityGroup:
        reason = f"{self._satellite.name}, for everybody"
        ingress = [IngressRule(name="http", port=80, from_cidr="0.0.0.0/0", reason=reason)]
        if self._satellite.https_host_name:
            ingress.append(IngressRule(name="https", port=443, from_cidr="0.0.0.0/0", reason=reason))
        return SecurityGroup(
            f"{self._name}-load-balancer",
            SecurityGroupArgs(
                vpc_id=self._args.shared.vpc_id,
                description=reason,
                ingress=tuple(ingress),
                open_egress=True,
                # The same system as the site's load balancer: the only one that is open to everyone.
                context=self._args.context.for_system("load-balancer"),
            ),
            opts=self._child,
        )

    def _instance_group(self, balancer_group: SecurityGroup, from_gateway: tuple[IngressRule, ...]) -> SecurityGroup:
        from_balancer = IngressRule(
            name="load-balancer",
            port=80,
            from_group=balancer_group.id,
            reason="Requests that the load balancer passes on",
        )
        return SecurityGroup(
            f"{self._name}-instances",
            SecurityGroupArgs(
                vpc_id=self._args.shared.vpc_id,
                description=f"The {self._satellite.name} instance",
                ingress=(from_balancer, *from_gateway),
                open_egress=True,
                context=self._context,
            ),
            opts=self._child,
        )

    def _environment(
        self,
        balancer_group: SecurityGroup,
        profile_name: pulumi.Input[str],
        filled: Mapping[str, pulumi.Output[str]],
        *,
        after: list[pulumi.Resource],
    ) -> BeanstalkEnvironment:
        satellite, shared, tags = self._satellite, self._args.shared, self._args.context.tags
        environment_name = f"{tags.owner}-{satellite.name}"
        return BeanstalkEnvironment(
            f"{self._name}-environment",
            BeanstalkEnvironmentArgs(
                application_name=self.application.application_name,
                environment_name=environment_name,
                platform=PhpPlatform(php=satellite.php, pinned=satellite.solution_stack),
                options=EnvironmentOptions(
                    fleet=satellite.fleet,
                    health_check_path=satellite.health_check_path,
                    health_check_codes=satellite.health_check_codes,
                    document_root=satellite.document_root,
                    web_server=satellite.web_server,
                    load_balancing=BehindOwnLoadBalancer(
                        security_group_id=balancer_group.id,
                        certificate_arn=shared.certificate_arn if satellite.https_host_name else None,
                    ),
                    vpc_id=shared.vpc_id,
                    # Single instances are in the first subnet. A load balancer must have two.
                    instance_subnet_ids=pulumi.Output.from_input(shared.private_subnet_ids).apply(lambda ids: ids[:1]),
                    load_balancer_subnet_ids=shared.public_subnet_ids,
                    instance_group_id=self.instance_group_id,
                    instance_profile_name=profile_name,
                    service_role_arn=self.application.service_role_arn,
                    variables=self._variables(environment_name),
                    secrets=self._environment_secrets(filled),
                ),
                first_version=self.application.placeholder_version,
                after=after,
                context=self._context,
            ),
            opts=self._child,
        )

    def _secret_to_fill_in(self, variable: str) -> Secret:
        """A secret for one variable. In a common secret, a new variable would overwrite the filled-in values."""
        return Secret(
            f"{self._name}-{variable.lower().replace('_', '-')}",
            SecretArgs(
                description=f"{variable} of {self._satellite.name}: its value is filled in by hand",
                value={_FILLED_FIELD: "to be filled in"},
                context=self._context,
            ),
            opts=self._child,
        )

    def _environment_secrets(self, filled: Mapping[str, pulumi.Output[str]]) -> dict[str, pulumi.Input[str]]:
        """The secret of each variable, and the field in it ("Extracting JSON keys from Secrets Manager secrets")."""
        database = self._args.database.secret_arn
        return {
            **{name: pulumi.Output.format("{0}:{1}", database, field) for name, field in _DATABASE_FIELDS.items()},
            **{name: pulumi.Output.format("{0}:{1}", arn, _FILLED_FIELD) for name, arn in filled.items()},
        }

    def _logs(self, environment_name: str) -> aws.cloudwatch.LogGroup:
        """The log group of the application, cron and the FTP server. Beanstalk makes those of its own logs."""
        return aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            # AWSElasticBeanstalkWebTier lets instances write to groups with this beginning, and create none.
            name=f"/aws/elasticbeanstalk/{environment_name}/satellite",
            retention_in_days=EnvironmentOptions.log_retention_days,
            kms_key_id=self._context.key_arn,
            tags=self._context.tags.named(f"{self._name}-logs"),
            opts=self._child,
        )

    def _variables(self, environment_name: str) -> dict[str, pulumi.Input[str]]:
        """The application's variables, and those that the release's hooks read."""
        return {
            "SATELLITE_LOG_GROUP": self._logs(environment_name).name,
            **self._satellite.variables,
            **self._satellite.cron_properties,
            **(self.ftp.variables if self.ftp else {}),
        }

    def _grant(self, filled: Mapping[str, pulumi.Output[str]]) -> aws.iam.RolePolicy:
        """Let the instance read its secrets, and do what its FTP server needs."""
        policy = pulumi.Output.all(
            secrets=pulumi.Output.all(self._args.database.secret_arn, *filled.values()),
            key=self._args.context.key_arn,
            further=self.ftp.statements if self.ftp else [],
        ).apply(
            lambda known: document(
                allow(["secretsmanager:GetSecretValue"], *known["secrets"]),
                allow(["kms:Decrypt"], known["key"]),
                *known["further"],
            )
        )
        return aws.iam.RolePolicy(f"{self._name}-instance-policy", role=self.role.name, policy=policy, opts=self._child)

    def _record(self, host_name: str) -> None:
        aws.route53.Record(
            f"{self._name}-{host_name}",
            zone_id=self._args.shared.public_zone_id,
            name=host_name,
            type="CNAME",
            ttl=_RECORD_TTL_SECONDS,
            # This name stays the same when Beanstalk replaces the load balancer.
            records=[self.environment.host_name],
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
