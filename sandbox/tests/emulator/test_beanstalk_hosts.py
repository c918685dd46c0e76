"""Elastic Beanstalk with a fleet: deployments run on hosts, and health is what the load balancer's checks saw."""

from __future__ import annotations

import io
import json
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.tests.emulator.aws_process import EmbeddedAws
from sandbox.tests.emulator.beanstalk_site import APPLICATION, Site, build, settings
from sandbox.tests.emulator.fake_fleet import SUCCESS, Answer, FakeFleet, eventually, registered_fleet
from sandbox.tests.emulator.test_elasticbeanstalk import batch

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]

UNHEALTHY = {"State": "unhealthy", "Reason": "Target.ResponseCodeMismatch", "Description": "[500]"}
COMMAND = "aws:elasticbeanstalk:command"


@pytest.fixture
def site(aws: EmbeddedAws) -> Site:
    return build(aws)


@pytest.fixture
def fleet(site: Site) -> Iterator[FakeFleet]:
    """A fleet whose time runs a hundred times as fast."""
    site.control(TimeScale=0.01)
    with registered_fleet(site.aws) as running:
        yield running


def create(site: Site, instances: int = 2, **command: str) -> list[str]:
    """Make the front, with options of the deployment. Returns its instances."""
    launch(site, instances, **command)
    ready(site)
    if "Timeout" in command:
        update(site, COMMAND, Timeout=command["Timeout"])
    return list(site.versions("prod-front"))


def launch(site: Site, instances: int = 2, **command: str) -> None:
    """Begin to make the front. Beanstalk waits long for the health of its instances, so that a slow computer does not
    fail a test."""
    site.create(
        "prod-front",
        OptionSettings=[
            *site.option_settings({"PathPatterns": "/*"}, instances),
            *settings(COMMAND, {**command, "Timeout": "3600"}),
        ],
    )


def update(site: Site, namespace: str, **options: str) -> dict[str, Any]:
    """Change options, and wait until that is over."""
    site.beanstalk.update_environment(EnvironmentName="prod-front", OptionSettings=settings(namespace, options))
    return ready(site)


def ready(site: Site) -> dict[str, Any]:
    return eventually(lambda: site.environment("prod-front"), wanted=lambda found: found["Status"] == "Ready")


def deploy(site: Site, label: str = "v2") -> dict[str, Any]:
    """Deploy a version, and wait until that is over."""
    site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel=label)
    return ready(site)


def since_update(site: Site) -> list[str]:
    messages = site.messages("prod-front")
    last = max(number for number, message in enumerate(messages) if message == "Environment update is starting.")
    return [message for message in messages[last:] if not message.startswith("Environment health has transitioned")]


def target_states(site: Site) -> dict[str, str]:
    (arn,) = site.group("prod-front")["TargetGroupARNs"]
    described = site.aws.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return {target["Target"]["Id"]: target["TargetHealth"]["State"] for target in described}


def test_hosts_get_the_bundle_and_their_settings_one_batch_after_the_other(site: Site, fleet: FakeFleet) -> None:
    """The events have AWS's words and order, and no request is needed to move the deployment on."""
    first, second = create(site)
    environment = deploy(site)
    assert (environment["VersionLabel"], environment["HealthStatus"]) == ("v2", "Ok")
    assert [instance for instance, _ in fleet.deployments] == [first, second]
    _, asked = fleet.deployments[0]
    assert asked["Kind"] == "application"
    assert asked["Deployment"]["VersionLabel"] == "v2"
    assert asked["Deployment"]["Bundle"]["Key"] == "site.zip"
    assert asked["Options"][COMMAND]["DeploymentPolicy"] == "Rolling"
    assert asked["TimeoutSeconds"] == 3600
    assert since_update(site) == [
        "Environment update is starting.",
        "Deploying new version to instance(s).",
        *batch(1, first, of=2),
        *batch(2, second, of=2),
        "New application version was deployed to running EC2 instances.",
        "Environment update completed successfully.",
    ]


