"""Rows 1 and 2, the Magento site: two environments behind one load balancer, and their secret configuration."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws
import pulumi_random as random
import pytest

from tests.unit.graph import Graph, Resource
from tests.unit.program import SITE_ALONE, build_program, program, stack_config

STACKS = ("prod", "preprod")


def options(graph: Graph, tier: str) -> dict[tuple[str, str], Any]:
    """An environment's option settings by namespace and name."""
    environment = graph.one(aws.elasticbeanstalk.Environment, name=f"site-{tier}-environment")
    settings = environment.inputs["settings"]
    by_name = {(each["namespace"], each["name"]): each["value"] for each in settings}
    assert len(by_name) == len(settings), "an option is set twice"
    return by_name


@pytest.mark.row(1)
@pytest.mark.parametrize(
    ("stack", "tier", "instances", "types"),
    [
        ("prod", "front", "4", "c7g.xlarge"),
        ("prod", "back-office", "1", "c7g.xlarge"),
        ("preprod", "front", "1", "c7g.large"),
        ("preprod", "back-office", "1", "c7g.large"),
    ],
)
def test_the_fleets_are_the_notes(stack: str, tier: str, instances: str, types: str) -> None:
    """Four instances serve shoppers in production and one the back office; the group neither grows nor shrinks."""
    chosen = options(program(stack), tier)
    assert chosen["aws:autoscaling:asg", "MinSize"] == chosen["aws:autoscaling:asg", "MaxSize"] == instances
    assert chosen["aws:ec2:instances", "InstanceTypes"] == types
    assert chosen["aws:ec2:instances", "SupportedArchitectures"] == "arm64"


def test_beanstalk_tries_the_instance_types_in_order() -> None:
    site = stack_config("prod")["magento:site"]
    types = ["c8g.xlarge", "c7g.xlarge"]
    changed = {**site, "front": {**site["front"], "instance_types": types}}
    chosen = options(build_program("prod", config={**SITE_ALONE, "magento:site": changed}), "front")
    assert chosen["aws:ec2:instances", "InstanceTypes"] == "c8g.xlarge,c7g.xlarge"


@pytest.mark.row(1)
@pytest.mark.parametrize("stack", STACKS)
def test_deployments_take_one_instance_at_a_time(stack: str) -> None:
    """Rolling, in fixed batches of one; health is never ignored, so that a failed instance stops the deployment."""
    for tier in ("front", "back-office"):
        chosen = options(program(stack), tier)
        command = {name: value for (namespace, name), value in chosen.items() if namespace.endswith(":command")}
        assert command == {
            "DeploymentPolicy": "Rolling",
            "BatchSizeType": "Fixed",
            "BatchSize": "1",
            "Timeout": "3600",
            "IgnoreHealthCheck": "false",
        }


def test_the_back_office_may_have_a_second_instance_while_a_release_is_deployed() -> None:
    """It gets the release first. Cron runs on the oldest one alone, which asks EC2 for it."""
    site = stack_config("prod")["magento:site"]
    changed = {**site, "back_office": {**site["back_office"], "additional_batch": True}}
    graph = build_program("prod", config={**SITE_ALONE, "magento:site": changed})
    policy, property_ = (
        ("aws:elasticbeanstalk:command", "DeploymentPolicy"),
        ("aws:elasticbeanstalk:application:environment", "MAGENTO_CRON_ON_OLDEST_OF"),
    )
    assert options(graph, "back-office")[policy] == "RollingWithAdditionalBatch"
    assert options(graph, "back-office")[property_] == "client-prod-back-office"
    assert options(graph, "front")[policy] == "Rolling"
    assert property_ not in options(graph, "front")
    granted = graph.one(aws.iam.RolePolicy, name="site-back-office-sees-instances")
    (statement,) = json.loads(granted.inputs["policy"])["Statement"]
    assert statement == {"Effect": "Allow", "Action": ["ec2:DescribeInstances"], "Resource": ["*"]}
    assert property_ not in options(program("prod"), "back-office")


@pytest.mark.parametrize(("tier", "minutes"), [("front", "300m"), ("back-office", "120m")])
def test_pulumi_waits_until_every_instance_can_have_been_replaced(tier: str, minutes: str) -> None:
    """An hour for each instance and one more. The provider has no other timeout for environments, and its default of 20
    minutes ends an `up` while Beanstalk is still at work."""
    environment = program("prod").one(aws.elasticbeanstalk.Environment, name=f"site-{tier}-environment")
    assert environment.inputs["waitForReadyTimeout"] == minutes
    assert not environment.timeouts


