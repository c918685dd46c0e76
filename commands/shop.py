"""`./shop`: the command line for everything that people run. A command's module is imported when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS: Mapping[str, tuple[str, str]] = {
    "sandbox": ("sandbox.commands.app", "Run both stacks in an AWS on this machine."),
    "policies": ("policies.report.app", "Check a stack against the policies, and explain them."),
    "reach": ("reachability.app", "Show what reaches what in a deployed network."),
    "release": ("release.app", "Build, plan and deploy releases, and hold the shop."),
    "drill": ("release.drill", "Prove that the site comes back: from a snapshot, and from a failover."),
    "servers": ("servers.app", "Say how the servers are, and where to look."),
    "rules": ("reachability.rules", "Find listener rules that get no request."),
    "scan": ("scanners.app", "Run prowler and checkov on the deployed stacks."),
    "bootstrap": ("account.bootstrap", "Prepare an AWS account for the stacks."),
    "domains": ("account.domains", "Say what moving the domain would lose."),
    "install": ("release.install", "Install Magento for the first time."),
    "configuration": ("release.configuration", "Say whether a newer configuration waits for a release."),
}
"""Each command: the module whose `app` it is, and its line of help. To add a command, add its line."""

_HELP = """\
Run the Magento platform's tools.

Exit codes: 0 done; 1 refused or failed; 2 wrong usage, or something it needs is missing; 3 a release stopped half-way;
4 a release has the lock; 130 interrupted.
"""


class _LazyGroup(TyperGroup):
    """Imports a command when it is used or completed, not to list it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None:
            module, _ = COMMANDS[name]
            command = typer.main.get_command(import_module(module).app)
        return name, command, rest


app = typer.Typer(cls=_LazyGroup, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback(help=_HELP)
def _shop() -> None:
    pass


for _name, (_, _help) in COMMANDS.items():
    app.command(_name, help=_help)(lambda: None)
