"""Row 6, the satellites: one instance each behind a load balancer of its own, with the shared database."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pulumi_aws as aws
import pytest

from components.data.mysql_database import MySqlDatabase, MySqlDatabaseArgs
from components.data.placement import DataStorePlacement
from components.satellites.satellite_app import SatelliteApp, SatelliteAppArgs
from components.servers.gateway_proxy import GatewayProxy, GatewayProxyArgs
from settings.database import DatabaseSettings
from settings.forwards import ForwardSettings
from settings.gateway import AllowedSourceSettings, GatewaySettings
from settings.satellite import CronJobSettings, FtpSettings, SatelliteSettings, WebServer
from settings.server_size import ServerSizeSettings
from tests.unit.graph import Graph
from tests.unit.program import ROOT, build, program
from tests.unit.servers.placement import PLACEMENT
from tests.unit.settings.faults import faults_of
from tests.unit.surroundings import CONTEXT, SHARED

DOMAIN = "internal-client.url"
FTP_FORWARD = ForwardSettings(
    name="connection-ftp",
    ports=(2121,),
    target_port=21,
    passive_ports="5000-5099",
    target=f"custom-connection.{DOMAIN}",
)
PIM = SatelliteSettings(
    name="pim",
    php="8.4",
    instance_types=("t4g.medium",),
    document_root="/public",
)
CUSTOM_CONNECTION = PIM.changed(
    name="custom-connection",
    ftp=FtpSettings(user="connection", passive_ports="5000-5099"),
)
MIRAKL = PIM.changed(
    name="mirakl-cashout",
    web_server=WebServer.APACHE,
    variables={"MIRAKL_URL": "https://marketplace.client.url"},
    filled_secrets=("MIRAKL_FRONT_KEY", "HIPAY_PASSWORD"),
    cron=(
        CronJobSettings(schedule="0 */6 * * *", command="php bin/console vendor:process"),
        CronJobSettings(schedule="30 0 * * *", command="php bin/console cashout:generate"),
    ),
)
SATELLITES = (PIM, CUSTOM_CONNECTION, MIRAKL)


_BUILT: dict[str, Graph] = {}


def platform_of(
    satellite: SatelliteSettings, *, forwards: tuple[ForwardSettings, ...] | None = (FTP_FORWARD,)
) -> Graph:
    """A satellite, the shared database, and a gateway unless there are no ``forwards`` to have one for. Equal arguments
    give the same graph."""
    # A satellite holds a dict, so it is no key itself.
    key = repr((satellite, forwards))
    if key not in _BUILT:
        _BUILT[key] = _build(satellite, forwards)
    return _BUILT[key]


def _build(satellite: SatelliteSettings, forwards: tuple[ForwardSettings, ...] | None) -> Graph:

    def satellite_and_its_neighbours() -> None:
        database = MySqlDatabase(
            "shared-database",
            MySqlDatabaseArgs(
                placement=DataStorePlacement.private(CONTEXT, SHARED, clients={}),
                database_name="satellites",
                size=DatabaseSettings(
                    engine_version="8.4", instance_class="db.r8g.large", storage_gib=100, max_storage_gib=200
                ),
            ),
        )
        gateway = None
        if forwards is not None:
            office = AllowedSourceSettings(
                cidr=IPv4Network("192.0.2.0/28"), owner="IT of the client", reason="Offices of the client"
            )
            described = GatewaySettings(
                size=ServerSizeSettings(instance_type="t4g.small"), forwards=forwards, allowed=(office,)
            )
            gateway = GatewayProxy("gateway", GatewayProxyArgs(placement=PLACEMENT, gateway=described))
        SatelliteApp(
            satellite.name,
            SatelliteAppArgs(
                context=CONTEXT,
                shared=SHARED,
                satellite=satellite,
                database=database,
                gateway=gateway,
            ),
        )

    return build(satellite_and_its_neighbours)


def own_part(whole: Graph) -> Graph:
    """What belongs to the satellite alone."""
    top = whole.one("magento:satellites:SatelliteApp")
    return replace(whole, resources=(top, *whole.descendants(top)))


def graph_of(satellite: SatelliteSettings) -> Graph:
    return own_part(platform_of(satellite))


def gateway_group(whole: Graph) -> str:
    return whole.one(aws.ec2.SecurityGroup, name="gateway-server-access-group").id


def options(graph: Graph) -> dict[tuple[str, str], Any]:
    settings = graph.one(aws.elasticbeanstalk.Environment).inputs["settings"]
    by_name = {(each["namespace"], each["name"]): each["value"] for each in settings}
    assert len(by_name) == len(settings), "an option is set twice"
    return by_name


def variables(graph: Graph) -> dict[str, str]:
    namespace = "aws:elasticbeanstalk:application:environment"
    return {name: value for (where, name), value in options(graph).items() if where == namespace}


def secrets(graph: Graph) -> dict[str, str]:
    namespace = "aws:elasticbeanstalk:application:environmentsecrets"
    return {name: value for (where, name), value in options(graph).items() if where == namespace}


def admitted(graph: Graph, group: str) -> set[tuple[str, int, int]]:
    """From which group or range of addresses a group lets which ports in."""
    return {
        (
            rule.inputs.get("referencedSecurityGroupId") or rule.inputs["cidrIpv4"],
            rule.inputs["fromPort"],
            rule.inputs["toPort"],
        )
        for rule in graph.of_type(aws.vpc.SecurityGroupIngressRule)
        if rule.inputs["securityGroupId"] == group
    }


def granted(graph: Graph) -> dict[str, Any]:
    """What the instance's own policy allows: the statement of each action."""
    [policy] = [each for each in graph.of_type(aws.iam.RolePolicy) if each.name.endswith("instance-policy")]
    statements = json.loads(policy.inputs["policy"])["Statement"]
    return {
        action: {
            "on": {resource for each in statements if action in each["Action"] for resource in each["Resource"]},
            "if": [each["Condition"] for each in statements if action in each["Action"] and "Condition" in each],
        }
        for statement in statements
        for action in statement["Action"]
    }


