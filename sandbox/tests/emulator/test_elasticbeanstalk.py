"""Elastic Beanstalk of the embedded AWS, through boto3."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.emulator.elasticbeanstalk.bundles import check_size
from sandbox.emulator.errors import AwsError
from sandbox.tests.emulator.aws_process import ACCOUNT, REGION, EmbeddedAws
from sandbox.tests.emulator.beanstalk_site import APPLICATION, STACK, Site, build, bundle, settings
from sandbox.tests.refusals import aws_refuses

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]


@pytest.fixture
def site(aws: EmbeddedAws) -> Site:
    return build(aws)


def test_offers_the_current_php_platforms(aws: EmbeddedAws) -> None:
    """The shipped stack files use them. They are found by name and by ARN."""
    beanstalk = aws.client("elasticbeanstalk")
    stacks = beanstalk.list_available_solution_stacks()["SolutionStacks"]
    assert [name for name in stacks if "running PHP" in name] == [
        f"64bit Amazon Linux 2023 v4.13.13 running PHP {version}" for version in ("8.5", "8.4", "8.3", "8.2")
    ]
    filters = [{"Type": "PlatformName", "Operator": "contains", "Values": ["PHP 8.5"]}]
    (platform,) = beanstalk.list_platform_versions(Filters=filters)["PlatformSummaryList"]
    described = beanstalk.describe_platform_version(PlatformArn=platform["PlatformArn"])["PlatformDescription"]
    assert described["SolutionStackName"] == STACK


def test_a_version_needs_its_source_bundle(site: Site) -> None:
    """A version without an uploaded bundle is refused, and so is a label in use."""
    missing = {"S3Bucket": f"elasticbeanstalk-{REGION}-{ACCOUNT}", "S3Key": "missing.zip"}
    with aws_refuses("InvalidParameterValue", "Unable to download from S3 location"):
        site.beanstalk.create_application_version(ApplicationName=APPLICATION, VersionLabel="v4", SourceBundle=missing)
    with aws_refuses("InvalidParameterValue", "Application Version v1 already exists"):
        site.beanstalk.create_application_version(ApplicationName=APPLICATION, VersionLabel="v1")


def version(site: Site, label: str, content: bytes, *, process: bool) -> str:
    """Make a version of a bundle. Returns its status in the answer."""
    bucket = site.beanstalk.create_storage_location()["S3Bucket"]
    site.aws.client("s3").put_object(Bucket=bucket, Key=label, Body=content)
    created = site.beanstalk.create_application_version(
        ApplicationName=APPLICATION,
        VersionLabel=label,
        SourceBundle={"S3Bucket": bucket, "S3Key": label},
        Process=process,
    )
    return str(created["ApplicationVersion"]["Status"])


def status(site: Site, label: str) -> str:
    described = site.beanstalk.describe_application_versions(ApplicationName=APPLICATION, VersionLabels=[label])
    return str(described["ApplicationVersions"][0]["Status"])


def test_a_version_is_processed_after_it_was_created(site: Site) -> None:
    """A bundle that is no ZIP file fails, and such a version cannot be deployed."""
    assert version(site, "good", bundle(), process=True) == "PROCESSING"
    assert status(site, "good") == "PROCESSED"
    assert version(site, "bad", b"no zip", process=True) == "PROCESSING"
    assert status(site, "bad") == "FAILED"
    site.create("prod-front")
    site.environment("prod-front")
    with aws_refuses("InvalidParameterValue", "Application version bad is unusable"):
        site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="bad")
    with aws_refuses("InvalidParameterValue", "Application version bad is unusable"):
        site.create("prod-back", VersionLabel="bad")


def test_a_bundle_that_was_not_processed_fails_on_the_instances(site: Site) -> None:
    """AWS reads it there first."""
    assert version(site, "bad", b"no zip", process=False) == "UNPROCESSED"
    site.create("prod-front")
    site.environment("prod-front")
    site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="bad")
    assert site.environment("prod-front")["VersionLabel"] == "v1"
    assert ("bad", "Failed") in site.versions("prod-front").values()


def test_a_bundle_has_at_most_512_megabytes() -> None:
    check_size(512 * 1024 * 1024)
    with pytest.raises(AwsError, match="larger than 512MB"):
        check_size(512 * 1024 * 1024 + 1)


def test_a_version_is_not_updated_together_with_options(site: Site) -> None:
    """AWS does one or the other, so a tool that sends both fails here as there."""
    site.create("prod-front")
    site.environment("prod-front")
    size = settings("aws:autoscaling:asg", {"MaxSize": "5"})
    remove = [{"Namespace": "aws:autoscaling:asg", "OptionName": "MaxSize"}]
    for both in ({"OptionSettings": size}, {"OptionsToRemove": remove}):
        with aws_refuses("InvalidParameterCombination", "both the release and configuration"):
            site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="v2", **both)
    assert site.environment("prod-front")["Status"] == "Ready"


def test_health_has_the_attributes_that_were_asked_for(site: Site) -> None:
    """Without AttributeNames there are only names and ids."""
    site.create("prod-front")
    named = {"EnvironmentName": "prod-front"}
    answers = (site.beanstalk.describe_environment_health, site.beanstalk.describe_instances_health)
    environment, instances = (answer(**named) for answer in answers)
    assert set(environment) - {"ResponseMetadata"} == {"EnvironmentName"}
    assert [set(instance) for instance in instances["InstanceHealthList"]] == [{"InstanceId"}] * 2
    environment, instances = (answer(**named, AttributeNames=["Color", "Causes"]) for answer in answers)
    assert (environment["Color"], "HealthStatus" in environment) == ("Green", False)
    assert {"Color", "Causes"} <= set(instances["InstanceHealthList"][0]) <= {"Color", "Causes", "InstanceId"}


def test_a_changed_configuration_of_the_instances_raises_the_deployment_id(site: Site) -> None:
    """So a tool sees which instances have it. What instances do not read leaves the id as it is."""

    def ids() -> set[int]:
        healths = site.beanstalk.describe_instances_health(EnvironmentName="prod-front", AttributeNames=["Deployment"])
        return {health["Deployment"]["DeploymentId"] for health in healths["InstanceHealthList"]}

    site.create("prod-front")
    assert ids() == {1}
    for namespace, values, wanted in (
        ("aws:elasticbeanstalk:application:environment", {"COLOR": "blue"}, {2}),
        ("aws:elasticbeanstalk:environment:process:default", {"HealthCheckInterval": "30"}, {2}),
        ("aws:autoscaling:launchconfiguration", {"InstanceType": "t3.large"}, {3}),
    ):
        site.environment("prod-front")
        site.beanstalk.update_environment(EnvironmentName="prod-front", OptionSettings=settings(namespace, values))
        assert ids() == wanted
    assert site.messages("prod-front")[-2:] == [
        "Successfully deployed new configuration to environment.",
        "Environment update completed successfully.",
    ]


def test_properties_have_awss_limits(site: Site) -> None:
    """4,096 bytes together, and only some characters. Secrets are not properties."""
    properties = "aws:elasticbeanstalk:application:environment"
    for values, why in (
        ({"LONG": "x" * 4092}, "length is greater than 4096"),
        ({"A": "x" * 2000, "B": "y" * 2094}, "length is greater than 4096"),
        ({"QUERY": "a?b"}, "does not satisfy regex"),
        ({"WITH SPACE": "a"}, "Unknown configuration setting"),
    ):
        with aws_refuses("ConfigurationValidationException", why):
            site.create("prod-front", OptionSettings=[*site.option_settings(), *settings(properties, values)])
    fitting = settings(properties, {"LONG": "x" * 4091})
    assert site.create("prod-front", OptionSettings=[*site.option_settings(), *fitting])["Status"] == "Launching"


@pytest.mark.parametrize(("disabled", "tokens"), [("true", "required"), ("false", "optional")])
def test_instances_have_the_metadata_service_that_the_option_says(site: Site, disabled: str, tokens: str) -> None:
    """And encrypted volumes where the region's default says so."""
    ec2 = site.aws.client("ec2")
    ec2.enable_ebs_encryption_by_default()
    own = settings("aws:autoscaling:launchconfiguration", {"DisableIMDSv1": disabled})
    site.create("prod-front", OptionSettings=[*site.option_settings(instances=1), *own])
    ids = list(site.versions("prod-front"))
    (instance,) = ec2.describe_instances(InstanceIds=ids)["Reservations"][0]["Instances"]
    assert instance["MetadataOptions"]["HttpTokens"] == tokens
    volumes = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": ids}])["Volumes"]
    assert [volume["Encrypted"] for volume in volumes] == [True]


