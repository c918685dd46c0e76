"""``./shop release hold``: the maintenance hold by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.console import Console
from commands.deployed_stack import StackName
from commands.errors import CannotRunError
from release.acceptance import NOTHING
from release.errors import answers_of_aws
from release.hold import MOST_PAGE_BYTES, MOST_VALUES, PAGE, Scope
from release.journal import Event, Journal
from release.redaction import Redaction
from release.site import HOLD, Site
from settings.messages import Words, message

_MOST_ALLOWED = MOST_VALUES - 1
"""The rule for the back office has its path too."""

Reason = Annotated[str, typer.Option(help="Why, for the journal.")]
Allow = Annotated[
    list[str] | None,
    typer.Option(metavar="NETWORK", help="Addresses that see the shop meanwhile, up to four, such as 203.0.113.4."),
]

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
_EPILOG = (
    "Exit codes: 0 done; 1 AWS refused a call; 2 wrong usage, or something is missing; 4 a release has the lock, and "
    "nothing was changed."
)


@app.callback()
def _hold() -> None:
    """Let the load balancer answer shoppers by a page, or open the shop again."""


@app.command(epilog=_EPILOG)
def on(
    stack: StackName,
    reason: Reason,
    allow: Allow = None,
    back_office_only: Annotated[
        bool, typer.Option("--back-office-only", help="Hold the back office's path alone.")
    ] = False,
    page: Annotated[Path | None, typer.Option(help="The page's HTML, at most 1,024 bytes.")] = None,
) -> None:
    """Show shoppers a page instead of the shop. It takes effect within seconds, and `pulumi up` changes none of it."""
    _check_reason(reason)
    allowed = networks(allow)
    html = _html_of(page) if page else PAGE
    scope = Scope.BACK_OFFICE if back_office_only else Scope.SITE
    with answers_of_aws():
        site = Site.of(stack)
        site.hold.check(scope, allowed)
        details = {"allowed": [str(each) for each in allowed], "scope": scope.value}
        with _recorded(site, "hold on", reason, details):
            site.hold.arm(scope, allowed=allowed, page=html)
    seen_by = f" {', '.join(map(str, allowed))} may see it." if allowed else ""
    Console().step(f"The {_what(scope)} is held.{seen_by} `./shop release hold off -s {stack} --reason …` opens it.")


@app.command(epilog=_EPILOG)
def off(stack: StackName, reason: Reason) -> None:
    """Open the shop again."""
    _check_reason(reason)
    with answers_of_aws():
        site = Site.of(stack)
        with _recorded(site, "hold off", reason, {}):
            site.hold.disarm()
    Console().step("The shop is open.")


@contextmanager
def _recorded(site: Site, step: str, reason: str, details: Mapping[str, Any]) -> Iterator[None]:
    """Do something of one step under the lock, with a journal of its own."""
    name = f"{HOLD}{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    lock = site.locked(name)
    try:
        plan = {"release": name, "kind": "hold", "reason": reason, "by": lock.holder.who, "steps": [{"name": step}]}
        journal = Journal.begin(site.s3, site.bucket, site.journal_prefix(name), plan, Redaction())
        journal.append(Event.INTENDED, step=step, fence=lock.fence, **details)
        try:
            yield
        except BaseException as error:
            journal.append(Event.FAILED, step=step, fence=lock.fence, error=str(error) or type(error).__name__)
            raise
        journal.append(Event.DONE, step=step, fence=lock.fence)
    finally:
        lock.free()


def networks(allow: list[str] | None) -> tuple[IPv4Network, ...]:
    """What the option `--allow` says. Forms fill in ``none``, or a list with commas.

    Raises ``CannotRunError`` for what is neither an address nor a network, for too many, and for all addresses at once.
    """
    found = tuple(_network(each) for given in allow or () if given != NOTHING for each in given.split(","))
    if len(found) > _MOST_ALLOWED:
        fix = "Allow fewer addresses, or one larger network."
        got = Words(f"{len(found)} networks")
        raise CannotRunError(message("--allow", got=got, expected=f"at most {_MOST_ALLOWED}", fix=fix))
    return found


def _network(text: str) -> IPv4Network:
    try:
        network = IPv4Network(text)
    except ValueError as error:
        raise CannotRunError(f"--allow: got {text!r}, expected an IPv4 address or network ({error})") from None
    if network.prefixlen == 0:
        raise CannotRunError(message("--allow", got=text, expected="less than everybody: such a hold holds nobody"))
    return network


def _check_reason(reason: str) -> None:
    # `history` prints it on the terminals of others.
    if not reason.strip() or not reason.isprintable():
        raise CannotRunError(message("--reason", got=reason, expected="a line of text"))


def _html_of(page: Path) -> str:
    try:
        html = page.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CannotRunError(message(f"--page {page}", got=Words("bytes"), expected="a text in UTF-8")) from None
    size = len(html.encode())
    if not html.strip() or size > MOST_PAGE_BYTES:
        raise CannotRunError(
            message(f"--page {page}", got=Words(f"{size} bytes"), expected=f"a page of at most {MOST_PAGE_BYTES} bytes")
        )
    return html


def _what(scope: Scope) -> str:
    return "back office" if scope is Scope.BACK_OFFICE else "shop"


def described(site: Site) -> str:
    """One sentence: who is held."""
    if (scope := site.hold.scope()) is not None:
        return f"The {_what(scope)} is held. `./shop release hold off -s {site.stack.name} --reason …` opens it."
    if state := site.hold.state():
        return (
            f"The hold is half armed: {', '.join(sorted(state))}. Nobody is held. "
            f"`./shop release hold off -s {site.stack.name} --reason …` puts it away."
        )
    return "The shop is open: nobody is held."
