"""``./shop release plan``: which kind of release a bundle is, why, and what would be done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.console import Console
from commands.deployed_stack import AppName, StackName
from commands.errors import CannotRunError
from release.acceptance import code_of, codes_of
from release.alarms import Sounding
from release.candidate import ReleaseBundle
from release.errors import answers_of_aws
from release.first_installation import ADDRESS
from release.frozen_plan import FrozenPlan
from release.hold_commands import Allow, networks
from release.kinds import ASKED_FOR, Kind
from release.planning import plan_first, plan_release, uploaded_version, version_of
from release.site import Site
from release.table_copies import ESTIMATE

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
    list[str] | None,
    typer.Option(metavar="REASON", help="A reason that was printed, word by word or by its code: go on anyway."),
]


def plan(
    stack: StackName,
    bundle: Annotated[
        Path | None, typer.Argument(help="The zip that `./shop release bundle` wrote.", show_default=False)
    ] = None,
    app: AppName = None,
    uploaded: Annotated[
        str | None, typer.Option(metavar="RELEASE", help="Instead: a release that was uploaded before.")
    ] = None,
    hold: Annotated[bool, typer.Option("--hold", help="Hold the shop in any case.")] = False,
    allow: Allow = None,
    accept: Accept = None,
    first_admin_email: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="For a site's first release: the first administrator's e-mail address."),
    ] = None,
) -> None:
    """Ask a release what it would change, beside the running one, and say what would be done. It deploys nothing.

    The bundle is uploaded and unpacked on the back office's instance, where the release's own setup:db:status and
    app:config:status run, and its tables are compared with the database's.
    """
    console = Console()
    if (bundle is None) is (uploaded is None):
        raise CannotRunError("plan: got no bundle or two, expected a zip or --uploaded RELEASE")
    given = ReleaseBundle.read(bundle, app) if bundle is not None else None
    if first_admin_email is not None and not ADDRESS.fullmatch(first_admin_email):
        raise CannotRunError(f"--first-admin-email: got {first_admin_email!r}, expected an e-mail address")
    allowed = networks(allow)
    if allowed and (app is not None or first_admin_email is not None):
        raise CannotRunError(f"--allow: got {allowed[0]}, expected none: this release holds nobody")
    with answers_of_aws():
        site = Site.of(stack, app)
        to = version_of(site, given) if given is not None else uploaded_version(site, str(uploaded))
        with console.working(f"Asking {to.release} on the back office's instance"):
            if first_admin_email is None:
                planned = plan_release(site, to, hold=hold, accepted=accept or (), allowed=allowed)
            else:
                planned = plan_first(site, to, admin_email=first_admin_email)
        planned.keep(site.s3, site.bucket, site.prefix)
        alarms = Sounding.at(site)
        newest = site.stack.output("configuration_version") if app is None else ""
    show(console, planned)
    if to.configuration_version != newest:
        console.warn(
            f"The bundle names version {to.configuration_version} of env.php. The newest one is {newest}: build the "
            "bundle anew if the release should bring it."
        )
    for each in alarms.stopping:
        console.warn(
            f'{each} sounds. While it does, the release is refused, unless you add --accept "{each}". Its code: '
            f"{code_of(each)}."
        )
    for each in alarms.told:
        console.warn(each)
    console.say("To carry it out:")
    console.raw(f"  ./shop release deploy {site.options} --plan {planned.id} --release {planned.release}")


def upload(
    stack: StackName,
    bundle: Annotated[Path, typer.Argument(help="The zip that `./shop release bundle` wrote.")],
    app: AppName = None,
) -> None:
    """Put a bundle where `plan --uploaded` finds it: Rundeck's jobs plan what was uploaded. It changes nothing else."""
    given = ReleaseBundle.read(bundle, app)
    with answers_of_aws():
        to = version_of(Site.of(stack, app), given)
    Console().step(f"{to.bundle} is release {to.release}.")


def show(console: Console, planned: FrozenPlan) -> None:
    """Print a plan."""
    console.say(f"Release {planned.release} after {planned.previous.release}: {planned.kind}.")
    console.say(f"Shoppers see {_SHOPPERS_SEE[planned.kind]}.")
    for reason in planned.reasons:
        console.step(reason)
    if planned.kind is Kind.HELD and (codes := codes_of(each for each in planned.reasons if each != ASKED_FOR)):
        console.say(f"The codes of these reasons, for --accept: {codes}.")
    for copy in planned.copies:
        console.step(copy)
    if planned.copies:
        console.say(ESTIMATE)
    if planned.allowed:
        console.say(f"What is held lets these through: {', '.join(planned.allowed)}.")
    if planned.point_in_time:
        console.say(planned.point_in_time)
    if planned.window:
        console.say(planned.window)
    console.say(f"Plan {planned.id}: {', '.join(step.name for step in planned.steps)}.")
