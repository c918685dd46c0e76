"""Applications, their versions and their configuration templates, with the attributes that AWS answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.utils import utcnow
from moto.elasticbeanstalk.utils import make_arn

from sandbox.emulator.elasticbeanstalk.configuration import Configuration
from sandbox.emulator.elasticbeanstalk.exceptions import (
    InvalidParameterValueError,
    unknown_template,
    unknown_version,
)
from sandbox.emulator.elasticbeanstalk.platforms import Platform

Lifecycle = Mapping[str, Any]

# AWS's defaults for a new application.
_VERSION_RULES = {
    "MaxCountRule": {"Enabled": False, "MaxCount": 200, "DeleteSourceFromS3": False},
    "MaxAgeRule": {"Enabled": False, "MaxAgeInDays": 180, "DeleteSourceFromS3": False},
}


class ApplicationVersion:
    """A labelled source bundle in S3: AWS's ApplicationVersionDescription."""

    def __init__(
        self,
        *,
        application: Application,
        version_label: str,
        description: str | None,
        source_bundle: dict[str, str] | None,
        source_build_information: dict[str, str] | None,
        process: bool,
        is_zip: bool,
        tags: dict[str, str],
    ) -> None:
        """``process`` validates the bundle, which takes until the next request."""
        self.application_name = application.application_name
        self.version_label = version_label
        self.description = description
        self.source_bundle = source_bundle
        self.source_build_information = source_build_information
        self.status = "PROCESSING" if process else "UNPROCESSED"
        self.is_zip = is_zip
        self.tags = tags
        self.date_created = self.date_updated = utcnow()
        self.application_version_arn = application.arn_of("applicationversion", version_label)

    def advance(self) -> bool:
        """End the processing. Returns whether there was any."""
        if self.status != "PROCESSING":
            return False
        self.status = "PROCESSED" if self.is_zip else "FAILED"
        self.date_updated = utcnow()
        return True


class ConfigurationTemplate:
    """A named configuration: AWS's ConfigurationSettingsDescription."""

    def __init__(
        self,
        *,
        application: Application,
        template_name: str,
        description: str | None,
        platform: Platform,
        configuration: Configuration,
        tags: dict[str, str],
    ) -> None:
        self.application_name = application.application_name
        self.template_name = template_name
        self.description = description
        self.platform = platform
        self.solution_stack_name = platform.solution_stack_name
        self.platform_arn = platform.arn(application.region)
        self.configuration = configuration
        self.tags = tags
        self.date_created = self.date_updated = utcnow()
        self.arn = application.arn_of("configurationtemplate", template_name)

    @property
    def option_settings(self) -> list[dict[str, str]]:
        return self.configuration.settings()


class Application:
    """An application with its versions and templates: AWS's ApplicationDescription."""

    def __init__(
        self, *, region: str, account_id: str, application_name: str, description: str | None, tags: dict[str, str]
    ) -> None:
        self.region = region
        self.account_id = account_id
        self.application_name = application_name
        self.description = description
        self.tags = tags
        self.date_created = self.date_updated = utcnow()
        self.application_arn = make_arn(region, account_id, "application", application_name)
        self.service_role: str | None = None
        self.version_rules: dict[str, Any] = dict(_VERSION_RULES)
        self.application_versions: dict[str, ApplicationVersion] = {}
        self.templates: dict[str, ConfigurationTemplate] = {}

    @property
    def versions(self) -> list[str]:
        return list(self.application_versions)

    @property
    def configuration_templates(self) -> list[str]:
        return list(self.templates)

    @property
    def resource_lifecycle_config(self) -> dict[str, Any]:
        return {"ServiceRole": self.service_role, "VersionLifecycleConfig": self.version_rules}

    def arn_of(self, kind: str, name: str) -> str:
        return make_arn(self.region, self.account_id, kind, f"{self.application_name}/{name}")

    def set_lifecycle(self, lifecycle: Lifecycle | None) -> None:
        """Change the rules in ``lifecycle`` and keep the others."""
        given = lifecycle or {}
        self.service_role = given.get("ServiceRole") or self.service_role
        self.version_rules |= {k: v for k, v in (given.get("VersionLifecycleConfig") or {}).items() if v}

    def version(self, label: str) -> ApplicationVersion:
        try:
            return self.application_versions[label]
        except KeyError:
            raise unknown_version(label) from None

    def usable_version(self, label: str) -> ApplicationVersion:
        """The version, if it can be deployed: AWS refuses one that is being processed or has failed."""
        version = self.version(label)
        if version.status in ("PROCESSING", "FAILED"):
            raise InvalidParameterValueError(
                f"Application version {label} is unusable and cannot be used with an environment."
            )
        return version

    def template(self, name: str) -> ConfigurationTemplate:
        try:
            return self.templates[name]
        except KeyError:
            raise unknown_template(self.application_name, name) from None
