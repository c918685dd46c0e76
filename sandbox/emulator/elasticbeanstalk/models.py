"""The backend of Elastic Beanstalk in one account and region.

A request comes from ``responses.py`` or ``environment_responses.py`` to this backend. An environment
(``environments.py``) has its instances in ``capacity.py`` and its load balancer in ``routing.py``; ``deployment.py``
puts an application version onto the instances. ``configuration.py`` holds the option settings, ``options.py`` lists all
options with their defaults.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource
from moto.core.utils import utcnow

from sandbox.emulator.elasticbeanstalk.applications import (
    Application,
    ApplicationVersion,
    ConfigurationTemplate,
    Lifecycle,
)
from sandbox.emulator.elasticbeanstalk.bundles import is_zip
from sandbox.emulator.elasticbeanstalk.configuration import ENVIRONMENT, Configuration
from sandbox.emulator.elasticbeanstalk.environments import Environment
from sandbox.emulator.elasticbeanstalk.events import EventLog
from sandbox.emulator.elasticbeanstalk.exceptions import (
    InvalidParameterCombinationError,
    InvalidParameterValueError,
    ResourceNotFoundError,
    SourceBundleDeletionError,
    unknown_application,
)
from sandbox.emulator.elasticbeanstalk.platforms import Platform, find_platform
from sandbox.emulator.elasticbeanstalk.references import check_references, find_network
from sandbox.emulator.elasticbeanstalk.storage import storage_location
from sandbox.emulator.elasticbeanstalk.tagging import checked_tags, tagged_resources
from sandbox.emulator.errors import AwsError
from sandbox.emulator.in_process import client

_ENVIRONMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,38}[A-Za-z0-9]")

Settings = list[dict[str, str]] | None


class EBBackend(BaseBackend, TaggableResourcesMixin):
    """Applications and environments. Terminated environments stay: ``IncludeDeleted`` lists them."""

    SERVICE_NAMESPACE = "elasticbeanstalk"

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.applications: dict[str, Application] = {}
        self.environments: list[Environment] = []
        self.events = EventLog()

    def advance(self) -> bool:
        """Continue all operations in progress, as far as they go without waiting. Returns whether there were any."""
        for version in (v for a in self.applications.values() for v in a.application_versions.values()):
            if version.advance():
                self.events.add(
                    f"Finished processing application version {version.version_label}: {version.status}.",
                    severity="ERROR" if version.status == "FAILED" else "INFO",
                    application_name=version.application_name,
                    version_label=version.version_label,
                )
        return sum(environment.advance() for environment in self.environments) > 0

    # Applications

    def application(self, name: str) -> Application:
        try:
            return self.applications[name]
        except KeyError:
            raise unknown_application(name) from None

    def create_application(
        self, name: str, description: str | None, lifecycle: Lifecycle | None, tags: dict[str, str]
    ) -> Application:
        if name in self.applications:
            raise InvalidParameterValueError(f"Application {name} already exists.")
        application = Application(
            region=self.region_name,
            account_id=self.account_id,
            application_name=name,
            description=description,
            tags=checked_tags(tags),
        )
        application.set_lifecycle(lifecycle)
        self.applications[name] = application
        self.events.add(f"Created new Application: {name}", application_name=name)
        return application

    def update_application(self, name: str, description: str | None) -> Application:
        application = self.application(name)
        if description is not None:
            application.description = description
        application.date_updated = utcnow()
        return application

    def delete_application(self, name: str, *, terminate_environments: bool) -> None:
        running = [e for e in self.living_environments() if e.application_name == name]
        if running and not terminate_environments:
            names = ", ".join(e.environment_name for e in running)
            raise InvalidParameterValueError(
                f"Unable to delete application {name} because it has a version that is deployed to a running "
                f"environment: {names}."
            )
        for environment in running:
            environment.terminate()
        self.applications.pop(name, None)

    # Application versions

    def create_application_version(self, name: str, *, create_application: bool, **version: Any) -> ApplicationVersion:
        if create_application and name not in self.applications:
            self.create_application(name, None, None, {})
        application = self.application(name)
        label = version["version_label"]
        if label in application.application_versions:
            raise InvalidParameterValueError(f"Application Version {label} already exists.")
        bundle = version["source_bundle"]
        readable = is_zip(bundle, self.region_name, self.account_id) if bundle else True
        created = ApplicationVersion(application=application, is_zip=readable, **version)
        application.application_versions[label] = created
        self.events.add(f"Created new Application Version: {label}", application_name=name, version_label=label)
        return created

    def delete_application_version(self, name: str, label: str, *, delete_source_bundle: bool) -> None:
        version = self.application(name).version(label)
        if any((e.application_name, e.version_label) == (name, label) for e in self.living_environments()):
            raise SourceBundleDeletionError(
                f"Unable to delete application version '{label}' because it is in use by one or more environments."
            )
        del self.applications[name].application_versions[label]
        if delete_source_bundle and version.source_bundle:
            bucket, key = version.source_bundle["S3Bucket"], version.source_bundle["S3Key"]
            client("s3", self.region_name, self.account_id).delete_object(Bucket=bucket, Key=key)

    # Configuration templates

    def create_configuration_template(
        self,
        application: Application,
        name: str,
        *,
        description: str | None,
        platform: Platform,
        configuration: Configuration,
        tags: dict[str, str],
    ) -> ConfigurationTemplate:
        if name in application.templates:
            raise InvalidParameterValueError(f"Configuration Template {name} already exists.")
        template = ConfigurationTemplate(
            application=application,
            template_name=name,
            description=description,
            platform=platform,
            configuration=configuration,
            tags=checked_tags(tags),
        )
        application.templates[name] = template
        return template

    # Environments

    def living_environments(self) -> list[Environment]:
        return [e for e in self.environments if e.status not in ("Terminating", "Terminated")]

    def environment(self, environment_id: str | None, name: str | None) -> Environment:
        """The environment with this id or name, unless it is terminated."""
        for environment in self.living_environments():
            if environment.environment_id == environment_id if environment_id else environment.environment_name == name:
                return environment
        raise InvalidParameterValueError(f"No Environment found for EnvironmentName = '{name or environment_id}'.")

    def create_environment(
        self,
        *,
        application_name: str,
        environment_name: str,
        cname_prefix: str | None,
        version_label: str | None,
        template_name: str | None,
        solution_stack_name: str | None,
        platform_arn: str | None,
        option_settings: Settings,
        options_to_remove: Settings,
        description: str | None,
        tags: dict[str, str],
    ) -> Environment:
        application = self.application(application_name)
        if not _ENVIRONMENT_NAME.fullmatch(environment_name):
            raise InvalidParameterValueError(
                f"Value {environment_name} at 'EnvironmentName' failed to satisfy constraint: Member must contain only "
                "letters, digits and dashes, be from 4 to 40 characters long, and not start or end with a dash"
            )
        if any(e.environment_name == environment_name for e in self.living_environments()):
            raise InvalidParameterValueError(f"Environment {environment_name} already exists.")
        if cname_prefix and not self.is_available(cname_prefix):
            raise InvalidParameterValueError(f"DNS name ({self.cname(cname_prefix)}) is not available.")
        template = application.template(template_name) if template_name else None
        platform = template.platform if template else None
        if solution_stack_name or platform_arn or platform is None:
            platform = find_platform(solution_stack_name, platform_arn)
        if version_label:
            application.usable_version(version_label)
        base = template.configuration if template else Configuration()
        configuration = base.changed(option_settings, options_to_remove)
        self.check(configuration)
        storage_location(self.region_name, self.account_id)
        environment = Environment(
            application=application,
            environment_name=environment_name,
            platform=platform,
            configuration=configuration,
            version_label=version_label,
            description=description,
            template_name=template_name,
            cname_prefix=cname_prefix,
            tags=checked_tags(tags),
            network=find_network(configuration, self.region_name, self.account_id),
            events=self.events,
        )
        try:
            environment.launch()
        except ClientError as error:
            # AWS creates the environment and reports the failed launch as an event.
            problem = error.response["Error"]
            raise AwsError(problem["Code"], f"Failed to launch environment: {problem['Message']}") from None
        self.environments.append(environment)
        return environment

    def check(self, configuration: Configuration) -> None:
        """Refuse an invalid configuration before any resource is made."""
        configuration.check()
        if configuration.is_load_balanced() and configuration.value(ENVIRONMENT, "LoadBalancerType") != "application":
            # AWS's own default is a Classic Load Balancer.
            raise NotImplementedError("only Application Load Balancers")
        check_references(configuration, self.region_name, self.account_id)

    def update_environment(
        self,
        environment: Environment,
        *,
        version_label: str | None,
        template_name: str | None,
        solution_stack_name: str | None,
        platform_arn: str | None,
        option_settings: Settings,
        options_to_remove: Settings,
        description: str | None,
    ) -> None:
        environment.require_ready()
        if version_label:
            if option_settings or options_to_remove or template_name:
                raise InvalidParameterCombinationError(
                    "Attempting to update both the release and configuration is not allowed."
                )
            environment.application.usable_version(version_label)
        base = environment.configuration
        if template_name:
            base = environment.application.template(template_name).configuration
        configuration = base.changed(option_settings, options_to_remove)
        environment.configuration.check_successor(configuration)
        self.check(configuration)
        platform = environment.platform
        if solution_stack_name or platform_arn:
            platform = find_platform(solution_stack_name, platform_arn)
        if description is not None:
            environment.description = description
        environment.template_name = template_name or environment.template_name
        if version_label:
            environment.deploy(version_label)
        else:
            environment.reconfigure(configuration, platform)

    def cname(self, prefix: str) -> str:
        return f"{prefix}.{self.region_name}.elasticbeanstalk.com"

    def is_available(self, cname_prefix: str) -> bool:
        return all(e.cname != self.cname(cname_prefix) for e in self.living_environments())

    def swap_cnames(self, source: Environment, destination: Environment) -> None:
        for environment in (source, destination):
            environment.require_ready()
        source.cname, destination.cname = destination.cname, source.cname
        names = f"'{source.environment_name}' and '{destination.environment_name}'"
        for environment in (source, destination):
            environment.note(f"Completed swapping CNAMEs for environments {names}.")

    # Tags

    def tags_of(self, arn: str) -> dict[str, str]:
        """The tags of the resource with this ARN."""
        for tagged in self.iter_tagged_resources():
            if tagged.arn == arn:
                return tagged.tags
        raise ResourceNotFoundError(arn)

    def update_tags(self, arn: str, added: dict[str, str], removed: list[str]) -> None:
        tags = self.tags_of(arn)
        for environment in self.living_environments():
            if environment.environment_arn == arn:
                environment.retag(checked_tags(added), removed)
                return
        tags.update(checked_tags(added))
        for key in removed:
            tags.pop(key, None)

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """The resources for the Resource Groups Tagging API."""
        return tagged_resources(self.applications.values(), self.living_environments())


eb_backends = BackendDict(EBBackend, "elasticbeanstalk")
