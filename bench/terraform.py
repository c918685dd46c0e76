"""Terraform's command line, on a directory that has prod's AWS resources as a configuration."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figure import MeasurementError
from bench.terraform_configuration import Configuration, configuration
from tests.unit.graph import Resource

_PROVIDER = "registry.terraform.io/hashicorp/aws"
_NO_PROVIDER = "Failed to query available provider packages"
_ARGUMENTS: Mapping[str, Any] = {
    "region": "eu-west-3",
    "s3_use_path_style": True,
    "skip_credentials_validation": True,
    "skip_metadata_api_check": True,
    "skip_region_validation": True,
    "skip_requesting_account_id": True,
}
"""The provider's. It asks AWS nothing to plan what is new. The environment says where AWS is."""


class NoTerraformError(Exception):
    """Why Terraform or its AWS provider is not here, fit to print as it is."""


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """A directory in which `terraform init` has run."""

    directory: Path
    environment: Mapping[str, str]
    version: str
    """Terraform's and the provider's."""
    configuration: Configuration

    @property
    def json_plan(self) -> Path:
        """The plan in JSON, once there is one."""
        return self.directory / "plan.json"

    def plan(self) -> None:
        """Plan from an empty state. Raises MeasurementError if it fails."""
        _run("plan", "-input=false", "-no-color", "-out=plan", directory=self.directory, environment=self.environment)

    def show(self) -> None:
        """Write the plan as JSON. Raises MeasurementError if it does not create each resource."""
        printed = _run("show", "-json", "plan", directory=self.directory, environment=self.environment)
        actions = [each["change"]["actions"] for each in json.loads(printed)["resource_changes"]]
        if actions != [["create"]] * self.configuration.resources:
            raise MeasurementError(
                f"terraform plan: got {actions.count(['create'])} resources to create among {len(actions)}, expected "
                f"{self.configuration.resources}"
            )
        self.json_plan.write_text(printed, encoding="utf-8")


def initialise(directory: Path, environment: Mapping[str, str], resources: tuple[Resource, ...]) -> Terraform:
    """Make the configuration by the schema of the provider that Terraform finds.

    Raises NoTerraformError if Terraform or the provider is not here.
    """
    if shutil.which("terraform", path=environment.get("PATH")) is None:
        raise NoTerraformError("terraform is not installed: https://developer.hashicorp.com/terraform/install")
    # Else Terraform asks its makers for newer versions.
    environment = {**environment, "CHECKPOINT_DISABLE": "1"}
    _write(directory, configuration((), {}, provider=_ARGUMENTS))
    try:
        _run("init", "-input=false", "-no-color", directory=directory, environment=environment)
    except MeasurementError as error:
        if _NO_PROVIDER in str(error):
            raise NoTerraformError(str(error)) from error
        raise
    printed = _run("providers", "schema", "-json", directory=directory, environment=environment)
    schemas = json.loads(printed)["provider_schemas"][_PROVIDER]["resource_schemas"]
    blocks = {name: schema["block"] for name, schema in schemas.items()}
    made = configuration(resources, blocks, provider=_ARGUMENTS)
    _write(directory, made)
    versions = json.loads(_run("version", "-json", directory=directory, environment=environment))
    return Terraform(
        directory=directory,
        environment=environment,
        version=f"{versions['terraform_version']}, provider {versions['provider_selections'][_PROVIDER]}",
        configuration=made,
    )


def _write(directory: Path, made: Configuration) -> None:
    (directory / "main.tf.json").write_text(json.dumps(made.document, indent=2), encoding="utf-8")


def _run(*arguments: str, directory: Path, environment: Mapping[str, str]) -> str:
    """What a command prints. Raises MeasurementError with its errors if it fails."""
    ran = subprocess.run(
        ["terraform", f"-chdir={directory}", *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise MeasurementError(f"terraform {arguments[0]} ended with {ran.returncode}:\n{ran.stderr.strip()[-2000:]}")
    return ran.stdout
