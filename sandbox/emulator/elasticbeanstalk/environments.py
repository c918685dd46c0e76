"""An environment: its configuration, its resources, and the operation in progress."""

from __future__ import annotations

from collections.abc import Sequence

from moto.core.utils import utcnow

from sandbox.emulator.elasticbeanstalk.applications import Application
from sandbox.emulator.elasticbeanstalk.capacity import Capacity
from sandbox.emulator.elasticbeanstalk.configuration import Configuration
from sandbox.emulator.elasticbeanstalk.controls import CONTROLS
from sandbox.emulator.elasticbeanstalk.deployment import Deployment, Failure, InstanceDeployment
from sandbox.emulator.elasticbeanstalk.events import EventLog
from sandbox.emulator.elasticbeanstalk.exceptions import InvalidParameterValueError
from sandbox.emulator.elasticbeanstalk.health import EnvironmentHealth, assess
from sandbox.emulator.elasticbeanstalk.names import environment_tags, random_text
from sandbox.emulator.elasticbeanstalk.platforms import Platform
from sandbox.emulator.elasticbeanstalk.routing import Routing

WEB_SERVER_TIER = {"Name": "WebServer", "Type": "Standard", "Version": "1.0"}


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
        self.causes: list[str] = []
        vpc_id, subnets = network
        place = {"region": application.region, "account": application.account_id, "environment_id": self.environment_id}
        self.capacity = Capacity(**place, vpc_id=vpc_id, subnets=subnets)
        self.routing = Routing(**place, vpc_id=vpc_id)
        self._events = events
        self._deployment: Deployment | None = None
        self._deployment_id = 1

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
        return self._deployment is not None

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

    def assess(self) -> EnvironmentHealth:
        return assess(self.status, [d.status for d in self._deployments_of_running().values()], self.causes)

    @property
    def resource_tags(self) -> dict[str, str]:
        return environment_tags(self.environment_id, self.environment_name, self.tags)

    # What a deployment does to its environment.

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

    def register(self, instance_ids: Sequence[str]) -> None:
        """Put instances into service."""
        if instance_ids:
            self.routing.register(instance_ids)

    def deregister(self, instance_ids: Sequence[str]) -> None:
        """Take instances out of service."""
        if instance_ids:
            self.routing.deregister(instance_ids)

    def grow(self, by: int) -> list[str]:
        """Start more instances. Returns their ids."""
        return self.capacity.grow(by)

    def retire(self, instance_ids: Sequence[str]) -> None:
        """Terminate instances."""
        if instance_ids:
            self.capacity.retire(list(instance_ids), self.configuration)

    def take_failure(self, instance_id: str) -> Failure | None:
        return CONTROLS.take_failure(self.environment_name, instance_id)

    # Operations. The status changes when ``advance`` is called, before the next request.

    def launch(self) -> None:
        """Create all resources, or none if that fails."""
        self.note("createEnvironment is starting.")
        try:
            self._provision()
        except Exception:
            self._delete_resources()
            self.note("Failed to launch environment.", "ERROR")
            raise

    def rebuild(self) -> None:
        """Delete and create all resources, with the same version."""
        self.require_ready()
        self._begin("rebuildEnvironment is starting.")
        self._delete_resources()
        self.causes = []
        self._provision()

    def reconfigure(self, configuration: Configuration, platform: Platform) -> None:
        """Apply changed settings or another platform version."""
        self._begin("Environment update is starting.")
        replace = platform != self.platform or configuration.replaces_instances_of(self.configuration)
        changed = bool(self.configuration.differs_in(configuration)) or replace
        self.configuration, self.platform = configuration, platform
        if changed:
            self.note("Updating environment's configuration settings.")
            self.capacity.update(configuration, self.resource_tags, replace_instances=replace)
            self.routing.update_processes(configuration)

    def deploy(self, version_label: str) -> None:
        """Start the deployment of a version."""
        if self.status != "Updating":
            self._begin("Environment update is starting.")
        self._deployments_of_running()  # records the old version for instances that have just been launched
        self._deployment_id += 1
        self._deployment = Deployment(
            environment=self,
            version_label=version_label,
            deployment_id=self._deployment_id,
            seconds=CONTROLS.seconds_per_batch,
        )

    def restart(self) -> None:
        self.require_ready()
        self._begin("restartAppServer is starting.")

    def abort(self) -> None:
        """Stop the deployment after its current batch."""
        if self._deployment is None:
            raise InvalidParameterValueError(f"Environment named {self.environment_name} has no operation to abort.")
        self.note("Abort operation requested by the user.", "WARN")
        self._deployment.abort()
        self._conclude(self._deployment)

    def terminate(self) -> None:
        """Delete all resources. The description stays, as in AWS."""
        self._begin("terminateEnvironment is starting.")
        self._deployment = None
        self._delete_resources()
        self.status = "Terminating"

    def retag(self, added: dict[str, str], removed: list[str]) -> None:
        """Change the tags of the environment and of all its resources."""
        self.tags = {key: value for key, value in (self.tags | added).items() if key not in removed}
        self.capacity.retag(self.resource_tags, removed)
        self.routing.retag(self.resource_tags, removed)

    def advance(self) -> None:
        """Complete the operation in progress, as far as time allows. Called before every request."""
        match self.status:
            case "Launching":
                self.status = "Ready"
                self.note(f"Successfully launched environment: {self.environment_name}")
            case "Terminating":
                self.status = "Terminated"
                self.note("terminateEnvironment completed successfully.")
            case "Updating" if self._deployment is not None:
                self._deployment.advance()
                if self._deployment.finished:
                    self._conclude(self._deployment)
            case "Updating":
                self.status = "Ready"
                self.note("Environment update completed successfully.")

    def instance_ids(self) -> list[str]:
        return [instance["InstanceId"] for instance in self.capacity.instances()]

    def deployment_of(self, instance_id: str) -> InstanceDeployment:
        return self._deployments_of_running()[instance_id]

    def running_version(self, instance_id: str) -> tuple[str | None, int] | None:
        """Label and deployment id of what an instance runs, or starts with if it is new.

        None for an instance that the deployment in progress has launched: the deployment brings its first version.
        """
        if instance_id in self.awaited:
            return None
        last = self.instance_deployments.get(instance_id)
        if last is None or last.status != "Deployed":
            return self.version_label, self._deployment_id
        return last.version_label, last.deployment_id

    def require_ready(self) -> None:
        if self.status != "Ready":
            raise InvalidParameterValueError(
                f"Environment named {self.environment_name} is in an invalid state for this operation. Must be Ready."
            )

    def _begin(self, message: str) -> None:
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

    def _conclude(self, deployment: Deployment) -> None:
        self._deployment = None
        self.status = "Ready"
        self.date_updated = utcnow()
        running = self._deployments_of_running()
        if all(d.deployment_id == deployment.deployment_id and d.status == "Deployed" for d in running.values()):
            self.version_label = deployment.version_label
            self.causes = []
            self.note("Environment update completed successfully.")
            return
        other = sum(d.version_label != self.version_label for d in running.values())
        self.causes = [
            f"Incorrect application version found on {other} out of {len(running)} instances. "
            f'Expected version "{self.version_label}".'
        ]
        if deployment.failed:
            self.causes.insert(0, f"Command failed on {len(deployment.failed)} out of {len(running)} instances.")
        status = self.assess().status
        self.note(f"Environment health has transitioned from Info to {status}. {' '.join(self.causes)}", "WARN")

    def _deployments_of_running(self) -> dict[str, InstanceDeployment]:
        """The last deployment to each running instance. A new instance has the version of the environment."""
        current = InstanceDeployment(version_label=self.version_label, deployment_id=self._deployment_id)
        self.instance_deployments = {i: self.instance_deployments.get(i, current) for i in self.instance_ids()}
        return self.instance_deployments
