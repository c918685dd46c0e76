"""The configuration of an environment or template: option settings, and defaults for all other options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.emulator.elasticbeanstalk.exceptions import ConfigurationValidationError, InvalidParameterValueError
from sandbox.emulator.elasticbeanstalk.options import OPTIONS, find_option, process_namespace, replaces_instances

ENVIRONMENT = "aws:elasticbeanstalk:environment"
LOAD_BALANCER = "aws:elbv2:loadbalancer"
GROUP = "aws:autoscaling:asg"
LAUNCH = "aws:autoscaling:launchconfiguration"
VPC = "aws:ec2:vpc"
COMMAND = "aws:elasticbeanstalk:command"
PROPERTIES = "aws:elasticbeanstalk:application:environment"
PROPERTIES_BYTES = 4096
"""Of all properties together. Source: Elastic Beanstalk guide, "Configuring environment properties"."""

_Key = tuple[str | None, str, str]  # resource name, namespace, option name

# Options that cannot be changed after creation.
_FIXED = (
    (ENVIRONMENT, "LoadBalancerType"),
    (ENVIRONMENT, "LoadBalancerIsShared"),
    (LOAD_BALANCER, "SharedLoadBalancer"),
)


class Configuration:
    """Option settings. Immutable: ``changed`` returns a new configuration."""

    def __init__(self, settings: Mapping[_Key, str] | None = None) -> None:
        self._settings = dict(settings or {})

    def changed(
        self, settings: Iterable[Mapping[str, str]] | None, remove: Iterable[Mapping[str, str]] | None = None
    ) -> Configuration:
        """A copy with settings added and removed. Each setting is checked."""
        result = dict(self._settings)
        for option in remove or ():
            result.pop((option.get("ResourceName"), option["Namespace"], option["OptionName"]), None)
        for setting in settings or ():
            namespace, name = setting.get("Namespace"), setting.get("OptionName")
            if not namespace or not name:
                raise InvalidParameterValueError("Namespace and OptionName are required for every option setting.")
            value = setting.get("Value") or ""
            _check(namespace, name, value)
            result[(setting.get("ResourceName"), namespace, name)] = value
        return Configuration(result)

    def given(self, namespace: str, name: str) -> str | None:
        """The value of a setting, or None if there is none or it is empty."""
        return next((v for (_, ns, n), v in self._settings.items() if (ns, n) == (namespace, name)), None) or None

    def value(self, namespace: str, name: str) -> str | None:
        """The value of the setting, or else AWS's default, or None."""
        option = find_option(namespace, name)
        return self.given(namespace, name) or (option.default if option else None)

    def text(self, namespace: str, name: str) -> str:
        return self.value(namespace, name) or ""

    def integer(self, namespace: str, name: str) -> int:
        return int(self.text(namespace, name))

    def flag(self, namespace: str, name: str) -> bool:
        return self.text(namespace, name) == "true"

    def items(self, namespace: str, name: str) -> list[str]:
        """The items of a comma-separated value."""
        return [item.strip() for item in self.text(namespace, name).split(",") if item.strip()]

    def names_in(self, prefix: str) -> list[str]:
        """The names after a namespace's prefix: of processes, listeners or rules that have settings."""
        return sorted({ns.removeprefix(prefix) for _, ns, _ in self._settings if ns.startswith(prefix)})

    def processes(self) -> list[str]:
        return sorted({"default", *self.names_in(process_namespace(""))})

    def is_load_balanced(self) -> bool:
        return self.value(ENVIRONMENT, "EnvironmentType") == "LoadBalanced"

    def shares_load_balancer(self) -> bool:
        return self.is_load_balanced() and self.flag(ENVIRONMENT, "LoadBalancerIsShared")

    def differs_in(self, other: Configuration) -> set[tuple[str, str]]:
        """Namespace and name of the options whose values differ."""
        given = {(ns, name) for _, ns, name in (*self._settings, *other._settings)}
        return {option for option in given if self.value(*option) != other.value(*option)}

    def settings(self) -> list[dict[str, str]]:
        """All options, as DescribeConfigurationSettings lists them."""
        given = {(namespace, name) for _, namespace, name in self._settings}
        known: dict[_Key, str | None] = {
            (None, namespace, name): option.default
            for namespace, options in OPTIONS.items()
            for name, option in options.items()
            if (namespace, name) not in given
        }
        known |= self._settings
        members = ("ResourceName", "Namespace", "OptionName", "Value")
        return [
            {member: text for member, text in zip(members, (*key, value), strict=True) if text is not None}
            for key, value in sorted(known.items(), key=lambda item: (item[0][1], item[0][2], item[0][0] or ""))
        ]

    def check(self) -> None:
        """Refuse settings that contradict each other."""
        if self.integer(GROUP, "MinSize") > self.integer(GROUP, "MaxSize"):
            raise _refused(GROUP, "MinSize", self.text(GROUP, "MinSize"), "MinSize cannot be greater than MaxSize")
        size = self.text(COMMAND, "BatchSize")
        if self.value(COMMAND, "BatchSizeType") == "Percentage" and int(size) > 100:
            raise _refused(COMMAND, "BatchSize", size, "Value is greater than maximum allowed value: 100")
        if self.flag(LAUNCH, "DisableDefaultEC2SecurityGroup") and not self.items(LAUNCH, "SecurityGroups"):
            raise _refused(LAUNCH, "SecurityGroups", "", "Required when DisableDefaultEC2SecurityGroup is true")
        if self.flag("aws:elasticbeanstalk:managedactions", "ManagedActionsEnabled"):
            for namespace, name in (
                ("aws:elasticbeanstalk:managedactions", "PreferredStartTime"),
                ("aws:elasticbeanstalk:managedactions:platformupdate", "UpdateLevel"),
            ):
                if not self.given(namespace, name):
                    raise _refused(namespace, name, "", "Required when ManagedActionsEnabled is true")
        self._check_properties()
        if self.shares_load_balancer():
            self._check_shared_load_balancer()
        elif self.given(LOAD_BALANCER, "SharedLoadBalancer"):
            raise _refused(
                LOAD_BALANCER,
                "SharedLoadBalancer",
                self.text(LOAD_BALANCER, "SharedLoadBalancer"),
                "LoadBalancerIsShared must be true to use a shared load balancer",
            )

    def _check_properties(self) -> None:
        """Refuse properties that are too long for the parameter of Beanstalk's stack that they share.

        AWS says so in an event, and the environment fails.
        """
        properties = (f"{name}={value}" for (_, ns, name), value in self._settings.items() if ns == PROPERTIES)
        if len(",".join(properties).encode()) > PROPERTIES_BYTES:
            raise ConfigurationValidationError(
                "Service:AmazonCloudFormation, Message:Template format error: Parameter 'EnvironmentVariables' default "
                f"value '[****]' length is greater than {PROPERTIES_BYTES}."
            )

    def _check_shared_load_balancer(self) -> None:
        if self.value(ENVIRONMENT, "LoadBalancerType") != "application":
            raise _refused(
                ENVIRONMENT, "LoadBalancerIsShared", "true", "Only a load balancer of type 'application' can be shared"
            )
        if not self.given(LOAD_BALANCER, "SharedLoadBalancer"):
            raise _refused(LOAD_BALANCER, "SharedLoadBalancer", "", "Required when LoadBalancerIsShared is true")
        for _, namespace, name in self._settings:
            own_of_listener = namespace.startswith("aws:elbv2:listener:") and name not in ("Rules", "ListenerEnabled")
            own_of_balancer = namespace == LOAD_BALANCER and name not in ("SharedLoadBalancer", "SecurityGroups")
            if own_of_listener or own_of_balancer:
                raise _refused(
                    namespace, name, self.text(namespace, name), "The option cannot be set with a shared load balancer"
                )

    def check_successor(self, successor: Configuration) -> None:
        """Refuse an update of options that AWS fixes at creation."""
        for namespace, name in sorted(self.differs_in(successor)):
            value = successor.text(namespace, name)
            if (namespace, name) in _FIXED:
                raise _refused(namespace, name, value, "The option cannot be changed after the environment is created")
            is_rule = namespace.startswith(("aws:elbv2:listener:", "aws:elbv2:listenerrule:"))
            if is_rule and self.shares_load_balancer():
                raise _refused(
                    namespace, name, value, "The rules of a shared load balancer cannot be updated after creation"
                )

    def replaces_instances_of(self, other: Configuration) -> bool:
        """Whether a change from the other configuration to this one replaces the instances."""
        return any(replaces_instances(namespace) for namespace, _ in self.differs_in(other))


def _check(namespace: str, name: str, value: str) -> None:
    option = find_option(namespace, name)
    if option is None:
        raise ConfigurationValidationError(
            f"Invalid option specification (Namespace: '{namespace}', OptionName: '{name}'): "
            "Unknown configuration setting."
        )
    if value and (problem := option.problem(value)):
        raise _refused(namespace, name, value, problem)


def _refused(namespace: str, name: str, value: str, why: str) -> ConfigurationValidationError:
    return ConfigurationValidationError(
        f"Invalid option value: '{value}' (Namespace: '{namespace}', OptionName: '{name}'): {why}"
    )


def describe_options() -> list[dict[str, Any]]:
    """All options with names of AWS, as DescribeConfigurationOptions answers them."""
    return [
        {
            "Namespace": namespace,
            "Name": name,
            "DefaultValue": option.default,
            "ChangeSeverity": "RestartEnvironment" if replaces_instances(namespace) else "NoInterruption",
            "UserDefined": False,
            "ValueType": "List" if option.multiple else "Scalar",
            "ValueOptions": list(option.choices) or None,
            "MinValue": option.minimum,
            "MaxValue": option.maximum,
        }
        for namespace, options in OPTIONS.items()
        for name, option in options.items()
    ]
