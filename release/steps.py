"""The steps of each kind of release, as data: what is done, in which order, and what takes a step back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from release.kinds import Kind


class Action(StrEnum):
    """What a step does. Each action looks at what is there first, so that it can be done again at any time."""

    REGISTER_VERSION = "register-version"
    """Make the bundle a version of the Beanstalk application."""
    MAKE_SNAPSHOT = "make-snapshot"
    """Make a snapshot of the database, and wait until it can be restored."""
    STAGE = "stage"
    """Unpack the release beside the running one on the back office, and put its statics on their share."""
    DEPLOY_ALL_AT_ONCE = "deploy-all-at-once"
    """Let Beanstalk deploy to all instances at once from now on: to the front's, and to the back office's without the
    waits of a rolling deployment."""
    DEPLOY_ROLLING = "deploy-rolling"
    """Let Beanstalk deploy to one instance after the other from now on."""
    PAUSE_WRITERS = "pause-writers"
    """Stop cron and consumers."""
    RESUME_WRITERS = "resume-writers"
    HOLD_SHOP = "hold-shop"
    """Answer every request with the hold page."""
    HOLD_BACK_OFFICE = "hold-back-office"
    """Answer the back office's path with the hold page."""
    OPEN = "open"
    """Answer nobody with the hold page."""
    MIGRATE = "migrate"
    """Change the database, and import the configuration."""
    ASK_PREVIOUS = "ask-previous"
    """Ask the release that ran before whether it can live with the database as it is now."""
    DEPLOY_BACK_OFFICE = "deploy-back-office"
    DEPLOY_FRONT = "deploy-front"
    DEPLOY_EVERYWHERE = "deploy-everywhere"
    """To the back office and to the front at the same time."""
    RETURN_BACK_OFFICE = "return-back-office"
    """Deploy the release that ran before."""
    RETURN_FRONT = "return-front"
    RETURN_EVERYWHERE = "return-everywhere"
    VERIFY_BACK_OFFICE = "verify-back-office"
    """Ask every instance for its release and for real pages."""
    VERIFY_FRONT = "verify-front"
    VERIFY_EVERYWHERE = "verify-everywhere"
    INSTALL = "install"
    """Install Magento into the empty database. If the database holds a shop already, bring that one up to date."""
    DEPLOY_SATELLITE = "deploy-satellite"
    RETURN_SATELLITE = "return-satellite"
    VERIFY_SATELLITE = "verify-satellite"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step."""

    action: Action
    """Also its name: a plan has each action once."""
    undo: tuple[Action, ...] = ()
    """What takes it back, in order. Nothing for a step that does no harm."""

    @property
    def name(self) -> str:
        return self.action.value

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "undo": [each.value for each in self.undo]}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Step:
        return cls(action=Action(said["name"]), undo=tuple(Action(each) for each in said["undo"]))


STOPS = frozenset((Action.OPEN, Action.RESUME_WRITERS, Action.DEPLOY_ROLLING, Action.INSTALL))
"""What follows on a release that was found good: if it fails, the release is not taken back for that. An installation
is not either: it goes on where it stopped."""

_MINUTE, _HOUR = 60, 3600
SECONDS: Mapping[Action, int] = {
    # A snapshot of a database that never had one copies all of it.
    Action.MAKE_SNAPSHOT: 6 * _HOUR,
    Action.MIGRATE: 4 * _HOUR,
    # Beanstalk gives a command up to an hour on each instance, and a fleet rolls one instance at a time.
    Action.DEPLOY_FRONT: 4 * _HOUR,
    Action.RETURN_FRONT: 4 * _HOUR,
    Action.DEPLOY_BACK_OFFICE: _HOUR,
    Action.RETURN_BACK_OFFICE: _HOUR,
    Action.DEPLOY_EVERYWHERE: _HOUR,
    Action.RETURN_EVERYWHERE: _HOUR,
    # An hour at most, unless it has a shop's database to change.
    Action.INSTALL: 4 * _HOUR,
    Action.DEPLOY_SATELLITE: _HOUR,
    Action.RETURN_SATELLITE: _HOUR,
    Action.STAGE: 30 * _MINUTE,
    Action.ASK_PREVIOUS: 30 * _MINUTE,
    Action.PAUSE_WRITERS: 30 * _MINUTE,
}
"""How long an action may take. All others have ten minutes."""
_OTHER_SECONDS = 10 * _MINUTE


def seconds_of(action: Action) -> int:
    """How long an action may take."""
    return SECONDS.get(action, _OTHER_SECONDS)


def _step(action: Action, *undo: Action) -> Step:
    return Step(action=action, undo=undo)


_PREPARED = (_step(Action.REGISTER_VERSION), _step(Action.STAGE))
_PAUSED = _step(Action.PAUSE_WRITERS, Action.RESUME_WRITERS)
_WRITING = _step(Action.RESUME_WRITERS)
# The back office has one instance, which answers nothing while it is deployed to.
_BACK_OFFICE_HELD = _step(Action.HOLD_BACK_OFFICE, Action.OPEN)
_BACK_OFFICE = (
    _step(Action.DEPLOY_BACK_OFFICE, Action.PAUSE_WRITERS, Action.HOLD_BACK_OFFICE, Action.RETURN_BACK_OFFICE),
    _step(Action.VERIFY_BACK_OFFICE),
)
_FRONT = (_step(Action.DEPLOY_FRONT, Action.RETURN_FRONT), _step(Action.VERIFY_FRONT))
_OPEN = _step(Action.OPEN)
# The release that ran before is asked first of all: if it cannot live with the database, nothing is taken back.
_MIGRATED = _step(Action.MIGRATE, Action.ASK_PREVIOUS)

STEPS: Mapping[Kind, tuple[Step, ...]] = {
    Kind.PLAIN: (
        *_PREPARED,
        _PAUSED,
        _BACK_OFFICE_HELD,
        *_BACK_OFFICE,
        _OPEN,
        _WRITING,
        *_FRONT,
    ),
    # The database first, from the back office, which gets no requests meanwhile.
    Kind.ADDITIVE: (
        *_PREPARED,
        _step(Action.MAKE_SNAPSHOT),
        _PAUSED,
        _BACK_OFFICE_HELD,
        _MIGRATED,
        *_BACK_OFFICE,
        _OPEN,
        _WRITING,
        *_FRONT,
    ),
    # What can be done before the hold is done before it: AWS refuses a version and options in one call.
    Kind.HELD: (
        *_PREPARED,
        _step(Action.MAKE_SNAPSHOT),
        _step(Action.DEPLOY_ALL_AT_ONCE, Action.DEPLOY_ROLLING),
        _PAUSED,
        _step(Action.HOLD_SHOP, Action.OPEN),
        _MIGRATED,
        _step(
            Action.DEPLOY_EVERYWHERE,
            Action.PAUSE_WRITERS,
            Action.DEPLOY_ALL_AT_ONCE,
            Action.HOLD_SHOP,
            Action.RETURN_EVERYWHERE,
        ),
        _step(Action.VERIFY_EVERYWHERE),
        _OPEN,
        _WRITING,
        _step(Action.DEPLOY_ROLLING),
    ),
    # Magento is installed from the back office. Until then, its pages say that it is not. If the database holds an
    # older shop, no job may run with the new code before that one is brought up to date.
    Kind.FIRST: (
        _step(Action.REGISTER_VERSION),
        _PAUSED,
        _step(Action.DEPLOY_BACK_OFFICE, Action.RETURN_BACK_OFFICE),
        _step(Action.INSTALL),
        _WRITING,
        _step(Action.DEPLOY_FRONT, Action.RETURN_FRONT),
        _step(Action.VERIFY_EVERYWHERE),
    ),
    # Its own hook updates its tables.
    Kind.SATELLITE: (
        _step(Action.REGISTER_VERSION),
        _step(Action.MAKE_SNAPSHOT),
        _step(Action.DEPLOY_SATELLITE, Action.RETURN_SATELLITE),
        _step(Action.VERIFY_SATELLITE),
    ),
    # The front first: the back office may show what only the newer release knows.
    Kind.ROLLBACK: (
        _PAUSED,
        *_FRONT,
        _BACK_OFFICE_HELD,
        *_BACK_OFFICE,
        _OPEN,
        _WRITING,
    ),
}
"""The steps of each kind, for a back office that has one instance at any time.