def test_an_unknown_platform_is_refused(site: Site) -> None:
    """A version that AWS has retired, or that does not exist yet."""
    with aws_refuses("InvalidParameterValue", "No Solution Stack named '64bit Amazon Linux 2023 v4.1.0"):
        site.create("prod-front", SolutionStackName="64bit Amazon Linux 2023 v4.1.0 running PHP 8.4")


def test_the_lifecycle_of_versions_reads_back(site: Site) -> None:
    """The changed rule reads back, and the other rule stays off."""
    rule = {"Enabled": True, "MaxCount": 20, "DeleteSourceFromS3": True}
    config = {"ServiceRole": "role", "VersionLifecycleConfig": {"MaxCountRule": rule}}
    site.beanstalk.update_application_resource_lifecycle(ApplicationName=APPLICATION, ResourceLifecycleConfig=config)
    (application,) = site.beanstalk.describe_applications()["Applications"]
    rules = application["ResourceLifecycleConfig"]["VersionLifecycleConfig"]
    assert rules["MaxCountRule"] == rule
    assert rules["MaxAgeRule"]["Enabled"] is False
    assert application["Versions"] == ["v1", "v2", "v3"]


def test_an_environment_really_makes_what_it_runs_on(site: Site) -> None:
    """Auto Scaling, EC2 and Elastic Load Balancing describe its resources, with Beanstalk's tags."""
    created = site.create("prod-front", {"PathPatterns": "/*"}, Tags=[{"Key": "System", "Value": "magento"}])
    assert (created["Status"], site.environment("prod-front")["Status"]) == ("Launching", "Ready")
    group = site.group("prod-front")
    assert (group["MinSize"], group["MaxSize"], len(group["Instances"])) == (2, 2, 2)
    ids = [instance["InstanceId"] for instance in group["Instances"]]
    reservations = site.aws.client("ec2").describe_instances(InstanceIds=ids)["Reservations"]
    instances = [instance for reservation in reservations for instance in reservation["Instances"]]
    assert {instance["SubnetId"] for instance in instances} == set(site.subnets)
    for instance in instances:
        tags = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}
        assert tags["elasticbeanstalk:environment-name"] == tags["Name"] == "prod-front"
        assert tags["elasticbeanstalk:environment-id"] == created["EnvironmentId"]
        assert tags["System"] == "magento"
        assert instance["IamInstanceProfile"]["Arn"].endswith("/site")
    assert site.in_service("prod-front") == set(ids)
    (target_group,) = site.aws.client("elbv2").describe_target_groups(TargetGroupArns=group["TargetGroupARNs"])[
        "TargetGroups"
    ]
    assert (target_group["Port"], target_group["HealthCheckPath"], target_group["VpcId"]) == (
        8080,
        "/health",
        site.vpc_id,
    )
    assert site.resources("prod-front")["LoadBalancers"] == [{"Name": site.load_balancer}]