@pytest.mark.row(6)
@pytest.mark.parametrize("satellite", SATELLITES, ids=lambda each: each.name)
def test_one_instance_behind_a_load_balancer_of_its_own(satellite: SatelliteSettings) -> None:
    """A group of one in the first private subnet; Beanstalk's own Application Load Balancer in the public ones."""
    graph = graph_of(satellite)
    chosen = options(graph)
    assert chosen["aws:autoscaling:asg", "MinSize"] == chosen["aws:autoscaling:asg", "MaxSize"] == "1"
    assert chosen["aws:elasticbeanstalk:environment", "EnvironmentType"] == "LoadBalanced"
    assert chosen["aws:elasticbeanstalk:environment", "LoadBalancerType"] == "application"
    assert chosen["aws:elasticbeanstalk:environment", "LoadBalancerIsShared"] == "false"
    assert ("aws:elbv2:loadbalancer", "SharedLoadBalancer") not in chosen
    assert chosen["aws:ec2:vpc", "Subnets"] == "subnet-private-a"
    assert chosen["aws:ec2:vpc", "ELBSubnets"] == "subnet-public-a,subnet-public-b"
    assert chosen["aws:ec2:vpc", "ELBScheme"] == "public"
    assert chosen["aws:ec2:vpc", "AssociatePublicIpAddress"] == "false"


@pytest.mark.row(6)
@pytest.mark.parametrize("satellite", SATELLITES, ids=lambda each: each.name)
def test_http_by_the_load_balancers_name_and_no_other_way_in(satellite: SatelliteSettings) -> None:
    """Anyone reaches port 80 of the load balancer, which alone reaches port 80 of the instance; no HTTPS, no record."""
    whole = platform_of(satellite)
    gateway, graph = gateway_group(whole), own_part(whole)
    chosen = options(graph)
    balancer = chosen["aws:elbv2:loadbalancer", "SecurityGroups"]
    assert chosen["aws:elbv2:loadbalancer", "ManagedSecurityGroup"] == balancer
    assert chosen["aws:elbv2:loadbalancer", "IdleTimeout"] == "620"
    assert admitted(graph, balancer) == {("0.0.0.0/0", 80, 80)}
    assert chosen["aws:elbv2:listener:default", "Protocol"] == "HTTP"
    assert not [namespace for namespace, _ in chosen if namespace == "aws:elbv2:listener:443"]
    assert not [each for each in graph.of_type(aws.route53.Record) if each.inputs["zoneId"] == "ZPUBLIC"]
    instance = chosen["aws:autoscaling:launchconfiguration", "SecurityGroups"]
    assert {each for each in admitted(graph, instance) if each[0] != gateway} == {(balancer, 80, 80)}
    app = graph.one("magento:satellites:SatelliteApp")
    environment = graph.one(aws.elasticbeanstalk.Environment)
    assert app.outputs["address"] == f"http://{environment.outputs['endpointUrl']}/"


