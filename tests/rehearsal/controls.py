"""What the rehearsal must notice: releases that are done wrong on purpose. Each of them has to come out wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from release.kinds import Kind
from release.steps import STEPS, Action
from sandbox.applications.releases import Change, slow_migration
from tests.hosts.live_sandbox import FRONT
from tests.hosts.test_plain_updates import HARD_RESTART
from tests.rehearsal.answers import Verdict
from tests.rehearsal.operator import Operator
from tests.rehearsal.scenarios import Rehearsal, Row, Scenario

_FAILING_HOME = Change(
    edits=[("app/code/Client/Store/Controller/Home.php", "$name = Page::text(", "$name = Page::heading(")]
)
_NEW_COMMANDS = Change(
    files={
        "app/code/Client/Catalog/etc/di.xml": (
            '<config>\n    <command class="Client\\Catalog\\Console\\Commands"/>\n</config>\n'
        ),
        "app/code/Client/Catalog/Console/Commands.php": """\
<?php
namespace Client\\Catalog\\Console;

final class Commands implements \\StandIn\\Console\\CommandProvider
{
    public function commands(\\StandIn\\App $app): array
    {
        return [];
    }
}
""",
    }
)


def no_draining(rehearsal: Rehearsal) -> Row:
    """Instances leave the load balancer at once, and their PHP is restarted the hard way."""
    planned = rehearsal.plan(Kind.PLAIN, Change(files=HARD_RESTART))
    live = rehearsal.operator.live
    with rehearsal.row("no draining") as row, live.draining(FRONT, 0), live.short_waits():
        rehearsal.release(planned)
    return row


def opened_before_verification(rehearsal: Rehearsal) -> Row:
    """The hold is disarmed before anybody has looked at a page, and the home page fails."""
    return _without(rehearsal, "opened before verification", Kind.HELD, Action.VERIFY_EVERYWHERE)


def migration_from_two_hosts(rehearsal: Rehearsal) -> Row:
    """A front instance runs setup:upgrade too. Magento has no lock, and runs the patch twice."""
    operator, live = rehearsal.operator, rehearsal.operator.live
    planned = rehearsal.plan(Kind.HELD, slow_migration(8, operator.name("Twice")))
    with rehearsal.row("migration from two hosts", Verdict.HELD) as row:
        process = operator.begin_release(*Operator.deploy(planned))
        host = live.instances(FRONT)[0]
        operator.stage_on(host, planned)
        operator.on_back_office("until systemctl is-active --quiet 'magento-migration-*'; do sleep 0.1; done")
        live.run(
            host,
            f"cd /var/app/candidates/{planned.release}",
            "runuser -u webapp -- php bin/magento setup:upgrade --keep-generated --no-interaction || true",
        )
        ended = operator.end(process)
        if ended.code == 0:
            rehearsal.runs = planned.release
    return row


def shared_cache_prefix(rehearsal: Rehearsal) -> Row:
    """Two releases write into the cache under one name. The candidate's list of commands, which names a class that the
    running release does not have, takes its command line away, and cron with it."""
    rehearsal.release(rehearsal.plan(Kind.PLAIN, edited=_with_one_prefix))
    planned = rehearsal.plan(Kind.PLAIN, _NEW_COMMANDS, edited=_with_one_prefix)
    with rehearsal.row("shared cache prefix") as row:
        rehearsal.operator.require_own_cache(planned)
    # By the candidate: the running release has no commands for its cache any more.
    rehearsal.operator.on_candidate(planned, "cache:flush")
    rehearsal.release(rehearsal.plan(Kind.PLAIN))
    return row


def health_check_alone(rehearsal: Rehearsal) -> Row:
    """Nothing but health_check.php is asked before the release counts as good, and the home page fails."""
    return _without(rehearsal, "health_check.php alone", Kind.PLAIN, Action.VERIFY_BACK_OFFICE, Action.VERIFY_FRONT)


CONTROLS: Mapping[str, Scenario] = {
    "no-draining": no_draining,
    "opened-before-verification": opened_before_verification,
    "migration-from-two-hosts": migration_from_two_hosts,
    "health-check-alone": health_check_alone,
    "shared-cache-prefix": shared_cache_prefix,
}
"""By the name that `SCENARIOS=` takes."""


def _with_one_prefix(bundle: Path) -> Path:
    """The bundle with a hook that takes every release for the same."""
    hook = ".platform/hooks/prebuild/10_fetch_site_configuration.sh"
    return Operator.edit(bundle, hook, "printf '%s' \"$release\"", "printf shared")


def _without(rehearsal: Rehearsal, name: str, kind: Kind, *actions: Action) -> Row:
    """A release whose home page fails, by a plan without some of its steps. The next release mends the page."""
    operator = rehearsal.operator
    planned = rehearsal.plan(kind, _FAILING_HOME)
    wrong = operator.replan(planned, [step for step in STEPS[kind] if step.action not in actions])
    with rehearsal.row(name, Verdict.HELD) as row:
        rehearsal.release(wrong)
    rehearsal.release(rehearsal.plan(Kind.PLAIN))
    return row