@pytest.mark.row(1)
@pytest.mark.parametrize("stack", STACKS)
def test_both_environments_share_the_one_load_balancer(stack: str) -> None:
    """One Application Load Balancer a site, in public subnets; instances in private ones, reached by it alone."""
    graph = program(stack)
    balancer = graph.one(aws.lb.LoadBalancer)
    for tier in ("front", "back-office"):
        chosen = options(graph, tier)
        assert chosen["aws:elbv2:loadbalancer", "SharedLoadBalancer"] == balancer.outputs["arn"]
        assert chosen["aws:elasticbeanstalk:environment", "LoadBalancerIsShared"] == "true"
        assert chosen["aws:ec2:vpc", "AssociatePublicIpAddress"] == "false"
        group = chosen["aws:autoscaling:launchconfiguration", "SecurityGroups"]
        admitted = [
            rule for rule in graph.of_type(aws.vpc.SecurityGroupIngressRule) if rule.inputs["securityGroupId"] == group
        ]
        assert [(rule.inputs["fromPort"], rule.inputs["toPort"]) for rule in admitted] == [(80, 80)]
        assert {rule.inputs["referencedSecurityGroupId"] for rule in admitted} == set(balancer.inputs["securityGroups"])


@pytest.mark.row(1)
@pytest.mark.parametrize(
    ("stack", "hosts"), [("prod", "client.url,www.client.url,origin.client.url"), ("preprod", "preprod.client.url")]
)
def test_the_back_office_takes_its_path_and_the_front_the_rest(stack: str, hosts: str) -> None:
    """/backend and all below it go to the back office, made first because Beanstalk ranks a newer environment last.
    Beanstalk keeps one of a rule's five values for itself."""
    graph = program(stack)
    for tier in ("back-office", "front"):
        rule = {name: value for (space, name), value in options(graph, tier).items() if ":listenerrule:" in space}
        assert len(f"{rule['HostHeaders']},{rule['PathPatterns']}".split(",")) <= 4
    back, front = options(graph, "back-office"), options(graph, "front")
    assert back["aws:elbv2:listenerrule:backoffice", "PathPatterns"] == "/backend*"
    assert front["aws:elbv2:listenerrule:front", "PathPatterns"] == "/*"
    assert back["aws:elbv2:listenerrule:backoffice", "HostHeaders"] == hosts
    assert front["aws:elbv2:listenerrule:front", "HostHeaders"] == hosts
    environments = {each.name: each for each in graph.of_type(aws.elasticbeanstalk.Environment)}
    first = environments["site-back-office-environment"]
    assert first.urn in environments["site-front-environment"].dependencies
    # Beanstalk takes the first free priority, which must not be one of the hold's.
    assert {rule.urn for rule in graph.of_type(aws.lb.ListenerRule)} <= first.dependencies


@pytest.mark.parametrize("stack", STACKS)
def test_the_web_server_serves_magentos_pub_and_nothing_above_it(stack: str) -> None:
    """The directories above hold logs, exports and credentials. Magento and CloudFront follow."""
    graph = program(stack)
    for tier in ("front", "back-office"):
        assert options(graph, tier)["aws:elasticbeanstalk:container:php:phpini", "document_root"] == "/pub"
    assert "'document_root_is_pub' => true" in configuration(graph).inputs["content"]
    origins = [each.inputs["origins"][0]["originPath"] for each in graph.of_type(aws.cloudfront.Distribution)]
    assert sorted(origins) == (["/media", "/static"] if stack == "prod" else [])


def test_instances_publish_the_load_that_the_dashboard_shows() -> None:
    """LoadAverage5min reaches CloudWatch only when the health document asks for it."""
    document = json.loads(
        options(program("prod"), "front")["aws:elasticbeanstalk:healthreporting:system", "ConfigDocument"]
    )
    assert document["CloudWatchMetrics"]["Instance"]["LoadAverage5min"] == 60


@pytest.mark.row(1)
@pytest.mark.parametrize("tier", ["front", "back-office"])
@pytest.mark.parametrize("stack", STACKS)
def test_magentos_logs_have_a_group_of_the_stack(stack: str, tier: str) -> None:
    """Encrypted, and kept as long as Beanstalk's own. AWS's policy for instances lets them write below this name only,
    and create no group."""
    graph = program(stack)
    name = options(graph, tier)["aws:elasticbeanstalk:application:environment", "MAGENTO_LOG_GROUP"]
    assert name == f"/aws/elasticbeanstalk/client-{stack}-{tier}/magento"
    [group] = [each.inputs for each in graph.of_type(aws.cloudwatch.LogGroup) if each.inputs.get("name") == name]
    kept = options(graph, tier)["aws:elasticbeanstalk:cloudwatch:logs", "RetentionInDays"]
    assert (str(group["retentionInDays"]), bool(group["kmsKeyId"])) == (kept, True)


