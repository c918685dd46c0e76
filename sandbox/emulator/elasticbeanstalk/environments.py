"""An environment: its configuration, its resources, and the operation in progress."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from moto.core.utils import utcnow

from sandbox.emulator.elasticbeanstalk import operations
from sandbox.emulator.elasticbeanstalk.applications import Application
from sandbox.emulator.elasticbeanstalk.capacity import Capacity
from sandbox.emulator.elasticbeanstalk.configuration import PROPERTIES, Configuration
from sandbox.emulator.elasticbeanstalk.deployment import Deployment, InstanceDeployment, Steps
from sandbox.emulator.elasticbeanstalk.events import EventLog
from sandbox.emulator.elasticbeanstalk.exceptions import InvalidParameterValueError
from sandbox.emulator.elasticbeanstalk.health import EnvironmentHealth, InstanceHealth, assess, instance_health
from sandbox.emulator.elasticbeanstalk.hosts import SECRETS
from sandbox.emulator.elasticbeanstalk.logs import RequestedLogs
from sandbox.emulator.elasticbeanstalk.names import environment_tags, random_text
from sandbox.emulator.elasticbeanstalk.platforms import Platform
from sandbox.emulator.elasticbeanstalk.routing import Routing
from sandbox.emulator.fleet.registration import FLEET

WEB_SERVER_TIER = {"Name": "WebServer", "Type": "Standard", "Version": "1.0"}

_ON_HOSTS = (
    PROPERTIES,
    SECRETS,
    "aws:elasticbeanstalk:cloudwatch:logs",
    "aws:elasticbeanstalk:container:php:phpini",
    "aws:elasticbeanstalk:environment:proxy",
    "aws:elasticbeanstalk:environment:proxy:staticfiles",
    "aws:elasticbeanstalk:hostmanager",
    "aws:elasticbeanstalk:xray",
)
"""The namespaces whose options take effect on the instances, without replacing them."""


class Environment:
    """An environment. The public attributes in snake case are AWS's EnvironmentDescription."""

    def __init__(
        self,
        *,
        application: Application,
        environment_name: str,
        platform: Platform,
        configuration: Configuration,
        version_label: str | None,
        description: str | None,
        template_name: str | None,
        cname_prefix: str | None,
        tags: dict[str, str],
        network: tuple[str, list[str]],
        events: EventLog,
    ) -> None:
        """``network`` is the id of the VPC and the ids of the instances' subnets."""
        self.application = application
        self.application_name = application.application_name
        self.environment_name = environment_name
        self.environment_id = f"e-{random_text(10)}"
        self.environment_arn = application.arn_of("environment", environment_name)
        self.platform = platform
        self.configuration = configuration
        self.version_label = version_label
        self.description = description
        self.template_name = template_name
        self.tier = WEB_SERVER_TIER
        self.tags = tags
        prefix = cname_prefix or f"{environment_name}.eba-{random_text(8)}"
        self.cname = f"{prefix}.{application.region}.elasticbeanstalk.com"
        self.date_created = self.date_updated = utcnow()
        self.status = "Launching"
        self.instance_deployments: dict[str, InstanceDeployment] = {}
        self.awaited: set[str] = set()
        """The instances that a deployment has launched and not yet deployed to."""
        self.failed: list[str] = []
        """The instances on which the last deployment failed."""
        self.wrong_versions: str | None = None
        """What is said of instances that the last deployment has left with another version."""
        self.deployment: Deployment | None = None
        """The deployment of a version that is in progress."""
        self.reconfiguring = False
        """Whether a change of the configuration is in progress."""
        self.good_deployment_id = 1
        """The last deployment that succeeded: what new instances get."""
        vpc_id, subnets = network
        place = {"region": application.region, "account": application.account_id, "environment_id": self.environment_id}
        self.capacity = Capacity(**place, vpc_id=vpc_id, subnets=subnets)
        self.routing = Routing(**place, vpc_id=vpc_id)
        self.logs = RequestedLogs()
        self._events = events
        self._last_deployment_id = 1
        self._operation: Steps | None = None
        self._known: set[str] = set()

    # What DescribeEnvironments answers, besides the attributes.

    @property
    def solution_stack_name(self) -> str:
        return self.platform.solution_stack_name

    @property
    def platform_arn(self) -> str:
        return self.platform.arn(self.application.region)

    @property
    def endpoint_url(self) -> str | None:
        if self.status == "Terminated":
            return None
        return self.routing.dns_name or (self.capacity.elastic_ip[1] if self.capacity.elastic_ip else None)

    @property
    def abortable_operation_in_progress(self) -> bool:
        if self.status != "Updating":
            return False
        return self.reconfiguring or (self.deployment is not None and self.deployment.can_be_aborted)

    @property
    def health(self) -> str:
        return self.assess().color

    @property
    def health_status(self) -> str | None:
        """None with basic health reporting."""
        return self.assess().status if self.has_enhanced_health else None

    @property
    def has_enhanced_health(self) -> bool:
        return self.configuration.value("aws:elasticbeanstalk:healthreporting:system", "SystemType") == "enhanced"

    @property
    def resource_tags(self) -> dict[str, str]:
        return environment_tags(self.environment_id, self.environment_name, self.tags)

    # Health

    @property
    def causes(self) -> list[str]:
        """Why the environment is not as it should be. An instance that is gone takes its failure with it."""
        running = self.deployments_of_running()
        failed = [instance for instance in self.failed if instance in running]
        said = [f"Command failed on {len(failed)} out of {len(running)} instances."] if failed else []
        return [*said, *([self.wrong_versions] if self.wrong_versions else [])]

    def assess(self) -> EnvironmentHealth:
        return assess(self.status, [self.health_of(i).status for i in self.deployments_of_running()], self.causes)

    def health_of(self, instance_id: str) -> InstanceHealth:
        return instance_health(
            self.deployment_of(instance_id),
            self.routing.health_checks(instance_id),
            expected=None if self.deployment else (self.version_label, self.good_deployment_id),
        )

    def instance_status(self, instance_id: str) -> str:
        return self.health_of(instance_id).status

    # What an operation does to its environment.

    def note(self, message: str, severity: str = "INFO") -> None:
        """Add an event."""
        self._events.add(
            message,
            severity=severity,
            application_name=self.application_name,
            environment_name=self.environment_name,
            environment_id=self.environment_id,
        )

    def record(self, instance_ids: Sequence[str], status: str, version_label: str | None, deployment_id: int) -> None:
        """Record the deployment to these instances."""
        for instance_id in instance_ids:
            self.instance_deployments[instance_id] = InstanceDeployment(
                version_label=version_label, deployment_id=deployment_id, status=status
            )
            if status != "In Progress":
                self.awaited.discard(instance_id)

    def register(self, instance_ids: Sequence[str]) -> None:
        """Put those of the instances that run into service."""
        if running := [i for i in instance_ids if self.is_running(i)]:
            self.routing.register(running)

    def deregister(self, instance_ids: Sequence[str]) -> None:
        """Take instances out of service."""
        if instance_ids:
            self.routing.deregister(instance_ids)

    def is_draining(self, instance_ids: Sequence[str]) -> bool:
        """Whether the load balancer still finishes requests to any of the instances."""
        return any(self.routing.is_draining(instance_id) for instance_id in instance_ids)

    def grow(self, by: int) -> list[str]:
        """Start more instances, for a deployment. Returns their ids."""
        added = self.capacity.grow(by)
        self.awaited.update(added)
        self._known.update(added)
        return added

    def retire(self, instance_ids: Sequence[str]) -> None:
        """Terminate instances."""
        self._known.difference_update(instance_ids)
        if instance_ids:
            self.capacity.retire([i for i in instance_ids if self.is_running(i)], self.configuration)

    def has_readable_bundle(self, version_label: str | None) -> bool:
        """Whether a host could unpack the version. The sample application has no bundle."""
        version = self.application.application_versions.get(version_label or "")
        return version is None or version.is_zip

    def aborts_reconfiguration(self) -> bool:
        return self.reconfiguring and self.status == "Aborting"

    def next_deployment_id(self) -> int:
        self._last_deployment_id += 1
        return self._last_deployment_id

    def instance_ids(self) -> list[str]:
        return [instance.id for instance in self.capacity.running()]

    def is_running(self, instance_id: str) -> bool:
        return instance_id in self.instance_ids()

    def deployment_of(self, instance_id: str) -> InstanceDeployment:
        return self.deployments_of_running()[instance_id]

    def deployments_of_running(self) -> dict[str, InstanceDeployment]:
        """The last deployment to each running instance. A new instance has the version of the environment."""
        known = self.instance_deployments
        for instance_id in self.instance_ids():
            if instance_id not in known:
                known[instance_id] = InstanceDeployment(
                    version_label=self.version_label, deployment_id=self.good_deployment_id
                )
        self.instance_deployments = {i: known[i] for i in self.instance_ids()}
        return self.instance_deployments

    def running_version(self, instance_id: str) -> tuple[str | None, int] | None:
        """Label and deployment id of what an instance runs, or starts with if it is new.

        None for an instance that the deployment in progress has launched: the deployment brings its first version.
        """
        if instance_id in self.awaited:
            return None
        last = self.instance_deployments.get(instance_id)
        if last is None or last.status != "Deployed":
            return self.version_label, self.good_deployment_id
        return last.version_label, last.deployment_id

    # Operations. Each changes the status and starts steps, which ``advance`` continues.

    def advance(self) -> bool:
        """Continue the operation in progress, as far as it goes without waiting. Returns whether there was one.

        Called before every request, and by the ticker.
        """
        self._note_replaced()
        pulled = self.logs.advance(self)
        if self._operation is None:
            return pulled
        try:
            next(self._operation)
        except StopIteration:
            self._operation = None
        except Exception as failure:
            traceback.print_exc(file=sys.stderr)
            self._operation = self.deployment = None
            self.reconfiguring = False
            self.status = "Ready"
            self.note(f"The operation failed unexpectedly: {failure}", "ERROR")
        return True

    def _note_replaced(self) -> None:
        """Add events for instances that Auto Scaling has replaced: at once, or after the deployment in progress.

        Other operations replace instances themselves.
        """
        if self.deployment is not None:
            return
        now = set(self.instance_ids())
        if self.status == "Ready" and self._operation is None:
            for instance_id in sorted(self._known - now):
                self.note(f"Removed instance [{instance_id}] from your environment.", "WARN")
            for instance_id in sorted(now - self._known):
                self.note(f"Added instance [{instance_id}] to your environment.")
                self.capacity.associate_elastic_ip()
        self._known = now

    def launch(self) -> None:
        """Create all resources, or none if that fails."""
        self.note("createEnvironment is starting.")
        try:
            self._provision()
        except Exception:
            self._delete_resources()
            self.note("Failed to launch environment.", "ERROR")
            raise
        self._operation = operations.launch(self)

    def rebuild(self) -> None:
        """Delete and create all resources, with the same version."""
        self._begin("rebuildEnvironment is starting.")
        self._delete_resources()
        self.failed, self.wrong_versions = [], None
        self._provision()
        self._operation = operations.rebuild(self)

    def reconfigure(self, configuration: Configuration, platform: Platform) -> None:
        """Apply changed settings or another platform version."""
        self._begin("Environment update is starting.")
        previous = operations.Previous(configuration=self.configuration, platform=self.platform)
        replace = platform != self.platform or configuration.replaces_instances_of(self.configuration)
        changed = {namespace for namespace, _ in self.configuration.differs_in(configuration)}
        self.configuration, self.platform = configuration, platform
        if changed or replace:
            self.note(f"Updating environment {self.environment_name}'s configuration settings.")
            self.deployments_of_running()  # records what runs, for instances that have just been launched
            if replace:
                self.good_deployment_id = self.next_deployment_id()
            self.capacity.update(
                configuration, self.resource_tags, replace_instances=replace and not FLEET.is_registered
            )
            self.routing.update_processes(configuration)
        self.reconfiguring = bool(changed) or replace
        self._operation = operations.reconfigure(
            self,
            previous,
            changed=bool(changed) or replace,
            on_hosts=any(namespace in _ON_HOSTS for namespace in changed),
            replace=replace,
        )

    def deploy(self, version_label: str) -> None:
        """Start the deployment of a version."""
        self._begin("Environment update is starting.")
        self.deployments_of_running()  # records the old version for instances that have just been launched
        self.deployment = Deployment(
            environment=self, version_label=version_label, deployment_id=self.next_deployment_id()
        )
        self._operation = operations.deploy(self, self.deployment)

    def restart(self) -> None:
        self._begin("restartAppServer is starting.")
        self._operation = operations.restart(self)

    def abort(self) -> None:
        """Stop after the current batch, then bring the old version or configuration back to where the new one is."""
        if not self.abortable_operation_in_progress:
            raise InvalidParameterValueError(f"Environment named {self.environment_name} has no operation to abort.")
        self.note("Abort operation requested by the user.", "WARN")
        self.status = "Aborting"
        if self.deployment is not None:
            self.deployment.aborted = True

    def terminate(self) -> None:
        """Delete all resources. The description stays, as in AWS."""
        self._begin("terminateEnvironment is starting.", needs_ready=False)
        self.deployment, self.reconfiguring = None, False
        self._delete_resources()
        self.status = "Terminating"
        self._operation = operations.terminate(self)

    def retag(self, added: dict[str, str], removed: list[str]) -> None:
        """Change the tags of the environment and of all its resources."""
        self.tags = {key: value for key, value in (self.tags | added).items() if key not in removed}
        self.capacity.retag(self.resource_tags, removed)
        self.routing.retag(self.resource_tags, removed)

    def require_ready(self) -> None:
        if self.status != "Ready":
            raise InvalidParameterValueError(
                f"Environment named {self.environment_name} is in an invalid state for this operation. Must be Ready."
            )

    def _begin(self, message: str, *, needs_ready: bool = True) -> None:
        if needs_ready:
            self.require_ready()
        self.status = "Updating"
        self.date_updated = utcnow()
        self.note(message)

    def _provision(self) -> None:
        tags = self.resource_tags
        if self.configuration.is_load_balanced():
            self.routing.create(self.configuration, tags, self.capacity.subnets, self.cname)
        targets = list(self.routing.target_groups.values())
        sources = self.routing.security_groups(self.configuration)
        self.capacity.create(self.configuration, tags, targets, sources)

    def _delete_resources(self) -> None:
        self.capacity.delete()
        self.routing.delete()
        self.instance_deployments = {}
        self.awaited = set()
