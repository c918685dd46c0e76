"""``./shop release``: the steps of a release."""

from __future__ import annotations

import typer

from release import build, bundle, deploy, diagnosis, hold_commands, plan, records, refresh, tool

app = typer.Typer(
    help="Build and plan releases, hold the shop, and see what releases did.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_READ = "Exit codes: 0 answered; 1 AWS refused a call; 2 wrong usage, or something is missing."
app.command("build", epilog=bundle.EPILOG)(build.command)
app.command("bundle", epilog=bundle.EPILOG)(bundle.command)
app.command(epilog=plan.EPILOG)(plan.upload)
app.command(epilog=plan.EPILOG)(plan.plan)
app.command(epilog=deploy.EPILOG)(deploy.deploy)
app.command(epilog=deploy.EPILOG)(deploy.resume)
app.command(epilog=deploy.EPILOG)(deploy.rollback)
app.command(epilog=refresh.EPILOG)(refresh.refresh)
app.add_typer(hold_commands.app, name="hold")
app.command(
    epilog="Exit codes: 0 nothing waits; 1 a hold, a lock or two releases at once, or AWS refused a call; 2 wrong "
    "usage, or something is missing."
)(records.status)
app.command(epilog=_READ)(records.history)
app.command(epilog=_READ)(diagnosis.diagnose)
app.command(epilog="Exit codes: 0 published; 1 AWS refused a call; 2 wrong usage, or something is missing.")(
    tool.publish
)
app.command(
    epilog="Exit codes: 0 free; 1 it was free, or AWS refused a call; 2 wrong usage, or something is missing; 4 "
    "another release has it, or its process lives."
)(records.unlock)


@app.callback()
def _release() -> None:
    pass