def test_instances_admit_the_load_balancer_unless_the_default_group_is_disabled(site: Site) -> None:
    """Beanstalk's own security group lets the load balancer's in; disabled, only the configured ones count."""
    site.create("with-group")
    own = site.option_settings() + settings(
        "aws:autoscaling:launchconfiguration",
        {"DisableDefaultEC2SecurityGroup": "true", "SecurityGroups": site.security_group},
    )
    site.create("without-group", OptionSettings=own)
    ec2 = site.aws.client("ec2")

    def groups(name: str) -> set[str]:
        instance = site.group(name)["Instances"][0]["InstanceId"]
        described = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        return {group["GroupId"] for group in described["SecurityGroups"]}

    (made,) = groups("with-group")
    (permission,) = ec2.describe_security_groups(GroupIds=[made])["SecurityGroups"][0]["IpPermissions"]
    assert permission["UserIdGroupPairs"][0]["GroupId"] == site.security_group
    assert groups("without-group") == {site.security_group}


def test_a_new_environment_ranks_its_rules_after_those_of_the_others(site: Site) -> None:
    """Priorities of a shared listener are relative to the environment: so the back office must be made first.

    Rules that Beanstalk did not create keep their priorities.
    """
    refuse = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
    hold = [{"Field": "host-header", "HostHeaderConfig": {"Values": ["hold.invalid"]}}]
    elbv2 = site.aws.client("elbv2")
    for number in (1, 2):
        elbv2.create_rule(ListenerArn=site.listener, Priority=number, Conditions=hold, Actions=[refuse])
    site.create("prod-back", {"PathPatterns": "/backend/*", "HostHeaders": "www.client.url", "Priority": "900"})
    # A number that is free again, before the back office's, must not tempt the front.
    rules = elbv2.describe_rules(ListenerArn=site.listener)["Rules"]
    elbv2.delete_rule(RuleArn=next(rule["RuleArn"] for rule in rules if rule["Priority"] == "2"))
    site.create("prod-front", {"PathPatterns": "/*", "HostHeaders": "www.client.url", "Priority": "1"})
    assert site.rules() == [
        ("1", ["hold.invalid"], []),
        ("3", ["www.client.url"], ["/backend/*"]),
        ("4", ["www.client.url"], ["/*"]),
    ]


def test_a_rule_without_a_host_answers_to_the_environments_name(site: Site) -> None:
    """Otherwise environments that share a listener would get each other's requests."""
    created = site.create("prod-front", {"PathPatterns": "/*"})
    assert site.rules() == [("1", [created["CNAME"]], ["/*"])]


