"""The operations on environments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from sandbox.emulator.elasticbeanstalk.environments import Environment
from sandbox.emulator.elasticbeanstalk.events import EventFilter
from sandbox.emulator.elasticbeanstalk.exceptions import InvalidRequestError
from sandbox.emulator.elasticbeanstalk.health import APPLICATION_METRICS, SYSTEM_METRICS
from sandbox.emulator.elasticbeanstalk.names import tag_dict

if TYPE_CHECKING:
    from sandbox.emulator.elasticbeanstalk.models import EBBackend


class EnvironmentOperations:
    """The operations of ``EBResponse`` on environments."""

    if TYPE_CHECKING:
        region: str

        @property
        def backend(self) -> EBBackend: ...
        def page(self, items: Any) -> Any: ...
        def _get_param(self, param_name: str, if_none: Any = None) -> Any: ...
        def _get_bool_param(self, param_name: str, if_none: Any = None) -> Any: ...

    def _environment(self, prefix: str = "") -> Environment:
        """The environment that the request names by id or by name."""
        named = self._get_param(f"{prefix}EnvironmentId"), self._get_param(f"{prefix}EnvironmentName")
        return self.backend.environment(*named)

    def _wanted(self) -> dict[str, Any]:
        """The parameters that CreateEnvironment and UpdateEnvironment share."""
        return {
            "version_label": self._get_param("VersionLabel"),
            "template_name": self._get_param("TemplateName"),
            "solution_stack_name": self._get_param("SolutionStackName"),
            "platform_arn": self._get_param("PlatformArn"),
            "option_settings": self._get_param("OptionSettings"),
            "options_to_remove": self._get_param("OptionsToRemove"),
            "description": self._get_param("Description"),
        }

    def _refuse_other_tiers(self) -> None:
        tier = self._get_param("Tier") or {}
        if tier.get("Name", "WebServer") != "WebServer":
            raise NotImplementedError("only web server environments")

    def create_environment(self) -> ActionResult:
        self._refuse_other_tiers()
        environment = self.backend.create_environment(
            application_name=self._get_param("ApplicationName"),
            environment_name=self._get_param("EnvironmentName") or "",
            cname_prefix=self._get_param("CNAMEPrefix"),
            tags=tag_dict(self._get_param("Tags")),
            **self._wanted(),
        )
        return ActionResult(environment)

    def update_environment(self) -> ActionResult:
        self._refuse_other_tiers()
        environment = self._environment()
        self.backend.update_environment(environment, **self._wanted())
        return ActionResult(environment)

    def terminate_environment(self) -> ActionResult:
        environment = self._environment()
        environment.terminate()
        return ActionResult(environment)

    def rebuild_environment(self) -> ActionResult:
        self._environment().rebuild()
        return EmptyResult()

    def restart_app_server(self) -> ActionResult:
        self._environment().restart()
        return EmptyResult()

    def abort_environment_update(self) -> ActionResult:
        self._environment().abort()
        return EmptyResult()

    def request_environment_info(self) -> ActionResult:
        self._environment().logs.request(self._environment(), self._info_type())
        return EmptyResult()

    def retrieve_environment_info(self) -> ActionResult:
        environment = self._environment()
        return ActionResult({"EnvironmentInfo": environment.logs.describe(environment, self._info_type())})

    def _info_type(self) -> str:
        info_type = str(self._get_param("InfoType"))
        if info_type not in ("tail", "bundle"):
            raise NotImplementedError("only logs, no analysis of them")
        return info_type

    # The name that moto derives from SwapEnvironmentCNAMEs.
    def swap_environment_cnam_es(self) -> ActionResult:
        self.backend.swap_cnames(self._environment("Source"), self._environment("Destination"))
        return EmptyResult()

    def check_dns_availability(self) -> ActionResult:
        prefix, backend = self._get_param("CNAMEPrefix"), self.backend
        return ActionResult({"Available": backend.is_available(prefix), "FullyQualifiedCNAME": backend.cname(prefix)})

    def describe_environments(self) -> ActionResult:
        include_deleted = self._get_bool_param("IncludeDeleted") or False
        found = [e for e in self.backend.environments if self._is_wanted(e, include_deleted=include_deleted)]
        environments, token = self.page(found)
        return ActionResult({"Environments": environments, "NextToken": token})

    def _is_wanted(self, environment: Environment, *, include_deleted: bool) -> bool:
        if environment.status == "Terminated":
            since = self._get_param("IncludedDeletedBackTo")
            # A terminated environment runs no version, so a search for one does not find it.
            if not include_deleted or self._get_param("VersionLabel") or (since and environment.date_updated < since):
                return False
        ids, names = self._get_param("EnvironmentIds"), self._get_param("EnvironmentNames")
        return (
            self._get_param("ApplicationName") in (None, environment.application_name)
            and self._get_param("VersionLabel") in (None, environment.version_label)
            and (not ids or environment.environment_id in ids)
            and (not names or environment.environment_name in names)
        )

    def describe_environment_resources(self) -> ActionResult:
        environment = self._environment()
        capacity, routing = environment.capacity, environment.routing
        made = {
            "EnvironmentName": environment.environment_name,
            "AutoScalingGroups": [{"Name": capacity.group_name}],
            "Instances": [{"Id": instance_id} for instance_id in environment.instance_ids()],
            "LaunchConfigurations": [],
            "LaunchTemplates": [{"Id": capacity.launch_template_id}],
            "LoadBalancers": [{"Name": routing.load_balancer_arn}] if routing.load_balancer_arn else [],
            "Triggers": [{"Name": name} for name in capacity.alarm_names],
            "Queues": [],
        }
        return ActionResult({"EnvironmentResources": made})

    def describe_environment_health(self) -> ActionResult:
        environment = self._environment_with_enhanced_health("DescribeEnvironmentHealth")
        health = environment.assess()
        attributes = {
            "HealthStatus": health.status,
            "Status": environment.status,
            "Color": health.color,
            "Causes": list(health.causes),
            "ApplicationMetrics": APPLICATION_METRICS,
            "InstancesHealth": health.instance_counts(),
            "RefreshedAt": utcnow(),
        }
        return ActionResult({"EnvironmentName": environment.environment_name, **self._asked_for(attributes)})

    def _asked_for(self, attributes: dict[str, Any]) -> dict[str, Any]:
        """The attributes that AttributeNames lists: none without it, everything with ``All``."""
        names = self._get_param("AttributeNames") or ()
        return {name: value for name, value in attributes.items() if name in names or "All" in names}

    def describe_instances_health(self) -> ActionResult:
        environment = self._environment_with_enhanced_health("DescribeInstancesHealth")
        instances = [i for i in environment.capacity.instances() if environment.is_running(i["InstanceId"])]
        healths = [self._instance_health(environment, instance) for instance in instances]
        part, token = self.page(healths)
        return ActionResult({"InstanceHealthList": part, "RefreshedAt": utcnow(), "NextToken": token})

    def _instance_health(self, environment: Environment, instance: dict[str, Any]) -> dict[str, Any]:
        health = environment.health_of(instance["InstanceId"])
        attributes = {
            "HealthStatus": health.status,
            "Color": health.color,
            "Causes": list(health.causes),
            "LaunchedAt": environment.capacity.launched_at(instance["InstanceId"]),
            "ApplicationMetrics": APPLICATION_METRICS,
            "System": SYSTEM_METRICS,
            "Deployment": environment.deployment_of(instance["InstanceId"]),
            "AvailabilityZone": instance["AvailabilityZone"],
            "InstanceType": instance.get("InstanceType"),
        }
        return {"InstanceId": instance["InstanceId"], **self._asked_for(attributes)}

    def _environment_with_enhanced_health(self, operation: str) -> Environment:
        environment = self._environment()
        if not environment.has_enhanced_health:
            raise InvalidRequestError(f"{operation} is not supported.")
        return environment

    def describe_events(self) -> ActionResult:
        wanted = EventFilter(
            application_name=self._get_param("ApplicationName"),
            environment_name=self._get_param("EnvironmentName"),
            environment_id=self._get_param("EnvironmentId"),
            version_label=self._get_param("VersionLabel"),
            request_id=self._get_param("RequestId"),
            severity=self._get_param("Severity"),
            start_time=self._get_param("StartTime"),
            end_time=self._get_param("EndTime"),
        )
        events, token = self.page(list(self.backend.events.newest_first(wanted)))
        return ActionResult({"Events": events, "NextToken": token})

    def describe_environment_managed_actions(self) -> ActionResult:
        """There are none: platforms have no newer versions here."""
        self._environment()
        return ActionResult({"ManagedActions": []})

    def describe_environment_managed_action_history(self) -> ActionResult:
        self._environment()
        return ActionResult({"ManagedActionHistoryItems": []})
