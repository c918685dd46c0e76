"""``aws.elasticbeanstalk.Environment``: instances that run a version of an application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Leaf, Shape
from sandbox.provider.aws.elasticbeanstalk import readiness, settings
from sandbox.provider.aws.elasticbeanstalk.tagging import TAGGING
from sandbox.provider.aws.tags import to_records

LONGEST_NAME = 40
"""Characters of an environment's name (Elastic Beanstalk API reference, ``EnvironmentName``)."""

CREATED = Shape(
    {
        "application": "ApplicationName",
        "cnamePrefix": "CNAMEPrefix",
        "description": "Description",
        "name": "EnvironmentName",
        "platformArn": "PlatformArn",
        "solutionStackName": "SolutionStackName",
        "templateName": "TemplateName",
        "version": "VersionLabel",
    }
)
"""The plain arguments of CreateEnvironment."""

UPDATED = Shape(
    {
        "description": Leaf("Description", default=""),
        **{name: CREATED.fields[name] for name in ("platformArn", "solutionStackName", "templateName", "version")},
    }
)
"""The plain arguments of UpdateEnvironment."""

TIER_TYPES = {"WebServer": "Standard", "Worker": "SQS/HTTP"}

RESOURCES = {
    "autoscalingGroups": ("AutoScalingGroups", "Name"),
    "instances": ("Instances", "Id"),
    "launchConfigurations": ("LaunchConfigurations", "Name"),
    "loadBalancers": ("LoadBalancers", "Name"),
    "queues": ("Queues", "URL"),
    "triggers": ("Triggers", "Name"),
}
"""Outputs that list what the environment is made of: the list in DescribeEnvironmentResources, and a member's field."""


@adapter
class Environment(Adapter):
    """Its id is AWS's, ``e-…``. Creation and every update wait until it is ready, and fail with what it reported."""

    token = "aws:elasticbeanstalk/environment:Environment"
    service = "elasticbeanstalk"
    tagging = TAGGING
    emulation = (
        "its groups, load balancer, rules and instances are made as records; only a fleet's hosts run applications"
    )
    properties = {
        "application": Property(required=True, replaces=True),
        "cnamePrefix": Property(computed=True, replaces=True),
        "description": Property(),
        "name": Property(replaces=True, autoname=AutoName(max_length=LONGEST_NAME)),
        "platformArn": Property(computed=True),
        "settings": Property(unordered=True),
        "solutionStackName": Property(computed=True),
        "tags": TAGS,
        "templateName": Property(write_only=True),
        "tier": Property(default="WebServer", replaces=True),
        "version": Property(computed=True),
        "waitForReadyTimeout": Property(default="20m", write_only=True),
    }
    outputs = ("allSettings", "arn", "cname", "endpointUrl", *RESOURCES)
    # They hold the program's environment variables, secret ones too, under other names.
    secret_outputs = ("allSettings",)
    volatile_outputs = ("allSettings", "endpointUrl", *RESOURCES)

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        problems = list(settings.SETTING.unknown_keys(inputs.get("settings"), "settings"))
        if inputs.get("tier", "WebServer") not in TIER_TYPES:
            problems.append(("tier", f"got {inputs['tier']!r}, expected one of {', '.join(TIER_TYPES)}"))
        if "platformArn" in inputs and "solutionStackName" in inputs:
            problems.append(("platformArn", "got a value, expected none beside solutionStackName"))
        if "Name" in (inputs.get("tags") or {}):
            problems.append(
                ("tags.Name", "got a value, expected none: Elastic Beanstalk sets it to the environment's name")
            )
        try:
            readiness.seconds(inputs.get("waitForReadyTimeout", "20m"))
        except ValueError as error:
            problems.append(("waitForReadyTimeout", str(error)))
        return problems

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("elasticbeanstalk").create_environment(
            **CREATED.to_aws(inputs),
            Tier={"Name": inputs["tier"], "Type": TIER_TYPES[inputs["tier"]]},
            OptionSettings=settings.to_aws(inputs.get("settings") or ()),
            Tags=to_records(inputs["tagsAll"]),
        )
        return str(answer["EnvironmentId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        environment = readiness.wait_ready(aws, id, inputs["waitForReadyTimeout"])
        # A second attempt finds the errors of the first: they count only if it has not recovered.
        if environment.get("Health") != "Green":
            readiness.fail_on_errors(aws, id, since=None)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        environment = readiness.find(aws, id)
        if environment is None:
            return None
        beanstalk = aws.client("elasticbeanstalk")
        name, application = environment["EnvironmentName"], environment["ApplicationName"]
        named = {"ApplicationName": application, "EnvironmentName": name}
        options = beanstalk.describe_configuration_settings(**named)["ConfigurationSettings"][0]["OptionSettings"]
        if state:
            own_settings = settings.managed(options, state.get("settings") or ())
        else:
            own_settings = settings.chosen(options, beanstalk.describe_configuration_options(**named)["Options"])
        made = beanstalk.describe_environment_resources(EnvironmentId=id)["EnvironmentResources"]
        cname = environment.get("CNAME")
        tags = self.tagging.read(aws, environment["EnvironmentArn"])
        return {
            "application": application,
            "cnamePrefix": cname.partition(".")[0] if cname else None,
            "description": environment.get("Description"),
            "name": name,
            "platformArn": environment.get("PlatformArn"),
            "settings": own_settings,
            "solutionStackName": environment.get("SolutionStackName"),
            "tags": {key: value for key, value in tags.items() if key != "Name"},
            "tier": environment["Tier"]["Name"],
            "version": environment.get("VersionLabel"),
            "allSettings": settings.everything(options),
            "arn": environment["EnvironmentArn"],
            "cname": cname,
            "endpointUrl": environment.get("EndpointURL"),
            **{
                output: [member[field] for member in made.get(members, [])]
                for output, (members, field) in RESOURCES.items()
            },
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        changes, earlier = ({name: values.get(name) for name in changed} for values in (new, old))
        arguments: dict[str, Any] = UPDATED.to_aws(changes, earlier)
        if "settings" in changed:
            before, after = (values.get("settings") or [] for values in (old, new))
            arguments["OptionSettings"] = settings.to_set(before, after)
            arguments["OptionsToRemove"] = settings.to_remove(before, after)
        # AWS refuses a version together with options. The options come first: the version may need them.
        version = {name: arguments.pop(name) for name in ("VersionLabel",) if name in arguments}
        for part in (arguments, version):
            if part:
                since = readiness.latest_event(aws, id)
                aws.client("elasticbeanstalk").update_environment(EnvironmentId=id, **part)
                readiness.wait_ready(aws, id, new["waitForReadyTimeout"])
                readiness.fail_on_errors(aws, id, since)

    def retag(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        super().retag(aws, id, state, add, remove)
        readiness.wait_ready(aws, id, state.get("waitForReadyTimeout", "20m"))

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        if readiness.find(aws, id) is None:
            return
        aws.client("elasticbeanstalk").terminate_environment(EnvironmentId=id)
        aws.wait(f"termination of environment {id}", lambda: readiness.find(aws, id) is None)
