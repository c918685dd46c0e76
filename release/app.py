"""``./shop release``: the steps of a release."""

from __future__ import annotations

import typer

from release import bundle

app = typer.Typer(
    help="Build what Elastic Beanstalk deploys.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("bundle", epilog=bundle.EPILOG)(bundle.command)


@app.callback()
def _release() -> None:
    pass