def test_the_shared_load_balancer_counts_its_environments(site: Site) -> None:
    """Beanstalk keeps a tag on it, which goes with the last environment."""
    elbv2 = site.aws.client("elbv2")

    def count() -> list[str]:
        tags = elbv2.describe_tags(ResourceArns=[site.load_balancer])["TagDescriptions"][0]["Tags"]
        return [tag["Value"] for tag in tags if tag["Key"] == "elasticbeanstalk:shared-elb-environment-count"]

    site.create("prod-back")
    site.create("prod-front")
    assert count() == ["2"]
    for name in ("prod-back", "prod-front"):
        site.beanstalk.terminate_environment(EnvironmentName=name)
    assert count() == []


REFUSED = [
    ("aws:autoscaling:asg", {"MinSise": "1"}, "Unknown configuration setting"),
    ("aws:autoscaling:group", {"MinSize": "1"}, "Unknown configuration setting"),
    ("aws:autoscaling:asg", {"MinSize": "many"}, "not a valid integer"),
    ("aws:autoscaling:asg", {"MinSize": "0"}, "less than minimum allowed value: 1"),
    ("aws:autoscaling:asg", {"MinSize": "3"}, "MinSize cannot be greater than MaxSize"),
    ("aws:elasticbeanstalk:command", {"DeploymentPolicy": "Slowly"}, "not one of the allowed values"),
    ("aws:elasticbeanstalk:environment:process:default", {"MatcherHTTPCode": "503-"}, "does not satisfy regex"),
    ("aws:elbv2:loadbalancer", {"SharedLoadBalancer": "arn:aws:missing"}, "does not exist"),
    ("aws:elbv2:listener:443", {"SSLPolicy": "ELBSecurityPolicy-2016-08"}, "cannot be set with a shared"),
    ("aws:ec2:vpc", {"Subnets": "subnet-0123"}, "do not exist"),
    ("aws:autoscaling:launchconfiguration", {"IamInstanceProfile": "missing"}, "does not exist"),
    ("aws:autoscaling:launchconfiguration", {"InstanceType": "t4g.tiny"}, "instance type t4g.tiny is not valid"),
    # In other regions, but not in Paris.
    ("aws:ec2:instances", {"InstanceTypes": "t3.small, c7gn.large"}, "instance type c7gn.large is not valid"),
    ("aws:elasticbeanstalk:application:environmentsecrets", {"KEY": "plain text"}, "does not satisfy regex"),
    ("aws:elasticbeanstalk:managedactions", {"ManagedActionsEnabled": "true"}, "Required when"),
]


@pytest.mark.parametrize(("namespace", "values", "why"), REFUSED)
def test_refuses_what_aws_refuses(site: Site, namespace: str, values: dict[str, str], why: str) -> None:
    """Bad settings are refused before anything is made, naming the setting."""
    bad = [*site.option_settings(), *settings(namespace, values)]
    with aws_refuses("ConfigurationValidationException", why):
        site.create("prod-front", OptionSettings=bad)
    assert site.beanstalk.describe_environments(IncludeDeleted=True)["Environments"] == []
    assert site.aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"] == []


def test_a_failed_launch_leaves_nothing_behind(site: Site) -> None:
    """A rule for a port without a listener is found late. What was created by then is deleted."""
    bad = [*site.option_settings(), *settings("aws:elbv2:listener:8443", {"Rules": "site"})]
    with aws_refuses("ConfigurationValidationException", "no listener on port 8443"):
        site.create("prod-front", OptionSettings=bad)
    assert site.aws.client("elbv2").describe_target_groups()["TargetGroups"] == []


def test_the_load_balancer_must_be_in_the_same_vpc(site: Site) -> None:
    """Targets of another network could not be reached."""
    ec2 = site.aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    elsewhere = [option for option in site.option_settings() if option["OptionName"] != "SecurityGroups"]
    elsewhere += settings("aws:ec2:vpc", {"VPCId": vpc, "Subnets": subnet})
    with aws_refuses("ConfigurationValidationException", "is not in the VPC"):
        site.create("prod-front", OptionSettings=elsewhere)


def test_what_aws_fixes_at_creation_cannot_be_updated(site: Site) -> None:
    """Neither the load balancer's kind nor the rules of a shared one follow an update: refused, not ignored."""
    site.create("prod-front", {"PathPatterns": "/*"})
    for namespace, values in (
        ("aws:elasticbeanstalk:environment", {"LoadBalancerIsShared": "false"}),
        ("aws:elbv2:listenerrule:site", {"PathPatterns": "/other/*"}),
    ):
        site.environment("prod-front")
        with aws_refuses("ConfigurationValidationException", "after"):
            site.beanstalk.update_environment(EnvironmentName="prod-front", OptionSettings=settings(namespace, values))
    assert site.rules()[0][2] == ["/*"]


