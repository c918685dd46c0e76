"""The operations on applications, versions, templates, platforms and tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.core.utils import utcnow

from sandbox.emulator.elasticbeanstalk.configuration import Configuration, describe_options
from sandbox.emulator.elasticbeanstalk.environment_responses import EnvironmentOperations
from sandbox.emulator.elasticbeanstalk.exceptions import ConfigurationValidationError, InvalidParameterValueError
from sandbox.emulator.elasticbeanstalk.models import EBBackend, eb_backends
from sandbox.emulator.elasticbeanstalk.names import tag_dict, tag_list
from sandbox.emulator.elasticbeanstalk.platforms import AVAILABLE, Platform, find_platform
from sandbox.emulator.elasticbeanstalk.storage import storage_location

_Item = TypeVar("_Item")

# AWS's default quotas for an account and region.
_QUOTAS = {
    "ApplicationQuota": 75,
    "ApplicationVersionQuota": 1000,
    "EnvironmentQuota": 200,
    "ConfigurationTemplateQuota": 2000,
    "CustomPlatformQuota": 50,
}


class EBResponse(EnvironmentOperations, BaseResponse):
    """Every public method is an operation of AWS."""

    def __init__(self) -> None:
        super().__init__(service_name="elasticbeanstalk")
        self.automated_parameter_parsing = True

    @property
    def backend(self) -> EBBackend:
        """The backend, after operations in progress have advanced."""
        backend = eb_backends[self.current_account][self.region]
        backend.advance()
        return backend

    def page(self, items: Sequence[_Item]) -> tuple[Sequence[_Item], str | None]:
        """The page that MaxRecords and NextToken ask for, and the token of the next page.

        The token is the number of items left, so that new items at the front do not shift the pages.
        """
        token = self._get_param("NextToken")
        if token and not (token.isdigit() and int(token) <= len(items)):
            raise InvalidParameterValueError("NextToken is not valid.")
        start = len(items) - int(token) if token else 0
        part = items[start : start + (self._get_int_param("MaxRecords") or 1000)]
        left = len(items) - start - len(part)
        return part, str(left) if left else None

    # Applications

    def create_application(self) -> ActionResult:
        application = self.backend.create_application(
            self._get_param("ApplicationName"),
            self._get_param("Description"),
            self._get_param("ResourceLifecycleConfig"),
            tag_dict(self._get_param("Tags")),
        )
        return ActionResult({"Application": application})

    def describe_applications(self) -> ActionResult:
        names = self._get_param("ApplicationNames")
        found = [a for a in self.backend.applications.values() if not names or a.application_name in names]
        return ActionResult({"Applications": found})

    def update_application(self) -> ActionResult:
        name, description = self._get_param("ApplicationName"), self._get_param("Description")
        return ActionResult({"Application": self.backend.update_application(name, description)})

    def update_application_resource_lifecycle(self) -> ActionResult:
        application = self.backend.application(self._get_param("ApplicationName"))
        application.set_lifecycle(self._get_param("ResourceLifecycleConfig"))
        return ActionResult(application)

    def delete_application(self) -> ActionResult:
        force = bool(self._get_bool_param("TerminateEnvByForce"))
        self.backend.delete_application(self._get_param("ApplicationName"), terminate_environments=force)
        return EmptyResult()

    # Application versions

    def create_application_version(self) -> ActionResult:
        version = self.backend.create_application_version(
            self._get_param("ApplicationName"),
            create_application=bool(self._get_bool_param("AutoCreateApplication")),
            version_label=self._get_param("VersionLabel"),
            description=self._get_param("Description"),
            source_bundle=self._get_param("SourceBundle"),
            source_build_information=self._get_param("SourceBuildInformation"),
            process=bool(self._get_bool_param("Process")),
            tags=tag_dict(self._get_param("Tags")),
        )
        return ActionResult({"ApplicationVersion": version})

    def describe_application_versions(self) -> ActionResult:
        name, labels = self._get_param("ApplicationName"), self._get_param("VersionLabels")
        found = [
            version
            for application in self.backend.applications.values()
            if name in (None, application.application_name)
            for version in reversed(application.application_versions.values())
            if not labels or version.version_label in labels
        ]
        versions, token = self.page(found)
        return ActionResult({"ApplicationVersions": versions, "NextToken": token})

    def update_application_version(self) -> ActionResult:
        application = self.backend.application(self._get_param("ApplicationName"))
        version = application.version(self._get_param("VersionLabel"))
        version.description = self._get_param("Description", version.description)
        version.date_updated = utcnow()
        return ActionResult({"ApplicationVersion": version})

    def delete_application_version(self) -> ActionResult:
        self.backend.delete_application_version(
            self._get_param("ApplicationName"),
            self._get_param("VersionLabel"),
            delete_source_bundle=bool(self._get_bool_param("DeleteSourceBundle")),
        )
        return EmptyResult()

    # Configuration

    def create_configuration_template(self) -> ActionResult:
        backend = self.backend
        application = backend.application(self._get_param("ApplicationName"))
        base, platform = self._template_source(backend)
        if platform is None:
            platform = find_platform(self._get_param("SolutionStackName"), self._get_param("PlatformArn"))
        configuration = base.changed(self._get_param("OptionSettings"))
        configuration.check()
        template = backend.create_configuration_template(
            application,
            self._get_param("TemplateName"),
            description=self._get_param("Description"),
            platform=platform,
            configuration=configuration,
            tags=tag_dict(self._get_param("Tags")),
        )
        return ActionResult(template)

    def _template_source(self, backend: EBBackend) -> tuple[Configuration, Platform | None]:
        """What a new template copies: an environment, another template or nothing."""
        if environment_id := self._get_param("EnvironmentId"):
            environment = backend.environment(environment_id, None)
            return environment.configuration, environment.platform
        if source := self._get_param("SourceConfiguration"):
            template = backend.application(source["ApplicationName"]).template(source["TemplateName"])
            return template.configuration, template.platform
        return Configuration(), None

    def update_configuration_template(self) -> ActionResult:
        application = self.backend.application(self._get_param("ApplicationName"))
        template = application.template(self._get_param("TemplateName"))
        changed = template.configuration.changed(self._get_param("OptionSettings"), self._get_param("OptionsToRemove"))
        changed.check()
        template.configuration = changed
        template.description = self._get_param("Description", template.description)
        template.date_updated = utcnow()
        return ActionResult(template)

    def delete_configuration_template(self) -> ActionResult:
        application = self.backend.application(self._get_param("ApplicationName"))
        application.templates.pop(self._get_param("TemplateName"), None)
        return EmptyResult()

    def validate_configuration_settings(self) -> ActionResult:
        backend = self.backend
        base = Configuration()
        if name := self._get_param("EnvironmentName"):
            base = backend.environment(None, name).configuration
        elif name := self._get_param("TemplateName"):
            base = backend.application(self._get_param("ApplicationName")).template(name).configuration
        try:
            base.changed(self._get_param("OptionSettings")).check()
        except ConfigurationValidationError as invalid:
            return ActionResult({"Messages": [{"Message": invalid.problem, "Severity": "error"}]})
        return ActionResult({"Messages": []})

    def describe_configuration_options(self) -> ActionResult:
        platform = AVAILABLE[0]
        if name := self._get_param("EnvironmentName"):
            platform = self.backend.environment(None, name).platform
        elif self._get_param("SolutionStackName") or self._get_param("PlatformArn"):
            platform = find_platform(self._get_param("SolutionStackName"), self._get_param("PlatformArn"))
        wanted = [(o.get("Namespace"), o.get("OptionName")) for o in self._get_param("Options") or ()]
        options = [
            option
            for option in describe_options()
            if not wanted
            or any(ns in (None, option["Namespace"]) and name in (None, option["Name"]) for ns, name in wanted)
        ]
        return ActionResult({**self._naming(platform), "Options": options})

    def describe_configuration_settings(self) -> ActionResult:
        backend = self.backend
        application = backend.application(self._get_param("ApplicationName"))
        if name := self._get_param("TemplateName"):
            return ActionResult({"ConfigurationSettings": [application.template(name)]})
        environment = backend.environment(None, self._get_param("EnvironmentName"))
        described = {
            **self._naming(environment.platform),
            "ApplicationName": application.application_name,
            "EnvironmentName": environment.environment_name,
            "Description": environment.description,
            "DeploymentStatus": "deployed" if environment.status == "Ready" else "pending",
            "DateCreated": environment.date_created,
            "DateUpdated": environment.date_updated,
            "OptionSettings": environment.configuration.settings(),
        }
        return ActionResult({"ConfigurationSettings": [described]})

    def _naming(self, platform: Platform) -> dict[str, Any]:
        return {"SolutionStackName": platform.solution_stack_name, "PlatformArn": platform.arn(self.region)}

    # Platforms

    def list_available_solution_stacks(self) -> ActionResult:
        details = [
            {"SolutionStackName": p.solution_stack_name, "PermittedFileTypes": p.permitted_file_types}
            for p in AVAILABLE
        ]
        return ActionResult(
            {"SolutionStacks": [d["SolutionStackName"] for d in details], "SolutionStackDetails": details}
        )

    def list_platform_versions(self) -> ActionResult:
        summaries = [platform.summary(self.region) for platform in AVAILABLE]
        for wanted in self._get_param("Filters") or ():
            matches = _FILTER_OPERATORS[wanted.get("Operator", "=")]
            member = _FILTER_MEMBERS.get(wanted["Type"], wanted["Type"])
            summaries = [s for s in summaries if any(matches(str(s.get(member)), value) for value in wanted["Values"])]
        part, token = self.page(summaries)
        return ActionResult({"PlatformSummaryList": part, "NextToken": token})

    def describe_platform_version(self) -> ActionResult:
        platform = find_platform(None, self._get_param("PlatformArn"))
        name = {"PlatformName": platform.branch, "SolutionStackName": platform.solution_stack_name}
        return ActionResult({"PlatformDescription": {**platform.summary(self.region), **name}})

    # Tags and the account

    def list_tags_for_resource(self) -> ActionResult:
        arn = self._get_param("ResourceArn")
        return ActionResult({"ResourceArn": arn, "ResourceTags": tag_list(self.backend.tags_of(arn))})

    def update_tags_for_resource(self) -> ActionResult:
        self.backend.update_tags(
            self._get_param("ResourceArn"),
            tag_dict(self._get_param("TagsToAdd")),
            self._get_param("TagsToRemove") or [],
        )
        return EmptyResult()

    def create_storage_location(self) -> ActionResult:
        """Create the bucket of Beanstalk, unless it exists."""
        return ActionResult({"S3Bucket": storage_location(self.region, self.current_account)})

    def describe_account_attributes(self) -> ActionResult:
        return ActionResult({"ResourceQuotas": {name: {"Maximum": maximum} for name, maximum in _QUOTAS.items()}})


_FILTER_OPERATORS = {
    "=": str.__eq__,
    "!=": str.__ne__,
    "contains": str.__contains__,
    "begins_with": str.startswith,
    "ends_with": str.endswith,
}
# Filters whose name differs from the member of the answer.
_FILTER_MEMBERS = {"PlatformName": "PlatformBranchName"}
