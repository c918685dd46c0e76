"""The platforms of Elastic Beanstalk: solution stacks, their versions and ARNs.

Sources of the PHP platforms: Elastic Beanstalk guide, "PHP platform versions", and "Elastic Beanstalk release notes",
2026-10-21 and 2026-10-22. The others are moto's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from moto.elasticbeanstalk.responses import SOLUTION_STACK_DETAILS

from sandbox.emulator.elasticbeanstalk.exceptions import InvalidParameterValueError

_STACK = re.compile(r"(?P<system>64bit .+?) v(?P<version>[\d.]+) running (?P<language>.+)")
_ARN = re.compile(
    r"arn:[\w-]+:elasticbeanstalk:[\w-]*::platform/(?P<language>.+) running on (?P<system>.+)/(?P<version>[\d.]+)"
)

PHP_VERSION = "4.13.13"
PHP_LANGUAGES = ("PHP 8.5", "PHP 8.4", "PHP 8.3", "PHP 8.2")


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A platform version, such as ``64bit Amazon Linux 2023 v4.13.13 running PHP 8.5``."""

    system: str
    version: str
    language: str
    permitted_file_types: tuple[str, ...] = ("zip",)

    @property
    def solution_stack_name(self) -> str:
        return f"{self.system} v{self.version} running {self.language}"

    @property
    def branch(self) -> str:
        return f"{self.language} running on {self.system}"

    def arn(self, region: str) -> str:
        return f"arn:aws:elasticbeanstalk:{region}::platform/{self.branch}/{self.version}"

    def summary(self, region: str) -> dict[str, object]:
        """As ListPlatformVersions answers it."""
        system, _, system_version = self.system.removeprefix("64bit ").rpartition(" ")
        return {
            "PlatformArn": self.arn(region),
            "PlatformOwner": "AWSElasticBeanstalk",
            "PlatformStatus": "Ready",
            "PlatformCategory": self.language.partition(" ")[0],
            "OperatingSystemName": system,
            "OperatingSystemVersion": system_version,
            "SupportedTierList": ["WebServer/Standard", "Worker/SQS/HTTP"],
            "SupportedAddonList": ["Log/S3", "Monitoring/Healthd", "WorkerDaemon/SQSD"],
            "PlatformLifecycleState": "Recommended",
            "PlatformVersion": self.version,
            "PlatformBranchName": self.branch,
            "PlatformBranchLifecycleState": "Supported",
        }


def _available() -> tuple[Platform, ...]:
    php = [Platform(system="64bit Amazon Linux 2023", version=PHP_VERSION, language=name) for name in PHP_LANGUAGES]
    others = []
    for details in SOLUTION_STACK_DETAILS:
        stack = _STACK.fullmatch(details["SolutionStackName"])
        if stack and not stack["language"].startswith("PHP"):
            others.append(Platform(**stack.groupdict(), permitted_file_types=tuple(details["PermittedFileTypes"])))
    return (*php, *others)


AVAILABLE = _available()


def find_platform(solution_stack_name: str | None, platform_arn: str | None) -> Platform:
    """The platform that a request names by solution stack or ARN. Raises AWS's error if there is none."""
    if solution_stack_name:
        for platform in AVAILABLE:
            if platform.solution_stack_name == solution_stack_name:
                return platform
        raise InvalidParameterValueError(f"No Solution Stack named '{solution_stack_name}' found.")
    named = _ARN.fullmatch(platform_arn or "")
    for platform in AVAILABLE:
        if named and (platform.language, platform.system, platform.version) == named.group(
            "language", "system", "version"
        ):
            return platform
    raise InvalidParameterValueError(f"No Platform named '{platform_arn}' found.")