def test_an_https_name_is_added_beside_http() -> None:
    """The stack's certificate and a TLS 1.3 policy on port 443, and a record that follows Beanstalk's own name."""
    graph = graph_of(PIM.changed(https_host_name="pim.client.url"))
    chosen = options(graph)
    https = {name: value for (namespace, name), value in chosen.items() if namespace == "aws:elbv2:listener:443"}
    assert https.pop("SSLCertificateArns").endswith("certificate/wildcard")
    assert https == {
        "ListenerEnabled": "true",
        "Protocol": "HTTPS",
        "SSLPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    }
    assert chosen["aws:elbv2:listener:default", "ListenerEnabled"] == "true"
    assert chosen["aws:elbv2:listener:default", "Protocol"] == "HTTP"
    balancer = chosen["aws:elbv2:loadbalancer", "SecurityGroups"]
    assert admitted(graph, balancer) == {("0.0.0.0/0", 80, 80), ("0.0.0.0/0", 443, 443)}
    record = graph.one(aws.route53.Record).inputs
    environment = graph.one(aws.elasticbeanstalk.Environment)
    assert (record["zoneId"], record["name"], record["type"]) == ("ZPUBLIC", "pim.client.url", "CNAME")
    assert record["records"] == [environment.outputs["cname"]]
    assert graph.one("magento:satellites:SatelliteApp").outputs["address"] == "https://pim.client.url/"


@pytest.mark.parametrize("satellite", SATELLITES, ids=lambda each: each.name)
def test_the_database_is_passed_by_reference_only(satellite: SatelliteSettings) -> None:
    """Instances fetch the fields of the shared database's secret themselves, and may read no more than they need."""
    whole = platform_of(satellite)
    shared = whole.one(aws.secretsmanager.Secret, name="shared-database-credentials-secret").outputs["arn"]
    graph = own_part(whole)
    given = {name: value for name, value in secrets(graph).items() if name.startswith("DATABASE_")}
    assert given == {
        "DATABASE_HOST": f"{shared}:host",
        "DATABASE_PORT": f"{shared}:port",
        "DATABASE_NAME": f"{shared}:dbname",
        "DATABASE_USER": f"{shared}:username",
        "DATABASE_PASSWORD": f"{shared}:password",
    }
    own = {each.outputs["arn"] for each in graph.of_type(aws.secretsmanager.Secret)}
    assert granted(graph)["secretsmanager:GetSecretValue"]["on"] == {shared, *own}
    assert granted(graph)["kms:Decrypt"]["on"] == {CONTEXT.key_arn}


@pytest.mark.parametrize("satellite", SATELLITES, ids=lambda each: each.name)
def test_the_shared_database_admits_the_instance_and_nothing_else(satellite: SatelliteSettings) -> None:
    whole = platform_of(satellite)
    [group] = whole.one(aws.rds.Instance).inputs["vpcSecurityGroupIds"]
    instance = options(own_part(whole))["aws:autoscaling:launchconfiguration", "SecurityGroups"]
    assert admitted(whole, group) == {(instance, 3306, 3306)}


@pytest.mark.parametrize("satellite", SATELLITES, ids=lambda each: each.name)
def test_an_environment_is_made_when_its_instance_may_read_its_secrets(satellite: SatelliteSettings) -> None:
    """Beanstalk fetches them as the instance starts: without the policy the first start fails."""
    graph = graph_of(satellite)
    [policy] = [each for each in graph.of_type(aws.iam.RolePolicy) if each.name.endswith("instance-policy")]
    assert policy.urn in graph.one(aws.elasticbeanstalk.Environment).dependencies


def test_people_fill_in_what_the_platform_cannot_know() -> None:
    """One secret a value, so that adding one writes over no other; the application gets it as a variable."""
    graph = graph_of(MIRAKL)
    found = {each.name: each.outputs["arn"] for each in graph.of_type(aws.secretsmanager.Secret)}
    assert secrets(graph)["MIRAKL_FRONT_KEY"] == f"{found['mirakl-cashout-mirakl-front-key-secret']}:value"
    assert secrets(graph)["HIPAY_PASSWORD"] == f"{found['mirakl-cashout-hipay-password-secret']}:value"
    assert len(found) == 2
    assert variables(graph)["MIRAKL_URL"] == "https://marketplace.client.url"


@pytest.mark.row(6)
@pytest.mark.parametrize("satellite", SATELLITES, ids=lambda each: each.name)
def test_the_logs_have_a_group_of_the_stack(satellite: SatelliteSettings) -> None:
    """Encrypted, and kept as long as Beanstalk's own. AWS's policy for instances lets them write below this name only,
    and create no group."""
    graph = graph_of(satellite)
    group = graph.one(aws.cloudwatch.LogGroup).inputs
    environment = graph.one(aws.elasticbeanstalk.Environment).inputs["name"]
    assert group["name"] == f"/aws/elasticbeanstalk/{environment}/satellite" == variables(graph)["SATELLITE_LOG_GROUP"]
    kept = options(graph)["aws:elasticbeanstalk:cloudwatch:logs", "RetentionInDays"]
    assert (str(group["retentionInDays"]), group["kmsKeyId"]) == (kept, CONTEXT.key_arn)


@pytest.mark.row(6)
def test_ftp_comes_only_through_the_gateway() -> None:
    """Port 21 and the passive range are open to the gateway's group and to nothing else."""
    whole = platform_of(CUSTOM_CONNECTION)
    gateway = gateway_group(whole)
    instance = options(own_part(whole))["aws:autoscaling:launchconfiguration", "SecurityGroups"]
    assert {each for each in admitted(whole, instance) if each[1] != 80} == {(gateway, 21, 21), (gateway, 5000, 5099)}


def test_the_ftp_server_knows_the_gateways_address_and_the_secret_of_its_password() -> None:
    """PASV answers must name the gateway; the password itself is generated, secret, and no setting."""
    whole = platform_of(CUSTOM_CONNECTION)
    graph = own_part(whole)
    given = variables(graph)
    secret = graph.one(aws.secretsmanager.Secret)
    stored = graph.one(aws.secretsmanager.SecretVersion)
    assert given["FTP_PASSIVE_ADDRESS"] == whole.one(aws.ec2.Eip).outputs["publicIp"]
    assert (given["FTP_FIRST_PASSIVE_PORT"], given["FTP_LAST_PASSIVE_PORT"]) == ("5000", "5099")
    assert given["FTP_SECRET"] == secret.outputs["arn"]
    credentials = json.loads(stored.inputs["secretString"])
    assert credentials["username"] == given["FTP_USER"] == "connection"
    assert stored.is_secret("secretString")
    assert credentials["password"] not in json.dumps(graph.one(aws.elasticbeanstalk.Environment).inputs)


def test_the_instance_keeps_its_own_internal_name_current_and_no_other() -> None:
    """The stack makes the record and leaves its address alone; the role may replace that one A record only."""
    graph = graph_of(CUSTOM_CONNECTION)
    record = graph.one(aws.route53.Record)
    assert record.inputs["name"] == "custom-connection.internal-client.url"
    assert (record.inputs["type"], record.inputs["ttl"]) == ("A", 30)
    assert record.ignore_changes == ("records",)
    may = granted(graph)["route53:ChangeResourceRecordSets"]
    assert may["on"] == {"arn:aws:route53:::hostedzone/ZINTERNAL"}
    assert may["if"] == [
        {
            "ForAllValues:StringEquals": {
                "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["custom-connection.internal-client.url"],
                "route53:ChangeResourceRecordSetsRecordTypes": ["A"],
                "route53:ChangeResourceRecordSetsActions": ["UPSERT"],
            }
        }
    ]
    given = variables(graph)
    assert (given["INTERNAL_ADDRESS"], given["INTERNAL_ZONE_ID"]) == (record.inputs["name"], "ZINTERNAL")


@pytest.mark.parametrize("satellite", [PIM, MIRAKL], ids=lambda each: each.name)
def test_a_satellite_without_ftp_has_nothing_of_it(satellite: SatelliteSettings) -> None:
    graph = own_part(platform_of(satellite, forwards=None))
    assert not [name for name in variables(graph) if name.startswith(("FTP_", "INTERNAL_"))]
    assert not graph.of_type(aws.route53.Record)
    assert "route53:ChangeResourceRecordSets" not in granted(graph)


@pytest.mark.row(6)
def test_cron_and_apache_are_options_of_the_environment() -> None:
    """Jobs travel as one property that Beanstalk's characters allow; Apache stands before PHP where it is chosen."""
    graph = graph_of(MIRAKL)
    assert base64.b64decode(variables(graph)["CRON_TABLE_BASE64"]).decode() == (
        "0 */6 * * * php bin/console vendor:process\n30 0 * * * php bin/console cashout:generate\n"
    )
    assert options(graph)["aws:elasticbeanstalk:environment:proxy", "ProxyServer"] == "apache"
    plain = graph_of(PIM)
    assert "CRON_TABLE_BASE64" not in variables(plain)
    assert options(plain)["aws:elasticbeanstalk:environment:proxy", "ProxyServer"] == "nginx"


def test_the_shipped_satellites_have_every_variable_of_their_templates() -> None:
    """A deploy stops at the first variable that is not set: better here than on the instance."""
    environments = {
        each.inputs["name"].removeprefix("client-prod-"): {setting["name"] for setting in each.inputs["settings"]}
        for each in program("prod").of_type(aws.elasticbeanstalk.Environment)
    }
    asked = {
        satellite: {
            variable
            for template in (ROOT / "platform_config" / satellite / ".platform" / "templates").rglob("*")
            if template.is_file()
            for variable in re.findall(r"\$\{(\w+)(?::\w+)?\}", template.read_text())
        }
        for satellite in ("pim", "custom-connection", "mirakl-cashout")
    }
    assert {satellite: wanted - environments[satellite] for satellite, wanted in asked.items()} == {
        satellite: set() for satellite in asked
    }
    assert all("DATABASE_PASSWORD" in wanted for wanted in asked.values())


def test_the_shipped_satellites_are_asked_for_a_page_that_they_answer() -> None:
    """HiPay's connector redirects every path but its login's. The other two may redirect their start page."""
    process = "aws:elasticbeanstalk:environment:process:default"
    asked = {
        each.inputs["name"].removeprefix("client-prod-"): tuple(
            setting["value"]
            for name in ("HealthCheckPath", "MatcherHTTPCode")
            for setting in each.inputs["settings"]
            if (setting["namespace"], setting["name"]) == (process, name)
        )
        for each in program("prod").of_type(aws.elasticbeanstalk.Environment)
    }
    assert {name: asked[name] for name in ("pim", "custom-connection", "mirakl-cashout")} == {
        "pim": ("/", "200-399"),
        "custom-connection": ("/", "200-399"),
        "mirakl-cashout": ("/dashboard/login", "200"),
    }


def test_names_that_people_and_the_release_tool_use() -> None:
    environment = graph_of(CUSTOM_CONNECTION).one(aws.elasticbeanstalk.Environment).inputs
    assert environment["name"] == "client-prod-custom-connection"
    assert environment["application"].startswith("client-custom-connection-prod")


@pytest.mark.parametrize("satellite", SATELLITES, ids=lambda each: each.name)
def test_everything_is_the_satellites_own(satellite: SatelliteSettings) -> None:
    """Nothing is left without a parent; all that can be tagged has the satellite's name as its System, but for the
    load balancer's security group, whose System says that everybody may reach it."""
    whole = platform_of(satellite)
    graph = own_part(whole)
    assert {each.type for each in whole.children(whole.stack)} == {
        "magento:data:MySqlDatabase",
        "magento:servers:GatewayProxy",
        "magento:satellites:SatelliteApp",
    }
    tagged = [each for each in graph.resources if "tags" in each.inputs]
    assert tagged
    systems = {each.name: each.inputs["tags"]["System"] for each in tagged}
    public = {name for name in systems if name.startswith(f"{satellite.name}-load-balancer-")}
    assert {name: system for name, system in systems.items() if system != satellite.name} == dict.fromkeys(
        public, "load-balancer"
    )
    assert f"{satellite.name}-load-balancer-group" in public
    assert all(each.outputs_registered for each in graph.components())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"name": "PIM"},
            'name: got "PIM", expected 2 to 20 lower-case letters, digits and hyphens, a letter first',
        ),
        (
            {"health_check_path": "health"},
            'health_check_path: got "health", expected a path that begins with /, as in a URL',
        ),
        (
            {"document_root": "public"},
            'document_root: got "public", expected a directory that begins with /, of letters, digits and ._-, '
            "none of them hidden",
        ),
        ({"filled_secrets": ("A_KEY", "b")}, 'filled_secrets.1: got "b", expected upper-case letters, digits and _'),
        ({"variables": {"A": "x"}, "filled_secrets": ("A",)}, 'filled_secrets: got ["A"], expected names that'),
        ({"filled_secrets": ("A", "A")}, 'filled_secrets: got ["A", "A"], expected each name once'),
        ({"instance_types": ()}, "instance_types: got [], expected one or more types of one architecture"),
        (
            {"solution_stack": "64bit Amazon Linux 2 v3.5.0 running PHP 8.1"},
            'solution_stack: got "64bit Amazon Linux 2 v3.5.0 running PHP 8.1", expected a Beanstalk platform such as',
        ),
        (
            {"solution_stack": "64bit Amazon Linux 2023 v4.13.13 running PHP 8.3"},
            'solution_stack: got "64bit Amazon Linux 2023 v4.13.13 running PHP 8.3", expected a platform that runs PHP',
        ),
        ({"php": "8"}, 'php: got "8", expected one of 8.2, 8.3, 8.4, 8.5'),
        (
            {"variables": {"MAIL_TO": "a,b"}},
            'variables.MAIL_TO: got "a,b", expected one or more letters',
        ),
        (
            {"filled_secrets": ("LD_PRELOAD",)},
            'filled_secrets.0: got "LD_PRELOAD", expected a name that neither',
        ),
        (
            {"cron": (CronJobSettings(schedule="* * * * *", command="x" * 3000),)},
            "got 4826 bytes of environment properties, expected 4096 or fewer. They are 4034 for cron, 700",
        ),
    ],
)
def test_what_beanstalk_would_refuse_later_is_refused_now(change: dict[str, Any], message: str) -> None:
    (found,) = faults_of(lambda: PIM.changed(**change))
    assert found.startswith(message)