@pytest.mark.row(1)
@pytest.mark.parametrize("stack", STACKS)
def test_the_load_balancer_faces_the_internet(stack: str) -> None:
    """In the three public subnets, where shoppers reach it on 80 and 443; header fields that no browser sends are
    dropped. Production's cannot be deleted by mistake."""
    graph = program(stack)
    balancer = graph.one(aws.lb.LoadBalancer).inputs
    assert balancer["internal"] is False
    assert balancer["loadBalancerType"] == "application"
    assert balancer["enableDeletionProtection"] is (stack == "prod")
    assert balancer["dropInvalidHeaderFields"] is True
    assert balancer["idleTimeout"] == 620
    subnets = program("prod").of_type(aws.ec2.Subnet)
    assert set(balancer["subnets"]) == {each.id for each in subnets if each.inputs["tags"]["Tier"] == "public"}
    [group] = balancer["securityGroups"]
    admitted = {
        (rule.inputs["cidrIpv4"], rule.inputs["ipProtocol"], rule.inputs["fromPort"], rule.inputs["toPort"])
        for rule in graph.of_type(aws.vpc.SecurityGroupIngressRule)
        if rule.inputs["securityGroupId"] == group
    }
    assert admitted == {("0.0.0.0/0", "tcp", 80, 80), ("0.0.0.0/0", "tcp", 443, 443)}


@pytest.mark.row(1)
@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("tier", ["front", "back-office"])
def test_an_instance_is_healthy_when_magento_says_so(stack: str, tier: str) -> None:
    """Magento's own page answers 200 on port 80 within five seconds; five bad answers take an instance out."""
    chosen = options(program(stack), tier)
    process = "aws:elasticbeanstalk:environment:process:default"
    assert {name: value for (namespace, name), value in chosen.items() if namespace == process} == {
        "DeregistrationDelay": "60",
        "HealthCheckInterval": "15",
        "HealthCheckPath": "/pub/health_check.php",
        "HealthCheckTimeout": "5",
        "HealthyThresholdCount": "3",
        "MatcherHTTPCode": "200",
        "Port": "80",
        "Protocol": "HTTP",
        "StickinessEnabled": "false",
        "UnhealthyThresholdCount": "5",
    }
    assert chosen["aws:elasticbeanstalk:application", "Application Healthcheck URL"] == "/pub/health_check.php"
    assert chosen["aws:elasticbeanstalk:environment", "LoadBalancerType"] == "application"
    assert chosen["aws:elasticbeanstalk:managedactions", "ManagedActionsEnabled"] == "false"


@pytest.mark.row(1)
def test_https_with_the_sites_certificate_and_http_redirected() -> None:
    """Port 443 has the imported certificate and a TLS 1.3 policy; port 80 only sends there."""
    graph = program("prod")
    certificate = graph.one(aws.acm.Certificate, name="shared-platform-certificate-regional")
    listeners = {each.inputs["port"]: each.inputs for each in graph.of_type(aws.lb.Listener)}
    assert {port: listener["protocol"] for port, listener in listeners.items()} == {80: "HTTP", 443: "HTTPS"}
    assert [action["fixedResponse"]["statusCode"] for action in listeners[443]["defaultActions"]] == ["404"]
    assert listeners[443]["certificateArn"] == certificate.outputs["arn"]
    assert listeners[443]["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert listeners[80]["defaultActions"] == [
        {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}}
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_the_hold_is_declared_and_disarmed(stack: str) -> None:
    """Three rules before all others, matching a host that cannot exist; an `up` leaves what a release has armed."""
    rules = sorted(program(stack).of_type(aws.lb.ListenerRule), key=lambda rule: int(rule.inputs["priority"]))
    assert [rule.inputs["priority"] for rule in rules] == [1, 2, 3]
    for rule in rules:
        assert rule.inputs["conditions"] == [{"hostHeader": {"values": ["disarmed.invalid"]}}]
        assert rule.inputs["actions"][0]["fixedResponse"]["statusCode"] == "503"
        assert set(rule.ignore_changes) == {"conditions", "actions"}
    assert set(program(stack).exports["hold_rules"].values()) == {rule.outputs["arn"] for rule in rules}


def configuration(graph: Graph) -> Resource:
    return graph.one(aws.s3.BucketObjectv2, name="site-configuration-env")


