"""``./shop configuration``: whether a newer version of the site's configuration waits for a release."""

from __future__ import annotations

import boto3
import typer

from commands.console import Console
from commands.deployed_stack import DeployedStack, StackName
from release.errors import answers_of_aws
from release.running_configuration import RunningRelease, waits

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(epilog="Exit codes: 0 answered; 1 AWS refused a call; 2 wrong usage, or something is missing.")
def configuration(
    stack: StackName,
) -> None:
    """Compare the configuration that the site's instances fetch with the newest one.

    `pulumi up` writes a new version of env.php when something in it changes. Instances fetch the version that their
    release names, and the next release names the newest.
    """
    console = Console()
    deployed = DeployedStack.read(stack)
    newest = deployed.output("configuration_version")
    with answers_of_aws():
        session = boto3.Session(region_name=deployed.region)
        for name in ("front_environment", "back_office_environment"):
            console.say(waits(RunningRelease.read(session, deployed.output(name)), newest))