def test_an_instance_is_out_of_the_load_balancer_while_it_is_deployed_to(site: Site, fleet: FakeFleet) -> None:
    """First it drains for the deregistration delay. The command runs after that."""
    first, second = create(site)
    site.control(TimeScale=1)  # 20 seconds, which end when all is seen
    go_on = threading.Event()

    def wait(_instance: str, _deployment: Answer) -> Answer:
        go_on.wait(60)
        return SUCCESS

    fleet.deploy = wait
    site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="v2")
    eventually(lambda: target_states(site), wanted=lambda states: states == {second: "healthy", first: "draining"})
    assert fleet.deployments == []
    site.control(TimeScale=0.01)
    eventually(lambda: fleet.deployments)
    assert target_states(site) == {second: "healthy"}
    assert site.versions("prod-front") == {first: ("v2", "In Progress"), second: ("v1", "Deployed")}
    go_on.set()
    assert ready(site)["VersionLabel"] == "v2"


def test_a_failed_command_ends_the_deployment(site: Site, fleet: FakeFleet) -> None:
    """The failed instance stays out of service, and the second batch keeps the old version."""
    first, second = create(site)
    fleet.deploy = lambda _instance, _deployment: {"ReturnCode": 1, "Log": "hook failed"}
    environment = deploy(site)
    assert environment["VersionLabel"] == "v1"
    assert site.versions("prod-front") == {first: ("v2", "Failed"), second: ("v1", "Deployed")}
    assert target_states(site) == {second: "healthy"}
    assert since_update(site) == [
        "Environment update is starting.",
        "Deploying new version to instance(s).",
        *batch(1, first, of=2)[:3],
        "Instance deployment failed. For details, see 'eb-engine.log'.",
        f"[Instance: {first}] Command failed on instance. Return code: 1 "
        "Output: Engine execution has encountered an error..",
        "Command execution completed on 1 of 2 instances in environment.",
        f"Unsuccessful command execution on instance id(s) '{first}'. Aborting the operation.",
        "Failed to deploy application.",
        "During an aborted deployment, some instances may have deployed the new application version. To ensure all "
        "instances are running the same version, re-deploy the appropriate application version.",
    ]


@pytest.mark.parametrize("answer", ["says so", "never"])
def test_a_command_that_takes_too_long_fails(site: Site, fleet: FakeFleet, answer: str) -> None:
    """Beanstalk waits for Timeout and 240 seconds; the fleet may say earlier that it has ended the command."""
    first, _ = create(site, Timeout="1")
    never = threading.Event()

    def wait(_instance: str, _deployment: Answer) -> Answer:
        if answer == "never":
            never.wait(60)
        return {"ReturnCode": 137, "Log": "", "TimedOut": True}

    fleet.deploy = wait
    assert deploy(site)["VersionLabel"] == "v1"
    never.set()
    messages = since_update(site)
    assert (
        "The following instances have not responded in the allowed command timeout time (they might still finish "
        f"eventually on their own): [{first}]." in messages
    )
    assert f"Unsuccessful command execution on instance id(s) '{first}'. Aborting the operation." in messages


def test_an_instance_that_does_not_become_healthy_ends_the_deployment(site: Site, fleet: FakeFleet) -> None:
    """The command succeeded, and the health path answers 500: what Magento does when the database is behind."""
    first, second = create(site, Timeout="60")

    def break_it(instance: str, _deployment: Answer) -> Answer:
        fleet.health[instance] = UNHEALTHY
        return SUCCESS

    fleet.deploy = break_it
    environment = deploy(site)
    assert (environment["VersionLabel"], environment["HealthStatus"]) == ("v1", "Severe")
    assert [instance for instance, _ in fleet.deployments] == [first]
    assert target_states(site) == {first: "unhealthy", second: "healthy"}
    assert since_update(site)[-4:] == [
        "Batch 1: Registering instance(s) with the load balancer and waiting for them to be healthy.",
        f"Instance id(s) '{first}' did not pass health check after command execution. Aborting the operation.",
        "Failed to deploy application.",
        "During an aborted deployment, some instances may have deployed the new application version. To ensure all "
        "instances are running the same version, re-deploy the appropriate application version.",
    ]
    healths = site.beanstalk.describe_instances_health(EnvironmentName="prod-front", AttributeNames=["All"])
    (sick,) = (h for h in healths["InstanceHealthList"] if h["InstanceId"] == first)
    assert (sick["HealthStatus"], sick["Color"]) == ("Severe", "Red")
    assert "Process default has been unhealthy" in sick["Causes"][0]
    assert "(Target.ResponseCodeMismatch)" in sick["Causes"][0]