def test_option_settings_read_back_over_the_defaults(site: Site) -> None:
    """What was given and what AWS adds, so that a refresh compares like with like."""
    site.create("prod-front")
    (described,) = site.beanstalk.describe_configuration_settings(
        ApplicationName=APPLICATION, EnvironmentName="prod-front"
    )["ConfigurationSettings"]
    values = {(o["Namespace"], o["OptionName"]): o.get("Value") for o in described["OptionSettings"]}
    for option in site.option_settings():
        assert values[option["Namespace"], option["OptionName"]] == option["Value"]
    assert values["aws:elasticbeanstalk:environment:process:default", "HealthyThresholdCount"] == "3"


def test_an_update_of_the_sizes_changes_the_group(site: Site) -> None:
    """New instances run the version of the environment, in service."""
    site.create("prod-front")
    site.beanstalk.update_environment(
        EnvironmentName="prod-front", OptionSettings=settings("aws:autoscaling:asg", {"MinSize": "3", "MaxSize": "5"})
    )
    group = site.group("prod-front")
    assert (group["MinSize"], group["MaxSize"], len(group["Instances"])) == (3, 5, 3)
    assert set(site.versions("prod-front").values()) == {("v1", "Deployed")}
    assert len(site.in_service("prod-front")) == 3


def test_an_update_of_something_else_leaves_the_sizes_of_the_group(site: Site) -> None:
    """Those that somebody has set in Auto Scaling: an instance more, while a release sets how it deploys."""
    site.create("prod-front")
    site.aws.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=site.group("prod-front")["AutoScalingGroupName"], MinSize=3, MaxSize=3, DesiredCapacity=3
    )
    site.beanstalk.update_environment(
        EnvironmentName="prod-front",
        OptionSettings=settings("aws:elasticbeanstalk:command", {"DeploymentPolicy": "AllAtOnce"}),
    )
    group = site.group("prod-front")
    assert (group["MinSize"], group["MaxSize"], len(group["Instances"])) == (3, 3, 3)


def test_a_rolling_deployment_goes_batch_by_batch(site: Site) -> None:
    """While a batch is on its way its instance is out of service, and the others still run the old version."""
    site.create("prod-front", instances=4)
    site.environment("prod-front")
    site.control(SecondsPerBatch=60)
    site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="v2")
    environment = site.environment("prod-front")
    assert (environment["Status"], environment["VersionLabel"], environment["HealthStatus"]) == (
        "Updating",
        "v1",
        "Info",
    )
    assert sorted(site.versions("prod-front").values()) == [("v1", "Deployed")] * 3 + [("v2", "In Progress")]
    assert len(site.in_service("prod-front")) == 3
    with aws_refuses("InvalidParameterValue", "Must be Ready"):
        site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="v3")


def test_a_finished_deployment_runs_everywhere(site: Site) -> None:
    """Batches follow each other in order, each named in the events."""
    site.create("prod-front", instances=3)
    instances = list(site.versions("prod-front"))
    site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="v2")
    environment = site.environment("prod-front")
    assert (environment["Status"], environment["VersionLabel"], environment["Health"]) == ("Ready", "v2", "Green")
    assert site.versions("prod-front") == dict.fromkeys(instances, ("v2", "Deployed"))
    assert site.in_service("prod-front") == set(instances)
    messages = site.messages("prod-front")
    assert messages[messages.index("Environment update is starting.") :] == [
        "Environment update is starting.",
        "Deploying new version to instance(s).",
        *(message for number, instance in enumerate(instances, start=1) for message in batch(number, instance, of=3)),
        "New application version was deployed to running EC2 instances.",
        "Environment update completed successfully.",
    ]


def batch(number: int, instance: str, *, of: int) -> list[str]:
    """AWS's events of a batch with one instance that is deployed well."""
    last = "on all instances. Summary: [Successful: 1, Failed: 0]."
    return [
        f"Batch {number}: Starting application deployment on instance(s) [{instance}].",
        f"Batch {number}: De-registering instance(s) from the load balancer and waiting for them to go out of service.",
        f"Batch {number}: Starting application deployment command execution.",
        "Instance deployment completed successfully.",
        f"Batch {number}: Completed application deployment command execution.",
        f"Command execution completed {f'on {number} of {of} instances in environment.' if number < of else last}",
        f"Batch {number}: Registering instance(s) with the load balancer and waiting for them to be healthy.",
        f"Batch {number}: Completed application deployment.",
    ]


