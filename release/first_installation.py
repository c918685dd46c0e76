"""The first installation of Magento: what was found, and what to do about it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum

from release.back_office import BackOffice, Command
from release.errors import ReleaseError

LOOK, INSTALL = "look-for-magento", "install-magento"
"""The SSM documents that run ``install_magento.php``."""
ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")
"""What the document takes for an e-mail address."""


class Key(StrEnum):
    """Whether the crypt key of ``env.php`` opens what the database holds."""

    FITS = "fits"
    OTHER = "other"
    UNCHECKED = "unchecked"
    """The database holds nothing encrypted, or there is no key."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What ``look-for-magento`` found on the back office's instance."""

    database: str
    """Its name and host."""
    tables: int
    modules: int
    """How many modules the database knows."""
    administrators: int
    has_key: bool
    """Whether the deployed ``env.php`` has a crypt key."""
    key: Key
    has_date: bool
    """Whether the deployed ``env.php`` has ``install/date``."""
    running: bool
    """Whether an installation is under way."""
    interrupted: bool
    """Whether an installation was killed, and left its own ``env.php`` on the instance."""

    @classmethod
    def read(cls, host: BackOffice) -> Findings:
        """Look on the instance. Raises ``ReleaseError`` if it does not answer."""
        said = host.do(LOOK)
        try:
            found = json.loads(said)
            return cls(**{**found, "key": Key(found["key"])})
        except (ValueError, TypeError, KeyError) as error:
            raise ReleaseError(
                f"{LOOK} on instance {host.instance_id}: got {said!r}, expected one line of JSON ({error})"
            ) from None


class Action(StrEnum):
    """What is to be done."""

    INSTALL = "install"
    FINISH = "finish"
    NOTHING = "nothing"
    STOP = "stop"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done, why, and in which steps."""

    action: Action
    reason: str
    steps: tuple[str, ...] = ()


_LAST_STEPS = (
    "Put the deployed env.php back.",
    "Import its system section (app:config:import), and flush the caches.",
    "Check that the database is up to date (setup:db:status), and start cron and consumers again.",
)


_OTHER_KEY = (
    "Restore the database that belongs to this stack, or give the stack the key of this database: "
    "site.crypt_key_secret, the ARN of a secret whose field crypt_key is that key. It counts when the site's "
    "configuration is made, and not for a stack that has its key. Without the key, stored payment data cannot be read."
)


def plan(found: Findings) -> Plan:
    """Decide. An installation goes into an empty database only."""
    if found.running:
        return Plan(action=Action.STOP, reason="Another installation is running. Wait until it ends.")
    if found.tables and not found.has_key:
        return Plan(
            action=Action.STOP,
            reason=f"{found.database}: got {found.tables} tables and no crypt key in env.php, expected both or none. "
            + _OTHER_KEY,
        )
    if not found.has_key or not found.has_date:
        missing = "crypt/key" if not found.has_key else "install/date"
        return Plan(
            action=Action.STOP,
            reason=f"env.php: got no {missing}, expected one. Run pulumi up, and deploy a release with the new file.",
        )
    if not found.tables:
        return Plan(
            action=Action.INSTALL,
            reason=f"{found.database} is empty, and env.php has a crypt key.",
            steps=(
                "Stop cron and consumers on the back office's instance.",
                "Set the deployed env.php aside, and put one without install/date in its place.",
                "Run setup:install with the deployed crypt key and the administrator of the stack's secret.",
                *_LAST_STEPS,
            ),
        )
    if not (found.modules and found.administrators):
        return Plan(
            action=Action.STOP,
            reason=f"{found.database} is installed in part: {found.tables} tables, {found.modules} modules, "
            f"{found.administrators} administrators. If nothing in it is needed, drop and create the database, and run "
            "this again. Otherwise restore a snapshot.",
        )
    if found.key is Key.OTHER:
        return Plan(
            action=Action.STOP,
            reason=f"{found.database} is installed, and encrypted with another key than that of env.php. {_OTHER_KEY}",
        )
    if found.interrupted:
        return Plan(
            action=Action.FINISH,
            reason=f"{found.database} is installed, and the installation was killed before its end.",
            steps=_LAST_STEPS,
        )
    checked = "" if found.key is Key.FITS else " Nothing in it is encrypted yet, so its key could not be checked."
    return Plan(action=Action.NOTHING, reason=f"{found.database}: Magento is installed already.{checked}")


def begin(host: BackOffice, *, fence: int, admin_secret: str, admin_email: str) -> Command:
    """Begin to install, or to finish what was killed."""
    return host.send(INSTALL, Fence=str(fence), AdminSecret=admin_secret, AdminEmail=admin_email)


def finish(command: Command) -> None:
    """Wait for it. Raises ``ReleaseError`` with the end of Magento's own output."""
    said = command.wait()
    if said.strip() != "installed":
        raise ReleaseError(f"{INSTALL} on instance {command.instance.instance_id}: got {said!r}, expected installed")
