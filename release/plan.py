"""``./shop release plan``: which kind of release a bundle is, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.console import Console
from release.candidate import ReleaseBundle, ask
from release.deployed_stack import StackName
from release.errors import answers_of_aws
from release.kinds import Kind, decide
from release.running_configuration import RunningRelease
from release.site import Site

EPILOG = (
    "Exit codes: 0 planned; 1 AWS or the instance refused; 2 the release is refused, wrong usage, or something is "
    "missing."
)
_SHOPPERS_SEE = {
    Kind.PLAIN: "nothing: the database and the configuration stay as they are",
    Kind.ADDITIVE: "nothing: the database is changed first, and the running release can live with it",
    Kind.HELD: "the hold page, from the first change of the database until every host runs the new release",
}


def plan(
    stack: StackName,
    bundle: Annotated[Path, typer.Argument(help="The zip that `./shop release bundle` wrote.")],
    hold: Annotated[bool, typer.Option("--hold", help="Hold the shop in any case.")] = False,
    accept: Annotated[
        list[str] | None, typer.Option(metavar="REASON", help="A reason that was printed, word by word: go on anyway.")
    ] = None,
) -> None:
    """Ask a release what it would change, beside the running one, and say what shoppers would see. It deploys nothing.

    The bundle is uploaded and unpacked on the back office's instance, where the release's own setup:db:status,
    app:config:status and setup:upgrade --dry-run=1 run.
    """
    console = Console()
    given = ReleaseBundle.read(bundle)
    with answers_of_aws():
        site = Site.of(stack)
        running = RunningRelease.read(site.session, site.stack.output("front_environment"))
        with console.working(f"Asking {given.release} on the back office's instance"):
            candidate = ask(site, given)
        decision = decide(candidate, hold=hold, accepted=accept or ())
        newest = site.stack.output("configuration_version")
    console.say(f"Release {given.release} after {running.name}: {decision.kind}.")
    console.say(f"Shoppers see {_SHOPPERS_SEE[decision.kind]}.")
    for reason in decision.reasons:
        console.step(reason)
    if given.configuration_version != newest:
        console.warn(
            f"The bundle names version {given.configuration_version} of env.php. The newest one is {newest}: build the "
            "bundle anew if the release should bring it."
        )