def test_a_failed_instance_stays_detached_and_the_rest_keep_the_old_version(site: Site) -> None:
    """The deployment stops there: earlier batches are new, later ones old, and the environment is degraded."""
    site.create("prod-front", instances=4)
    first, second, *later = site.versions("prod-front")
    site.control(
        Failures=[{"EnvironmentName": "prod-front", "InstanceId": second, "Message": "{instance}: hook failed"}]
    )
    site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="v2")
    environment = site.environment("prod-front")
    assert (environment["Status"], environment["VersionLabel"]) == ("Ready", "v1")
    assert (environment["Health"], environment["HealthStatus"]) == ("Red", "Degraded")
    assert site.versions("prod-front") == {
        first: ("v2", "Deployed"),
        second: ("v2", "Failed"),
        **dict.fromkeys(later, ("v1", "Deployed")),
    }
    assert site.in_service("prod-front") == {first, *later}
    (state,) = site.aws.client("ec2").describe_instance_status(InstanceIds=[second])["InstanceStatuses"]
    assert state["InstanceState"]["Name"] == "running"
    errors = site.beanstalk.describe_events(EnvironmentName="prod-front", Severity="ERROR")["Events"]
    assert f"{second}: hook failed" in [event["Message"] for event in errors]
    assert any("Aborting the operation" in event["Message"] for event in errors)


def test_a_deployment_can_be_run_again_after_a_failure(site: Site) -> None:
    """The same version once more brings every instance to it, the failed one back into service."""
    site.create("prod-front")
    site.environment("prod-front")
    site.control(Failures=[{"EnvironmentName": "prod-front"}])
    for _ in range(2):
        site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="v2")
        site.environment("prod-front")
    assert set(site.versions("prod-front").values()) == {("v2", "Deployed")}
    assert len(site.in_service("prod-front")) == 2
    assert site.environment("prod-front")["HealthStatus"] == "Ok"


def test_an_aborted_deployment_is_rolled_back(site: Site) -> None:
    """Its batch is finished, then the instances that have the new version get the old one again."""
    site.create("prod-front", instances=3)
    site.environment("prod-front")
    site.control(SecondsPerBatch=60)
    site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="v2")
    assert site.environment("prod-front")["AbortableOperationInProgress"] is True
    site.beanstalk.abort_environment_update(EnvironmentName="prod-front")
    environment = site.environment("prod-front")
    assert (environment["Status"], environment["AbortableOperationInProgress"]) == ("Aborting", False)
    assert sorted(site.versions("prod-front").values()) == [("v1", "Deployed")] * 2 + [("v2", "In Progress")]
    site.control(SecondsPerBatch=0)
    environment = site.environment("prod-front")
    assert (environment["Status"], environment["VersionLabel"]) == ("Ready", "v1")
    assert (environment["HealthStatus"], len(site.in_service("prod-front"))) == ("Ok", 3)
    assert set(site.versions("prod-front").values()) == {("v1", "Deployed")}
    with aws_refuses("InvalidParameterValue", "no operation to abort"):
        site.beanstalk.abort_environment_update(EnvironmentName="prod-front")


def test_a_single_failed_instance_is_severe(site: Site) -> None:
    """The back office has one instance: when its deployment fails nothing is left."""
    site.create("prod-back", instances=1)
    site.environment("prod-back")
    site.control(Failures=[{"EnvironmentName": "prod-back"}])
    site.beanstalk.update_environment(EnvironmentName="prod-back", VersionLabel="v2")
    health = site.beanstalk.describe_environment_health(EnvironmentName="prod-back", AttributeNames=["All"])
    assert (health["HealthStatus"], health["Color"]) == ("Severe", "Red")
    assert health["InstancesHealth"]["Degraded"] == 1
    assert any("Command failed on 1 out of 1 instances" in cause for cause in health["Causes"])


@pytest.mark.parametrize("policy", ["AllAtOnce", "RollingWithAdditionalBatch", "Immutable"])
def test_every_deployment_policy_ends_with_the_version_on_as_many_instances(site: Site, policy: str) -> None:
    """Additional instances come and go, and what remains is as many as before."""
    site.create("prod-front", instances=3)
    before = set(site.versions("prod-front"))
    site.beanstalk.update_environment(
        EnvironmentName="prod-front",
        OptionSettings=settings("aws:elasticbeanstalk:command", {"DeploymentPolicy": policy}),
    )
    site.environment("prod-front")
    site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="v2")
    assert site.environment("prod-front")["VersionLabel"] == "v2"
    after = site.versions("prod-front")
    assert list(after.values()) == [("v2", "Deployed")] * 3
    assert (set(after) == before) is (policy != "Immutable")
    assert site.group("prod-front")["MaxSize"] == 3


