"""``./shop domains``: what moving a domain to the stack's zone would lose."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
import yaml

from account import zone_comparison
from account.zone_comparison import Difference, NameServers, RecordSet
from commands import stack_yaml
from commands.console import Console
from commands.engine import Engine
from commands.errors import CannotRunError, CommandError
from settings import stack_files
from settings.host_names import public_records
from settings.stack_file import Settings

_PROJECT = Path(__file__).resolve().parents[1]

app = typer.Typer(
    help="Compare the zones of a domain that moves.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _domains() -> None:
    pass


@app.command(
    epilog="Exit codes: 0 nothing would be lost; 1 something would, or a name server did not answer; 2 wrong usage."
)
def compare(
    stack: Annotated[str, typer.Option("--stack", "-s", metavar="NAME", help="The stack with the zone, such as prod.")],
    zone_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The old zone, exported: every record of it is compared.")
    ] = None,
    dkim: Annotated[
        list[str] | None, typer.Option(metavar="SELECTOR", help="A DKIM selector to ask for. It may be repeated.")
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A whole name to ask for. It may be repeated.")
    ] = None,
    old_server: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SERVER", help="A name server of the old zone. By default, those that the domain has now."
        ),
    ] = None,
    new_server: Annotated[
        list[str] | None,
        typer.Option(metavar="SERVER", help="A name server of the new zone. By default, those of the stack."),
    ] = None,
) -> None:
    """Say what a domain would lose if the registrar pointed at the stack's zone.

    It asks the old and the new name servers for the names of the stack files, for names that most domains have, such as
    those for mail, and for yours. DNS has no question for all names, so an exported zone file finds more.
    """
    console = Console()
    settings, others = _read(_PROJECT, stack)
    domain = settings.domains.public if settings.domains else ""
    if not domain:
        raise CannotRunError(f"--stack: got {stack}, expected a stack that has domains, and does not join another's")
    served = {each.name for one in (settings, *others) for each in public_records(one) if each.is_served}
    exported = zone_comparison.read_from(zone_file, domain) if zone_file else None
    _warn_of_alarms(console, settings, domain)
    new = NameServers.of_hosts(new_server or _name_servers(stack))
    if exported is not None:
        old = exported
    else:
        present = NameServers.of_hosts(old_server) if old_server else NameServers.of_domain(domain)
        kept = {each.name for each in public_records(settings)}
        names = zone_comparison.names_to_ask(domain, selectors=dkim or (), others=[*served, *kept, *(name or ())])
        old = zone_comparison.asked_of(present, domain, names)
        _warn_of_signatures(console, domain, present, new)
    same, found = zone_comparison.differences(old, new, domain, served)
    _report(console, stack, same, found, is_whole=zone_file is not None)


def _read(project: Path, stack: str) -> tuple[Settings, list[Settings]]:
    """The settings of a stack, and of those that join its network. Raises ``CannotRunError``."""
    found = stack_files.read(project)
    if stack not in found:
        raise CannotRunError(f"--stack: got {stack}, expected one of {', '.join(found)}")
    settings = found[stack]
    if settings is None:
        stack_yaml.require(project / f"Pulumi.{stack}.yaml")
        raise CannotRunError(f"Pulumi.{stack}.yaml is invalid. `pulumi preview` says why.")
    return settings, [each for each in found.values() if each and each.joined_stack == stack]


def _name_servers(stack: str) -> list[str]:
    """Those of the stack's zone, from Pulumi's state. Raises ``CommandError`` with Pulumi's own words."""
    engine = Engine.on_path(project=_PROJECT, environment=os.environ)
    servers: list[str] = json.loads(engine.ask("stack", "output", "name_servers", "--json", "--stack", stack))
    return servers


def _warn_of_alarms(console: Console, settings: Settings, domain: str) -> None:
    recipients = settings.monitoring.recipients if settings.monitoring else ()
    if recipients and all(f".{each.rpartition('@')[2]}".endswith(f".{domain}") for each in recipients):
        console.warn(
            f"Every address of monitoring.recipients is in {domain}: if its mail stops, the alarms' mails stop too. "
            "Add an address in another domain before the move."
        )


def _warn_of_signatures(console: Console, domain: str, old: NameServers, new: NameServers) -> None:
    if old.ask(domain, "DNSKEY") and not new.ask(domain, "DNSKEY"):
        console.warn(
            "The old zone is signed (DNSSEC), and the new one is not. If the registrar has a DS record, remove it at "
            "least a day before you change the name servers. Otherwise resolvers that check signatures find nothing."
        )


def _report(
    console: Console, stack: str, same: Sequence[RecordSet], found: Sequence[Difference], *, is_whole: bool
) -> None:
    """Print what was found. Raises ``CommandError`` if something would be lost."""
    lost = [each for each in found if not each.is_meant]
    for each in sorted(found, key=lambda one: (one.is_meant, one.old.name, one.old.type)):
        console.raw(str(each))
    console.say(f"The same in both zones: {len(same)} record sets.")
    if not is_whole:
        console.say("Names that nobody asked for are not compared: give --name and --dkim, or --zone-file.")
    if not lost:
        return
    entries = [entry for each in lost if (entry := zone_comparison.entry(each.old))]
    console.say(f"\nIf the domain still needs them, put these into domains.records, and run pulumi up -s {stack}:\n")
    console.raw(yaml.safe_dump(entries, sort_keys=False, width=10_000))
    for each in lost:
        if not zone_comparison.entry(each.old):
            console.warn(f"{each.old.name}: domains.records has no {each.old.type}. Its name servers could be others.")
    raise CommandError(f"{len(lost)} record sets would be lost or lose values.")