@pytest.mark.row(2)
@pytest.mark.parametrize("stack", STACKS)
def test_the_configuration_is_one_secret_object_a_site(stack: str) -> None:
    """env.php lies in the private bucket under the site's own key, encrypted with the stack's, secret in the state."""
    graph = program(stack)
    stored = configuration(graph)
    assert (stored.inputs["bucket"], stored.inputs["key"]) == ("client-magento-config", f"{stack}/env.php")
    assert stored.inputs["serverSideEncryption"] == "aws:kms"
    assert stored.inputs["kmsKeyId"] == graph.one(aws.kms.Key).outputs["arn"]
    assert stored.is_secret("content")


@pytest.mark.parametrize("stack", STACKS)
def test_the_configuration_says_how_to_reach_the_sites_own_stores(stack: str) -> None:
    """Rendered from what the stack made: its database, cache and search engine, with their passwords."""
    graph = program(stack)
    content = configuration(graph).inputs["content"]
    database = graph.one(aws.rds.Instance, name="site-database-instance")
    cache = graph.one(aws.elasticache.ReplicationGroup)
    for value in (
        f"'host' => '{database.outputs['address']}:3306'",
        f"'password' => '{database.inputs['password']}'",
        f"'server' => 'tls://{cache.outputs['primaryEndpointAddress']}'",
        f"'password' => '{cache.inputs['authToken']}'",
        f"'opensearch_server_hostname' => 'https://{graph.one(aws.opensearch.Domain).outputs['endpoint']}'",
        "'frontName' => 'backend'",
    ):
        assert value in content
    made = graph.one(random.RandomBytes)
    assert made.inputs["length"] == 24
    assert f"'key' => '{made.outputs['base64']}'" in content


@pytest.mark.row(2)
@pytest.mark.parametrize("stack", STACKS)
def test_instances_read_their_own_configuration_and_no_other(stack: str) -> None:
    """The roles of both tiers may get exactly one object and decrypt with exactly one key."""
    graph = program(stack)
    policies = [each for each in graph.of_type(aws.iam.RolePolicy) if each.name.endswith("reads-configuration")]
    assert len(policies) == 2
    for policy in policies:
        statements = json.loads(policy.inputs["policy"])["Statement"]
        assert {(tuple(each["Action"]), tuple(each["Resource"])) for each in statements} == {
            (("s3:GetObject", "s3:GetObjectVersion"), (f"arn:aws:s3:::client-magento-config/{stack}/env.php",)),
            (("kms:Decrypt",), (graph.one(aws.kms.Key).outputs["arn"],)),
        }


@pytest.mark.parametrize("stack", STACKS)
def test_no_secret_is_a_plain_setting(stack: str) -> None:
    """An environment's properties hold no password, token or key: only where the configuration is."""
    graph = program(stack)
    secrets = {graph.one(aws.rds.Instance, name="site-database-instance").inputs["password"]}
    secrets |= {graph.one(aws.elasticache.ReplicationGroup).inputs["authToken"]}
    for tier in ("front", "back-office"):
        chosen = options(graph, tier)
        assert not secrets & set(chosen.values())
        assert chosen["aws:elasticbeanstalk:application:environment", "MAGENTO_CONFIGURATION"] == (
            f"s3://client-magento-config/{stack}/env.php"
        )


@pytest.mark.row(2)
@pytest.mark.parametrize("stack", STACKS)
def test_the_newest_version_of_the_configuration_is_an_output(stack: str) -> None:
    """A release pins it. The bucket keeps every version: a release that runs for long still fetches its own."""
    graph = program(stack)
    assert graph.exports["configuration_version"] == configuration(graph).outputs["versionId"]
    owner = program("prod")
    versioning = owner.one(aws.s3.BucketVersioning, name="shared-platform-buckets-client-magento-config-versioning")
    assert versioning.inputs["versioningConfiguration"] == {"status": "Enabled"}
    (rule,) = owner.one(
        aws.s3.BucketLifecycleConfiguration, name="shared-platform-buckets-client-magento-config-lifecycle"
    ).inputs["rules"]
    assert "noncurrentVersionExpiration" not in rule
    assert "expiration" not in rule


@pytest.mark.parametrize("stack", STACKS)
def test_only_the_back_office_reads_the_first_administrators_password(stack: str) -> None:
    graph = program(stack)
    secret = graph.exports["admin_secret"]
    readers = [each.name for each in graph.of_type(aws.iam.RolePolicy) if secret in str(each.inputs["policy"])]
    assert readers == ["site-back-office-reads-first-administrator"]