The shop opens first, and then cron and consumers go on: what shoppers do needs neither, and if the command on the
instance failed, it must not be they who wait. Nothing is flushed in between, because each release has a cache prefix of
its own. What lies under it is removed when the release is asked, before it is deployed, and by a migration.
"""

_HELD_BACK_OFFICE = (Action.HOLD_BACK_OFFICE, Action.OPEN)


def steps_of(kind: Kind, *, back_office_stays_open: bool = False) -> tuple[Step, ...]:
    """The steps of a kind. With `back_office_stays_open`, a second instance answers while the back office is deployed
    to: its path is held while the database changes, and not at all if it does not."""
    steps = STEPS[kind]
    if not back_office_stays_open or _BACK_OFFICE_HELD not in steps:
        return steps
    migrates = any(step.action is Action.MIGRATE for step in steps)
    found: list[Step] = []
    for step in steps:
        if step.action in _HELD_BACK_OFFICE:
            if migrates and step.action is Action.HOLD_BACK_OFFICE:
                found.append(step)
            continue
        if step.action is Action.DEPLOY_BACK_OFFICE:
            step = _step(step.action, *(each for each in step.undo if each not in _HELD_BACK_OFFICE))
        found.append(step)
        if step.action is Action.MIGRATE:
            found.append(_OPEN)
    return tuple(found)
