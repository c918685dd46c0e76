"""The tagged resources of Elastic Beanstalk, and the tags that users may set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from moto.core.resource_tagging import TaggedResource

from sandbox.emulator.elasticbeanstalk.applications import Application
from sandbox.emulator.elasticbeanstalk.environments import Environment
from sandbox.emulator.elasticbeanstalk.exceptions import InvalidParameterValueError

_RESERVED = ("aws:", "elasticbeanstalk:")


def checked_tags(tags: dict[str, str]) -> dict[str, str]:
    """The same tags. Raises ``InvalidParameterValueError`` for a key that is reserved for AWS."""
    for key in tags:
        if key.startswith(_RESERVED):
            raise InvalidParameterValueError(f"Tag key {key} uses a prefix that is reserved for AWS.")
    return tags


def tagged_resources(
    applications: Iterable[Application], environments: Iterable[Environment]
) -> Iterator[TaggedResource]:
    """All applications, versions, templates and environments with their tags."""
    for application in applications:
        yield TaggedResource(application.application_arn, application.tags, "elasticbeanstalk:application")
        for version in application.application_versions.values():
            yield TaggedResource(version.application_version_arn, version.tags, "elasticbeanstalk:applicationversion")
        for template in application.templates.values():
            yield TaggedResource(template.arn, template.tags, "elasticbeanstalk:configurationtemplate")
    for environment in environments:
        yield TaggedResource(environment.environment_arn, environment.tags, "elasticbeanstalk:environment")