def test_a_name_that_no_variable_can_have_is_refused() -> None:
    (found,) = faults_of(lambda: PIM.changed(variables={"mirakl.url": "x"}))
    assert found.endswith('got "mirakl.url", expected upper-case letters, digits and _, a letter first')


FIVE_FIELDS = (
    "expected the five fields of cron with single spaces between them, such as */15 * * * *, and a day that exists"
)


@pytest.mark.parametrize(
    ("schedule", "command", "message"),
    [
        ("*/15 * * *", "php x", f'schedule: got "*/15 * * *", {FIVE_FIELDS}'),
        ("*/15 * * * * *", "php x", f'schedule: got "*/15 * * * * *", {FIVE_FIELDS}'),
        ("* * * * ;", "php x", f'schedule: got "* * * * ;", {FIVE_FIELDS}'),
        ("* * * * *", "one\ntwo", 'command: got "one\\ntwo", expected one line that is not empty'),
        ("* * * * *", " ", 'command: got " ", expected one line that is not empty'),
        ("* * * * *", "date +%F", 'command: got "date +%F", expected \\% in place of every percent sign'),
    ],
)
def test_cron_lines_that_would_not_run_as_meant_are_refused(schedule: str, command: str, message: str) -> None:
    assert faults_of(lambda: CronJobSettings(schedule=schedule, command=command)) == [message]


def test_an_escaped_percent_sign_is_a_command() -> None:
    assert CronJobSettings(schedule="0 0 * * *", command=r"date +\%F").line == r"0 0 * * * date +\%F"


USER = (
    "expected 2 to 32 lower-case letters, digits and hyphens, a letter first, no hyphen last, and no user or group of "
    "the system"
)
PASSIVE = "expected a range of ports from 1024 to 65535, such as 5000-5099"


@pytest.mark.parametrize(
    ("user", "passive_ports", "message"),
    [
        ("root", "5000-5099", f'user: got "root", {USER}'),
        ("Connection", "5000-5099", f'user: got "Connection", {USER}'),
        ("connection", "5099-5000", f'passive_ports: got "5099-5000", {PASSIVE}'),
        ("connection", "20-5000", f'passive_ports: got "20-5000", {PASSIVE}'),
        ("connection", "5000-70000", f'passive_ports: got "5000-70000", {PASSIVE}'),
    ],
)
def test_ftp_access_that_could_not_work_is_refused(user: str, passive_ports: str, message: str) -> None:
    assert faults_of(lambda: FtpSettings(user=user, passive_ports=passive_ports)) == [message]
