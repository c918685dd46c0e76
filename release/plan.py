"""``./shop release plan``: which kind of release a bundle is, why, and what would be done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.console import Console
from commands.deployed_stack import AppName, StackName
from commands.errors import CannotRunError
from release.candidate import ReleaseBundle
from release.errors import answers_of_aws
from release.first_installation import ADDRESS
from release.frozen_plan import FrozenPlan
from release.kinds import Kind
from release.planning import plan_first, plan_release, version_of
from release.site import Site

EPILOG = (
    "Exit codes: 0 planned; 1 AWS or the instance refused; 2 the release is refused, wrong usage, or something is "
    "missing."
)
_SHOPPERS_SEE = {
    Kind.PLAIN: "nothing: the database and the configuration stay as they are",
    Kind.ADDITIVE: "nothing: the database is changed first, and the running release can live with it",
    Kind.HELD: "the hold page, from before the first change of the database until every instance runs the new release",
    Kind.FIRST: "nothing yet: it is the first release of the site",
    Kind.SATELLITE: "nothing in the shop: the satellite answers nothing while its instance is deployed to",
    Kind.ROLLBACK: "nothing: an older release is deployed again, and the database stays as it is",
}
Accept = Annotated[
    list[str] | None, typer.Option(metavar="REASON", help="A reason that was printed, word by word: go on anyway.")
]


def plan(
    stack: StackName,
    bundle: Annotated[Path, typer.Argument(help="The zip that `./shop release bundle` wrote.")],
    app: AppName = None,
    hold: Annotated[bool, typer.Option("--hold", help="Hold the shop in any case.")] = False,
    accept: Accept = None,
    first_admin_email: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="For a site's first release: the first administrator's e-mail address."),
    ] = None,
) -> None:
    """Ask a release what it would change, beside the running one, and say what would be done. It deploys nothing.

    The bundle is uploaded and unpacked on the back office's instance, where the release's own setup:db:status,
    app:config:status and setup:upgrade --dry-run=1 run.
    """
    console = Console()
    given = ReleaseBundle.read(bundle, app)
    if first_admin_email is not None and not ADDRESS.fullmatch(first_admin_email):
        raise CannotRunError(f"--first-admin-email: got {first_admin_email!r}, expected an e-mail address")
    with answers_of_aws():
        site = Site.of(stack, app)
        to = version_of(site, given)
        with console.working(f"Asking {given.release} on the back office's instance"):
            if first_admin_email is None:
                planned = plan_release(site, to, hold=hold, accepted=accept or ())
            else:
                planned = plan_first(site, to, admin_email=first_admin_email)
        planned.keep(site.s3, site.bucket, site.prefix)
        newest = site.stack.output("configuration_version") if app is None else ""
    show(console, planned)
    if given.configuration_version != newest:
        console.warn(
            f"The bundle names version {given.configuration_version} of env.php. The newest one is {newest}: build the "
            "bundle anew if the release should bring it."
        )
    console.say("To carry it out:")
    console.raw(f"  ./shop release deploy {site.options} --plan {planned.id} --release {planned.release}")


def show(console: Console, planned: FrozenPlan) -> None:
    """Print a plan."""
    console.say(f"Release {planned.release} after {planned.previous.release}: {planned.kind}.")
    console.say(f"Shoppers see {_SHOPPERS_SEE[planned.kind]}.")
    for reason in planned.reasons:
        console.step(reason)
    if planned.window:
        console.say(planned.window)
    console.say(f"Plan {planned.id}: {', '.join(step.name for step in planned.steps)}.")