def test_a_terminated_instance_is_replaced_in_service(site: Site) -> None:
    """Auto Scaling starts another one, which has the version of the environment."""
    site.create("prod-front")
    first, second = site.versions("prod-front")
    site.aws.client("ec2").terminate_instances(InstanceIds=[first])
    versions = site.versions("prod-front")
    assert (len(versions), first in versions, second in versions) == (2, False, True)
    assert set(versions.values()) == {("v1", "Deployed")}
    assert site.in_service("prod-front") == set(versions)


def test_events_come_newest_first_in_utc_page_by_page(site: Site) -> None:
    """Pages join without gap or repetition although events arrive meanwhile, and each keeps its own request id."""
    start = datetime.now(UTC) - timedelta(seconds=5)
    site.create("prod-front")
    site.environment("prod-front")
    every = site.beanstalk.describe_events(EnvironmentName="prod-front", StartTime=start)["Events"]
    assert [event["EventDate"] for event in every] == sorted((e["EventDate"] for e in every), reverse=True)
    assert abs(every[0]["EventDate"] - datetime.now(UTC)) < timedelta(minutes=1)
    assert len({event["RequestId"] for event in every}) == len(every) >= 2
    page = site.beanstalk.describe_events(EnvironmentName="prod-front", MaxRecords=1)
    site.beanstalk.restart_app_server(EnvironmentName="prod-front")
    rest = site.beanstalk.describe_events(EnvironmentName="prod-front", NextToken=page["NextToken"])
    assert [*page["Events"], *rest["Events"]] == every


def test_a_terminated_environment_is_shown_only_when_asked_for(site: Site) -> None:
    """It takes along what it made, holds no version any more, and frees its name; the load balancer stays."""
    created = site.create("prod-front", {"PathPatterns": "/*"})
    site.environment("prod-front")
    with aws_refuses("SourceBundleDeletionFailure", "in use"):
        site.beanstalk.delete_application_version(ApplicationName=APPLICATION, VersionLabel="v1")
    site.beanstalk.terminate_environment(EnvironmentName="prod-front")
    describe = site.beanstalk.describe_environments
    assert describe()["Environments"] == []
    (gone,) = describe(IncludeDeleted=True)["Environments"]
    assert (gone["EnvironmentId"], gone["Status"]) == (created["EnvironmentId"], "Terminated")
    assert describe(IncludeDeleted=True, VersionLabel="v1")["Environments"] == []
    assert site.rules() == []
    assert site.aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert site.aws.client("elbv2").describe_target_groups()["TargetGroups"] == []
    assert len(site.aws.client("elbv2").describe_load_balancers()["LoadBalancers"]) == 1
    site.beanstalk.delete_application_version(ApplicationName=APPLICATION, VersionLabel="v1")
    assert site.create("prod-front", VersionLabel="v2")["EnvironmentId"] != created["EnvironmentId"]


def test_a_rebuilt_environment_has_new_instances_of_the_same_version(site: Site) -> None:
    """Name, address and version stay; everything below is new."""
    site.create("prod-front", {"PathPatterns": "/*"})
    before = site.environment("prod-front"), set(site.versions("prod-front"))
    site.beanstalk.rebuild_environment(EnvironmentName="prod-front")
    after = site.environment("prod-front"), set(site.versions("prod-front"))
    assert before[0]["CNAME"] == after[0]["CNAME"]
    assert not before[1] & after[1]
    assert len(site.rules()) == 1


def test_a_configuration_template_is_checked_changed_and_used(site: Site) -> None:
    """An environment made from a template has its options; a template can be changed and deleted afterwards."""
    named = {"ApplicationName": APPLICATION, "TemplateName": "front"}
    size = settings("aws:autoscaling:asg", {"MinSize": "1", "MaxSize": "1"})
    site.beanstalk.create_configuration_template(
        **named, SolutionStackName=STACK, OptionSettings=[*site.option_settings(), *size]
    )
    site.create("prod-front", TemplateName="front", OptionSettings=[])
    assert len(site.group("prod-front")["Instances"]) == 1
    wrong = settings("aws:autoscaling:asg", {"MinSize": "2"})
    [message] = site.beanstalk.validate_configuration_settings(**named, OptionSettings=wrong)["Messages"]
    assert message["Severity"] == "error"
    with aws_refuses("ConfigurationValidationException", "MinSize cannot be greater than MaxSize"):
        site.beanstalk.update_configuration_template(**named, OptionSettings=wrong)
    site.beanstalk.update_configuration_template(**named, Description="The front")
    [described] = site.beanstalk.describe_configuration_settings(**named)["ConfigurationSettings"]
    assert described["Description"] == "The front"
    site.beanstalk.delete_configuration_template(**named)
    with aws_refuses("InvalidParameterValue", "No Configuration Template"):
        site.beanstalk.describe_configuration_settings(**named)


