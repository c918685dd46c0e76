"""Deploys the stand-in applications to environments that still run their placeholder."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.engine import Engine
from commands.errors import CommandError
from sandbox.applications import releases, satellites
from sandbox.commands.environment import REGION
from sandbox.commands.layout import REPOSITORY

PLACEHOLDER = "placeholder"
RELEASE = "stand-in"
"""The name of the release and of its application version."""
ADMINISTRATOR = "admin@client.url"
_WAIT_SECONDS = 1800.0


@dataclass(frozen=True, kw_only=True)
class Site:
    """A stack's shop."""

    stack: str
    back_office: str
    front: str
    configuration: str
    """The address of its env.php."""


class StandIns:
    """The applications of the stacks, and what is still to be deployed."""

    def __init__(self, engine: Engine, variables: Mapping[str, str], stacks: Sequence[str]) -> None:
        self._variables = variables
        outputs = {stack: json.loads(engine.ask("stack", "output", "--json", "--stack", stack)) for stack in stacks}
        self.sites = [
            Site(
                stack=stack,
                back_office=found["back_office_environment"],
                front=found["front_environment"],
                configuration=found["configuration_object"],
            )
            for stack, found in outputs.items()
        ]
        self._satellites = {name for found in outputs.values() for name in found.get("satellites", {})}
        # Imported here: the sandbox's other commands start faster without it.
        import boto3

        session = boto3.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        self._beanstalk = session.client("elasticbeanstalk", endpoint_url=variables["AWS_ENDPOINT_URL"])
        self._s3 = session.client("s3", endpoint_url=variables["AWS_ENDPOINT_URL"])

    def environments(self) -> dict[str, dict[str, Any]]:
        """Beanstalk's description of every environment, by its name."""
        found = self._beanstalk.describe_environments(IncludeDeleted=False)["Environments"]
        return {each["EnvironmentName"]: each for each in found}

    def wait_until_healthy(self, report: Callable[[str], None]) -> None:
        """Until every environment is ready and its health is green. Raises `CommandError` when one never is."""
        self._wait(lambda: [name for name, each in self.environments().items() if not _healthy(each)], report)

    def deploy(self, report: Callable[[str], None]) -> list[str]:
        """Deploy to the environments that run their placeholder. Returns their names.

        Shops by the program's own release, which installs Magento; satellites by Beanstalk's public API.
        Raises `CommandError` when a deployment or an installation fails.
        """
        waiting = [name for name, each in self.environments().items() if PLACEHOLDER in each.get("VersionLabel", "")]
        shops = [site for site in self.sites if {site.back_office, site.front} & set(waiting)]
        with tempfile.TemporaryDirectory(prefix="stand-ins-") as directory:
            bundles = {name: self._satellite_bundle(name, Path(directory)) for name in waiting if self._satellite(name)}
            built = {site.stack: self._shop_bundle(site, Path(directory)) for site in shops}
            with ThreadPoolExecutor() as pool:
                releases = [pool.submit(self._release, site, built[site.stack], waiting, report) for site in shops]
                self._deploy_together(bundles, report)
                for each in releases:
                    each.result()
        fronts = [site.front for site in shops]
        self._wait(lambda: [name for name in fronts if not _healthy(self.environments()[name])], report)
        return waiting

    def _release(self, site: Site, bundle: Path, waiting: Sequence[str], report: Callable[[str], None]) -> None:
        """The first release of a shop, or the rest of one that was interrupted."""
        report(f"Releasing the shop in {site.stack}")
        if site.back_office not in waiting:
            self._release_command("resume", "-s", site.stack)
            return
        planned = self._release_command("plan", "-s", site.stack, str(bundle), "--first-admin-email", ADMINISTRATOR)
        plan_id = planned.split("--plan ")[1].split()[0]
        self._release_command("deploy", "-s", site.stack, "--plan", plan_id, "--release", RELEASE)

    def _release_command(self, *words: str) -> str:
        return self._program(str(REPOSITORY / "shop"), "release", *words)

    def _satellite(self, environment: str) -> str | None:
        return next((name for name in self._satellites & satellites.PARTS.keys() if environment.endswith(name)), None)

    def _satellite_bundle(self, environment: str, directory: Path) -> Path:
        name = self._satellite(environment)
        assert name is not None
        application = satellites.build(name, directory / name)
        return self._bundle(application, directory / f"{name}.zip", "--name", name)

    def _shop_bundle(self, site: Site, directory: Path) -> Path:
        application = releases.build(directory / f"shop-{site.stack}")
        given = ("--name", "magento", "--configuration", site.configuration)
        return self._bundle(application, directory / f"shop-{site.stack}.zip", *given)

    def _bundle(self, application: Path, output: Path, *options: str) -> Path:
        self._program(
            *(sys.executable, "-m", "release.bundle", str(application), str(output)), "--release", RELEASE, *options
        )
        return output

    def _deploy_together(self, bundles: Mapping[str, Path], report: Callable[[str], None]) -> None:
        """Deploy a bundle to each environment at the same time, and wait for all."""
        environments = self.environments()
        for name, bundle in bundles.items():
            application = environments[name]["ApplicationName"]
            self._create_version(application, bundle)
            self._beanstalk.update_environment(EnvironmentName=name, VersionLabel=RELEASE)
        self._wait(lambda: [name for name in bundles if self.environments()[name]["Status"] != "Ready"], report)
        for name in bundles:
            if self.environments()[name].get("VersionLabel") != RELEASE:
                raise CommandError(f"{name}: the stand-in could not be deployed.\n{self._events(name)}")
        self._wait(lambda: [name for name in bundles if not _healthy(self.environments()[name])], report)

    def _create_version(self, application: str, bundle: Path) -> None:
        known = self._beanstalk.describe_application_versions(ApplicationName=application, VersionLabels=[RELEASE])
        if known["ApplicationVersions"]:
            return
        bucket, key = self._beanstalk.create_storage_location()["S3Bucket"], f"{application}/{RELEASE}.zip"
        self._s3.upload_file(str(bundle), bucket, key)
        self._beanstalk.create_application_version(
            ApplicationName=application,
            VersionLabel=RELEASE,
            Description="A stand-in, which the sandbox deployed",
            SourceBundle={"S3Bucket": bucket, "S3Key": key},
        )

    def _wait(self, missing: Callable[[], list[str]], report: Callable[[str], None]) -> None:
        deadline = time.monotonic() + _WAIT_SECONDS
        while names := missing():
            report(waiting_for(names))
            if time.monotonic() > deadline:
                events = "\n".join(self._events(name) for name in names)
                raise CommandError(f"Not healthy after {_WAIT_SECONDS / 60:.0f} minutes: {', '.join(names)}.\n{events}")
            time.sleep(0.5)

    def _events(self, environment: str) -> str:
        events = self._beanstalk.describe_events(EnvironmentName=environment, MaxRecords=8)["Events"]
        return "\n".join(f"  {event['Severity']} {event['Message']}" for event in reversed(events))

    def _program(self, *command: str) -> str:
        """What a command of the program says, run as a person would. Raises `CommandError` with it if it fails."""
        ran = subprocess.run(
            command,
            cwd=REPOSITORY,
            env={**self._variables, "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if ran.returncode != 0:
            said = f"{ran.stdout}{ran.stderr}".strip()
            raise CommandError(f"{' '.join(command)} ended with {ran.returncode}:\n{said}")
        return ran.stdout


def waiting_for(environments: list[str]) -> str:
    """One line of less than 80 columns: a name has at most 40 characters."""
    first, *others = sorted(environments)
    return f"Waiting for {first} and {len(others)} more" if others else f"Waiting for {first}"


def _healthy(environment: Mapping[str, Any]) -> bool:
    return environment["Status"] == "Ready" and environment.get("Health") == "Green"
