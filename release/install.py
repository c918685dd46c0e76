"""``./shop install``: installs Magento into the empty database of a new stack, once."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.console import Console
from commands.deployed_stack import StackName
from commands.errors import CannotRunError
from release.back_office import lines_of
from release.errors import ReleaseError, answers_of_aws
from release.first_installation import ADDRESS, Action, Findings, begin, finish, plan
from release.site import Site

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


_LOCKED_FOR = "installation"
"""What the lock is taken for."""


@app.command(
    epilog="Exit codes: 0 installed, now or before; 1 it stopped or failed; 2 wrong usage, or something is missing; 4 "
    "a release has the lock."
)
def install(
    stack: StackName,
    admin_email: Annotated[str, typer.Option(metavar="ADDRESS", help="The first administrator's e-mail address.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, and do nothing.")] = False,
) -> None:
    """Install Magento for the first time. Deploy a release of the shop first.

    It looks at the database and the crypt key on the back office's instance, and prints its plan before it changes
    anything. You can run it again: it says what it finds.
    """
    if not ADDRESS.fullmatch(admin_email):
        raise CannotRunError(f"--admin-email: got {admin_email!r}, expected an address such as you@client.url")
    console = Console()
    with answers_of_aws():
        site = Site.of(stack)
        secret, host = site.stack.output("admin_secret"), site.back_office_instance
        decided = plan(Findings.read(host))
        if decided.action is Action.STOP:
            raise ReleaseError(decided.reason)
        console.say(decided.reason)
        if decided.action is Action.NOTHING:
            return
        console.say(f"Plan, on instance {host.instance_id}:\n{lines_of(decided.steps)}", indent="     ")
        if dry_run:
            return
        lock = site.locked(_LOCKED_FOR, resumes=True)
        try:
            with lock.beating(), console.working("Installing"):
                finish(begin(host, fence=lock.fence, admin_secret=secret, admin_email=admin_email))
        finally:
            lock.free()
    console.step(f"Magento is installed. The administrator's name and password are in secret {secret}.")
    console.step("Sign in to the back office and change the password.")
