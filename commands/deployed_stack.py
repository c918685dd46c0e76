"""What a deployed stack says of its site: the outputs that a release needs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from commands.engine import Engine
from commands.errors import CannotRunError

StackName = Annotated[str, typer.Option("--stack", "-s", metavar="NAME", help="The stack, such as prod.")]
"""The option of every command here that works on a deployed stack."""
AppName = Annotated[
    str | None, typer.Option("--app", metavar="NAME", help="A satellite, such as pim. By default the shop.")
]
"""The option of every command here that works on the shop or on a satellite."""
STACK_FILE = "SHOP_STACK_FILE"
"""The environment variable with the `s3://` address of what a stack says of itself. It is set where there is no Pulumi
and no state: on Rundeck's server and in the workflow that releases."""
_PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """A stack after ``pulumi up``."""

    name: str
    region: str
    outputs: Mapping[str, object]

    @classmethod
    def read(cls, name: str) -> DeployedStack:
        """The stack's region and outputs, from Pulumi's state or from the file that ``SHOP_STACK_FILE`` names.

        Raises ``CannotRunError`` for a stack that is not there and for a file of another stack, and ``CommandError``
        with Pulumi's own words.
        """
        if not name:
            # Pulumi would take the stack that somebody selected.
            raise CannotRunError("--stack: got '', expected the name of a stack, such as prod")
        if address := os.environ.get(STACK_FILE):
            return cls.from_file(name, address)
        engine = Engine.on_path(project=_PROJECT, environment=os.environ)
        # At the same time: each takes the CLI a second or more.
        with ThreadPoolExecutor() as pool:
            region = pool.submit(engine.ask, "config", "get", "aws:region", "--stack", name)
            outputs: dict[str, object] = json.loads(engine.ask("stack", "output", "--json", "--stack", name))
            return cls(name=name, region=region.result().strip(), outputs=outputs)

    @classmethod
    def from_file(cls, name: str, address: str) -> DeployedStack:
        """The same, from the file at an ``s3://`` address."""
        bucket, _, key = address.removeprefix("s3://").partition("/")
        if not address.startswith("s3://") or not bucket or not key:
            raise CannotRunError(f"{STACK_FILE}: got {address!r}, expected an address such as s3://bucket/stack.json")
        try:
            said = json.loads(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
            found = cls(name=said["stack"], region=said["region"], outputs=dict(said["outputs"]))
        except (BotoCoreError, ClientError) as error:
            raise CannotRunError(f"{address}: AWS did not give it: {error}") from None
        except (ValueError, KeyError, TypeError) as error:
            raise CannotRunError(f"{address}: got {error}, expected what `pulumi up` wrote there") from None
        if found.name != name:
            raise CannotRunError(f"--stack: got {name}, expected {found.name}, the stack of {address}")
        return found

    def output(self, name: str) -> str:
        """An output that is a text. Raises ``CannotRunError`` for one that the stack does not have."""
        value = self.outputs.get(name)
        if not isinstance(value, str) or not value:
            raise CannotRunError(
                f"output {name} of stack {self.name}: got {value!r}, expected a text. "
                f"Run pulumi up -s {self.name} first."
            )
        return value