def test_ignored_health_checks_do_not_end_the_deployment(site: Site, fleet: FakeFleet) -> None:
    """It goes on after the wait."""
    create(site, IgnoreHealthCheck="true", Timeout="60")

    def break_it(instance: str, _deployment: Answer) -> Answer:
        fleet.health[instance] = UNHEALTHY
        return SUCCESS

    fleet.deploy = break_it
    assert deploy(site)["VersionLabel"] == "v2"
    assert len(fleet.deployments) == 2


@pytest.mark.long
def test_a_batch_must_pass_twelve_checks_in_a_row(site: Site, fleet: FakeFleet) -> None:
    """One bad check starts the count again: while health flaps, the second batch does not start."""
    first, _ = create(site)

    class Flapping(dict[str, Answer]):
        """Bad each tenth time that health is asked for: however slow the computer is, no twelve checks are good."""

        asked = 0

        def get(self, instance: str, default: Any = None) -> Any:
            self.asked += instance == first
            return UNHEALTHY if instance == first and self.asked % 10 == 0 else default

    flapping = Flapping()
    fleet.health = flapping
    site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="v2")
    eventually(lambda: "Batch 1: Registering instance(s)" in "".join(site.messages("prod-front")))
    registered = flapping.asked
    eventually(lambda: flapping.asked > registered + 50)
    assert len(fleet.deployments) == 1
    fleet.health = {}
    assert ready(site)["VersionLabel"] == "v2"
    assert len(fleet.deployments) == 2


@pytest.mark.parametrize("policy", ["AllAtOnce", "RollingWithAdditionalBatch", "Immutable"])
def test_every_policy_deploys_to_hosts(site: Site, fleet: FakeFleet, policy: str) -> None:
    """Instances that the deployment launches wait for it: the fleet must not give them the old version."""
    before = create(site, DeploymentPolicy=policy)
    new: list[Any] = []

    def look(instance: str, _deployment: Answer) -> Answer:
        with urllib.request.urlopen(f"{site.aws.url}/moto-api/hosts", timeout=60) as answer:
            document = json.load(answer)
        new.extend(i["Deployment"] for i in document["Instances"] if i["InstanceId"] == instance not in before)
        return SUCCESS

    fleet.deploy = look
    assert deploy(site)["VersionLabel"] == "v2"
    deployed = [instance for instance, _ in fleet.deployments]
    match policy:
        case "AllAtOnce":
            assert sorted(deployed) == sorted(before)
            assert new == []
        case "RollingWithAdditionalBatch":
            assert deployed[1:] == before
            assert deployed[0] not in before
            assert new == [None]
        case _:
            assert not set(deployed) & set(before)
            assert new == [None, None]
    assert len(site.versions("prod-front")) == 2


def test_an_immutable_deployment_that_fails_leaves_the_old_instances(site: Site, fleet: FakeFleet) -> None:
    """The new ones are terminated."""
    before = create(site, DeploymentPolicy="Immutable")
    fleet.deploy = lambda _instance, _deployment: {"ReturnCode": 1, "Log": ""}
    assert deploy(site)["VersionLabel"] == "v1"
    assert site.versions("prod-front") == dict.fromkeys(before, ("v1", "Deployed"))


def test_an_aborted_deployment_brings_the_old_version_back_to_hosts(site: Site, fleet: FakeFleet) -> None:
    """The batch in progress is finished; then what has got the new version gets the old one."""
    first, second = create(site)
    go_on = threading.Event()

    def wait(_instance: str, _deployment: Answer) -> Answer:
        go_on.wait(60)
        return SUCCESS

    fleet.deploy = wait
    site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="v2")
    eventually(lambda: fleet.deployments)
    assert site.environment("prod-front")["AbortableOperationInProgress"] is True
    site.beanstalk.abort_environment_update(EnvironmentName="prod-front")
    assert site.environment("prod-front")["Status"] == "Aborting"
    go_on.set()
    assert ready(site)["VersionLabel"] == "v1"
    done = [(instance, asked["Deployment"]["VersionLabel"]) for instance, asked in fleet.deployments]
    assert done == [(first, "v2"), (first, "v1")]
    assert site.versions("prod-front") == {first: ("v1", "Deployed"), second: ("v1", "Deployed")}