def test_cnames_are_swapped(site: Site) -> None:
    """The two environments exchange their addresses and nothing else."""
    blue, green = (site.create(name, CNAMEPrefix=name) for name in ("blue", "green"))
    site.environment("blue")
    assert site.beanstalk.check_dns_availability(CNAMEPrefix="blue")["Available"] is False
    site.beanstalk.swap_environment_cnames(SourceEnvironmentName="blue", DestinationEnvironmentName="green")
    assert site.environment("blue")["CNAME"] == green["CNAME"]
    assert site.environment("green")["CNAME"] == blue["CNAME"]


def test_tags_are_read_and_changed_by_arn_and_reach_the_instances(site: Site) -> None:
    """An environment's tags are those of what it made."""
    arn = site.create("prod-front", Tags=[{"Key": "Old", "Value": "1"}])["EnvironmentArn"]
    site.beanstalk.update_tags_for_resource(
        ResourceArn=arn, TagsToAdd=[{"Key": "New", "Value": "2"}], TagsToRemove=["Old"]
    )
    assert site.beanstalk.list_tags_for_resource(ResourceArn=arn)["ResourceTags"] == [{"Key": "New", "Value": "2"}]
    instance = next(iter(site.versions("prod-front")))
    described = site.aws.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    tags = {tag["Key"]: tag["Value"] for tag in described["Tags"]}
    assert tags["New"] == "2"
    assert "Old" not in tags
    with aws_refuses("ResourceNotFoundException"):
        site.beanstalk.list_tags_for_resource(ResourceArn=f"{arn}-unknown")


def alone(site: Site, kind: str) -> list[dict[str, str]]:
    return [
        *settings("aws:elasticbeanstalk:environment", {"EnvironmentType": kind, "LoadBalancerType": "application"}),
        *settings("aws:ec2:vpc", {"VPCId": site.vpc_id, "Subnets": ",".join(site.subnets)}),
    ]


def test_an_environment_may_have_its_own_load_balancer(site: Site) -> None:
    """A satellite: its load balancer listens on port 80, forwards to its instance, and goes with it."""
    created = site.create("pim-prod", OptionSettings=alone(site, "LoadBalanced"))
    elbv2 = site.aws.client("elbv2")
    (name,) = site.resources("pim-prod")["LoadBalancers"]
    (balancer,) = elbv2.describe_load_balancers(LoadBalancerArns=[name["Name"]])["LoadBalancers"]
    assert created["EndpointURL"] == balancer["DNSName"]
    (listener,) = elbv2.describe_listeners(LoadBalancerArn=name["Name"])["Listeners"]
    assert listener["Port"] == 80
    assert listener["DefaultActions"][0]["TargetGroupArn"] == site.group("pim-prod")["TargetGroupARNs"][0]
    site.beanstalk.terminate_environment(EnvironmentName="pim-prod")
    left = [balancer["LoadBalancerArn"] for balancer in elbv2.describe_load_balancers()["LoadBalancers"]]
    assert left == [site.load_balancer]


def test_a_single_instance_has_an_elastic_ip_address(site: Site) -> None:
    """No load balancer: the environment's address is the instance's, and it is given back at the end."""
    created = site.create("pim-prod", OptionSettings=alone(site, "SingleInstance"))
    ec2 = site.aws.client("ec2")
    (address,) = ec2.describe_addresses()["Addresses"]
    assert created["EndpointURL"] == address["PublicIp"]
    assert [address["InstanceId"]] == [i["Id"] for i in site.resources("pim-prod")["Instances"]]
    ec2.terminate_instances(InstanceIds=[address["InstanceId"]])
    (replaced,) = site.resources("pim-prod")["Instances"]
    assert replaced["Id"] != address["InstanceId"]
    assert [a["InstanceId"] for a in ec2.describe_addresses()["Addresses"]] == [replaced["Id"]]
    site.beanstalk.terminate_environment(EnvironmentName="pim-prod")
    assert ec2.describe_addresses()["Addresses"] == []


@pytest.mark.parametrize(
    "unsupported",
    [
        {"OptionSettings": settings("aws:elasticbeanstalk:environment", {"LoadBalancerType": "classic"})},
        {"Tier": {"Name": "Worker", "Type": "SQS/HTTP"}},
    ],
)
def test_what_is_not_emulated_is_refused_by_name(site: Site, unsupported: dict[str, Any]) -> None:
    """Nothing is accepted that would behave differently from AWS."""
    with aws_refuses("InvalidAction", r"elasticbeanstalk\.CreateEnvironment: the embedded AWS does not have"):
        site.create("prod-front", **unsupported)