def test_a_launch_is_over_when_the_load_balancer_finds_the_hosts_healthy(site: Site, fleet: FakeFleet) -> None:
    """Until then the environment is Launching."""
    fleet.sees_targets = False
    launch(site)
    eventually(lambda: target_states(site), wanted=lambda states: set(states.values()) == {"initial"})
    assert site.environment("prod-front")["Status"] == "Launching"
    fleet.sees_targets = True
    assert ready(site)["HealthStatus"] == "Ok"
    assert "Successfully launched environment: prod-front" in site.messages("prod-front")


@pytest.mark.long
def test_a_launch_of_hosts_that_never_become_healthy_ends_with_errors(site: Site, fleet: FakeFleet) -> None:
    """The environment stays, as in AWS."""
    fleet.sees_targets = False
    site.create("prod-front", {"PathPatterns": "/*"})
    ready(site)
    errors = site.beanstalk.describe_events(EnvironmentName="prod-front", Severity="ERROR")["Events"]
    assert [event["Message"] for event in errors] == ["Create environment operation is complete, but with errors."]


def test_a_changed_property_is_a_configuration_deployment_on_every_host(site: Site, fleet: FakeFleet) -> None:
    """To all hosts, with the version that they run and a higher deployment id."""
    instances = create(site)
    update(site, "aws:elasticbeanstalk:application:environment", COLOR="blue")
    assert sorted(instance for instance, _ in fleet.deployments) == sorted(instances)
    for _, asked in fleet.deployments:
        assert asked["Kind"] == "configuration"
        assert (asked["Deployment"]["VersionLabel"], asked["Deployment"]["DeploymentId"]) == ("v1", 2)
        assert asked["Properties"] == {"COLOR": "blue"}
    assert since_update(site) == [
        "Environment update is starting.",
        "Updating environment prod-front's configuration settings.",
        "Instance deployment completed successfully.",
        "Successfully deployed new configuration to environment.",
        "Environment update completed successfully.",
    ]


def test_a_configuration_that_fails_on_a_host_is_reverted(site: Site, fleet: FakeFleet) -> None:
    """The old configuration comes back to the hosts and to the environment."""
    create(site)
    failed = {"ReturnCode": 1, "Log": ""}
    fleet.deploy = lambda _instance, asked: failed if asked["Properties"].get("COLOR") == "red" else SUCCESS
    update(site, "aws:elasticbeanstalk:application:environment", COLOR="red")
    assert [asked["Properties"].get("COLOR") for _, asked in fleet.deployments] == ["red", "red", None, None]
    described = site.beanstalk.describe_configuration_settings(
        ApplicationName=APPLICATION, EnvironmentName="prod-front"
    )["ConfigurationSettings"][0]["OptionSettings"]
    assert "COLOR" not in {option["OptionName"] for option in described}
    assert "Failed to deploy configuration." in since_update(site)
    assert since_update(site)[-1] == "The environment was reverted to the previous configuration setting."


def test_an_aborted_configuration_is_reverted(site: Site, fleet: FakeFleet) -> None:
    """After the command that runs, the hosts get the old one."""
    create(site)
    go_on = threading.Event()

    def wait(_instance: str, _deployment: Answer) -> Answer:
        go_on.wait(60)
        return SUCCESS

    fleet.deploy = wait
    options = settings("aws:elasticbeanstalk:application:environment", {"COLOR": "red"})
    site.beanstalk.update_environment(EnvironmentName="prod-front", OptionSettings=options)
    eventually(lambda: len(fleet.deployments) == 2)
    assert site.environment("prod-front")["AbortableOperationInProgress"] is True
    site.beanstalk.abort_environment_update(EnvironmentName="prod-front")
    assert site.environment("prod-front")["Status"] == "Aborting"
    go_on.set()
    ready(site)
    assert [asked["Properties"].get("COLOR") for _, asked in fleet.deployments] == ["red", "red", None, None]
    assert since_update(site)[-1] == "The environment was reverted to the previous configuration setting."


@pytest.mark.long
def test_replaced_instances_that_do_not_become_healthy_end_the_update(site: Site, fleet: FakeFleet) -> None:
    """The second instance stays, and what took the place of the first one is replaced by one of the old type."""
    first, second = create(site, Timeout="300")
    update(site, "aws:autoscaling:updatepolicy:rollingupdate", RollingUpdateEnabled="true", MaxBatchSize="1")
    wanted = {first, second}

    class SickUnlessKnown(dict[str, Answer]):
        def get(self, instance: str, default: Any = None) -> Any:
            return default if instance in wanted else UNHEALTHY

    fleet.health = SickUnlessKnown()
    update(site, "aws:autoscaling:launchconfiguration", InstanceType="t3.large")
    assert "Failed to deploy configuration." in since_update(site)
    after = set(site.versions("prod-front"))
    assert (second in after, first in after) == (True, False)
    described = site.aws.client("ec2").describe_instances(InstanceIds=list(after))["Reservations"]
    assert {i["InstanceType"] for reservation in described for i in reservation["Instances"]} == {"t3.micro"}


def test_options_that_hosts_do_not_read_are_not_deployed_to_them(site: Site, fleet: FakeFleet) -> None:
    """A health check's interval is the load balancer's."""
    create(site)
    update(site, "aws:elasticbeanstalk:environment:process:default", HealthCheckInterval="30")
    assert fleet.deployments == []


def test_instances_are_replaced_in_batches_when_the_update_is_rolling(site: Site, fleet: FakeFleet) -> None:
    """Another instance type: one instance at a time, and the next after the new one is healthy."""
    first, second = create(site)
    update(
        site,
        "aws:autoscaling:updatepolicy:rollingupdate",
        RollingUpdateEnabled="true",
        RollingUpdateType="Health",
        MaxBatchSize="1",
    )
    site.beanstalk.update_environment(
        EnvironmentName="prod-front",
        OptionSettings=settings("aws:autoscaling:launchconfiguration", {"InstanceType": "t3.large"}),
    )
    seen: list[set[str]] = []

    def running() -> bool:
        seen.append(set(site.versions("prod-front")))
        return bool(site.environment("prod-front")["Status"] == "Ready")

    eventually(running)
    assert any(len(now & {first, second}) == 1 for now in seen)
    after = set(site.versions("prod-front"))
    assert (len(after), after & {first, second}) == (2, set())
    described = site.aws.client("ec2").describe_instances(InstanceIds=list(after))["Reservations"]
    assert {i["InstanceType"] for reservation in described for i in reservation["Instances"]} == {"t3.large"}


def test_a_restart_runs_on_every_host_without_a_deployment(site: Site, fleet: FakeFleet) -> None:
    """The version and the deployment id stay."""
    instances = create(site)
    site.beanstalk.restart_app_server(EnvironmentName="prod-front")
    ready(site)
    assert sorted((i, asked["Kind"]) for i, asked in fleet.deployments) == sorted((i, "restart") for i in instances)
    assert site.messages("prod-front")[-3:] == [
        "restartAppServer is starting.",
        "Instance deployment completed successfully.",
        "Restarted application server on all ec2 instances.",
    ]


def test_a_deployment_waits_for_a_host_that_is_still_starting(site: Site, fleet: FakeFleet) -> None:
    """An instance that Auto Scaling has just launched has no host for some seconds."""
    first, _ = create(site)
    fleet.without_host.add(first)
    site.beanstalk.update_environment(EnvironmentName="prod-front", VersionLabel="v2")
    eventually(lambda: "Starting application deployment command" in "".join(site.messages("prod-front")))
    fleet.without_host.clear()
    assert ready(site)["VersionLabel"] == "v2"


def test_hosts_that_fail_to_answer_are_unhealthy(site: Site) -> None:
    """A fleet that has ended without saying so: its targets do not count as healthy."""
    create(site)
    site.aws.post("/moto-api/hosts", '{"Url": "http://127.0.0.1:9"}')
    eventually(lambda: target_states(site), wanted=lambda states: set(states.values()) == {"unhealthy"})
    with pytest.raises(urllib.error.HTTPError):
        site.aws.post("/moto-api/elasticbeanstalk", '{"TimeScale": 0}')


def test_an_instance_that_dies_in_its_deployment_is_replaced_and_takes_its_failure_with_it(
    site: Site, fleet: FakeFleet
) -> None:
    """The deployment fails. Then the environment is as it was before: all run the version that ran."""
    first, second = create(site)

    def die(instance: str, _deployment: Answer) -> Answer:
        site.aws.client("ec2").terminate_instances(InstanceIds=[instance])
        return {"ReturnCode": 1, "Log": ""}

    fleet.deploy = die
    assert deploy(site)["VersionLabel"] == "v1"
    fleet.deploy = lambda _instance, _deployment: {"ReturnCode": 0, "Log": ""}
    eventually(lambda: len(target_states(site)) == 2 and first not in target_states(site))
    found = eventually(lambda: site.environment("prod-front"), wanted=lambda found: found["Health"] == "Green")
    assert found["HealthStatus"] == "Ok"
    (new,) = set(site.versions("prod-front")) - {second}
    assert site.versions("prod-front") == {new: ("v1", "Deployed"), second: ("v1", "Deployed")}
    replaced = [
        f"Removed instance [{first}] from your environment.",
        f"Added instance [{new}] to your environment.",
    ]
    eventually(lambda: site.messages("prod-front")[-2:] == replaced)


def test_a_terminated_instance_is_replaced_and_takes_the_running_version(site: Site, fleet: FakeFleet) -> None:
    """The one that the last successful deployment brought, although a later one failed."""
    first, second = create(site)
    deploy(site, "v2")
    fleet.deploy = lambda _instance, _deployment: {"ReturnCode": 1, "Log": ""}
    deploy(site, "v3")
    site.aws.client("ec2").terminate_instances(InstanceIds=[first])
    eventually(lambda: len(target_states(site)) == 2 and first not in target_states(site))
    (new,) = set(site.versions("prod-front")) - {first, second}
    with urllib.request.urlopen(f"{site.aws.url}/moto-api/hosts", timeout=60) as answer:
        (host,) = (i for i in json.load(answer)["Instances"] if i["InstanceId"] == new)
    assert (host["Deployment"]["VersionLabel"], host["Deployment"]["DeploymentId"]) == ("v2", 2)
    assert site.versions("prod-front")[new] == ("v2", "Deployed")
    assert site.messages("prod-front")[-2:] == [
        f"Removed instance [{first}] from your environment.",
        f"Added instance [{new}] to your environment.",
    ]


def infos(site: Site, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.beanstalk.retrieve_environment_info(EnvironmentName="prod-front", InfoType=kind)[
        "EnvironmentInfo"
    ]
    return found


def download(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return bytes(answer.read())


def test_the_tail_of_the_logs_of_each_instance_is_in_s3(site: Site, fleet: FakeFleet) -> None:
    """Its address works without credentials, as in a browser."""
    instances = create(site)
    site.beanstalk.request_environment_info(EnvironmentName="prod-front", InfoType="tail")
    found = eventually(lambda: infos(site, "tail"), wanted=lambda infos: len(infos) == 2)
    assert {info["Ec2InstanceId"] for info in found} == set(instances)
    for info in found:
        assert download(info["Message"]).decode() == f"log of {info['Ec2InstanceId']}"
        assert "X-Amz-Expires=900" in info["Message"]
    assert site.messages("prod-front")[-1] == "Pulled logs for environment instances."
    assert infos(site, "bundle") == []


def test_the_whole_logs_are_a_zip_file(site: Site, fleet: FakeFleet) -> None:
    create(site, instances=1)
    site.beanstalk.request_environment_info(EnvironmentName="prod-front", InfoType="bundle")
    (found,) = eventually(lambda: infos(site, "bundle"))
    with zipfile.ZipFile(io.BytesIO(download(found["Message"]))) as archive:
        assert archive.read("var/log/eb-engine.log").decode() == f"log of {found['Ec2InstanceId']}"


def test_instances_without_hosts_have_no_logs(site: Site) -> None:
    """Nothing is made up."""
    create(site)
    site.beanstalk.request_environment_info(EnvironmentName="prod-front", InfoType="tail")
    assert infos(site, "tail") == []


def test_a_fleet_that_fails_fails_the_command(site: Site, fleet: FakeFleet) -> None:
    """And the embedded AWS goes on."""
    first, _ = create(site)

    def fail(_instance: str, _deployment: Answer) -> Answer:
        raise RuntimeError("no space left on device")

    fleet.deploy = fail
    assert deploy(site)["VersionLabel"] == "v1"
    assert site.versions("prod-front")[first] == ("v2", "Failed")
    fleet.deploy = lambda _instance, _deployment: SUCCESS
    assert deploy(site)["VersionLabel"] == "v2"


def test_a_target_group_that_nothing_leads_to_does_not_hold_a_deployment_up(site: Site, fleet: FakeFleet) -> None:
    """Its targets are unused: no load balancer checks them."""
    first, second = create(site)
    fleet.health = {instance: {"State": "unused", "Reason": "Target.NotInUse"} for instance in (first, second)}
    assert deploy(site)["VersionLabel"] == "v2"
