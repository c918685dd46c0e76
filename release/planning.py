"""Decides what a release would do, from what the release itself and the site say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from commands.errors import CannotRunError
from release import window
from release.acceptance import codes_of, spelled
from release.candidate import ReleaseBundle, ask, bundle_key, upload
from release.errors import LockedError, RefusedError, ReleaseError
from release.frozen_plan import FrozenPlan, Version, digest_of
from release.hold import Scope
from release.journal import Journal, names
from release.kinds import NEEDED, Candidate, Decision, Kind, decide, losses
from release.lock import Lock
from release.progress import End, Progress
from release.redaction import Redaction
from release.running_configuration import RunningRelease, release_file
from release.schema_changes import Effect
from release.site import HOLD, JOURNALS, REFRESH, Satellite, Site
from release.steps import Action, steps_of
from release.way_back import WayBack, reach

_STAYS_OPEN = "The back office stays open: a second instance answers while the first one is deployed to."
_FIRST = (
    "If its database is empty, Magento is installed. If it holds a shop already, that one is brought up to date, and "
    "keeps its administrators."
)
_TIME = "%Y%m%dT%H%M%SZ"
_JOURNALS_READ = 5
"""Of releases before, for how long their steps took. Each is an object a record."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the site and a candidate said at one moment."""

    to: Version
    previous: Version
    candidate: Candidate | None
    """None for a satellite: nobody can ask one what it would change."""
    facts: str

    @classmethod
    def now(cls, site: Site, to: Version, lock: Lock | None = None) -> Asked:
        """Ask the running environments, and the candidate on the back office. With `lock`, by its holder."""
        previous = running(site)
        candidate = None if isinstance(site, Satellite) else ask(site, to, lock)
        environments = {each.name: str(each.describe()["EnvironmentId"]) for each in site.environments}
        return cls(
            to=to,
            previous=previous,
            candidate=candidate,
            facts=digest_of(candidate, to=to, previous=previous, environments=environments),
        )

    def plan(self, site: Site, decision: Decision) -> FrozenPlan:
        """The plan for a kind."""
        # What a command of Magento's said may be among them.
        redact = site.redaction.text
        patches, scripts = (self.candidate.new_patches, self.candidate.unseen_scripts) if self.candidate else ((), ())
        records = (journal.records for _, journal in islice(newest_first(site), _JOURNALS_READ))
        # A satellite goes back by the same steps by which it goes forward.
        kind = Kind.SATELLITE if isinstance(site, Satellite) else decision.kind
        stays_open = not isinstance(site, Satellite) and site.back_office.has_additional_batch
        steps = steps_of(kind, back_office_stays_open=stays_open)
        expected = window.expected(steps, window.times_of(records), site.environments[-1].options())
        held = str(expected) if expected else _STAYS_OPEN if stays_open and kind is not Kind.FIRST else ""
        speaks_against = [each.text for each in decision.changes if each.effect is not Effect.ADDITIVE]
        return FrozenPlan(
            release=self.to.release,
            kind=decision.kind,
            reasons=tuple(map(redact, decision.reasons)),
            changes=tuple(redact(each.text) for each in decision.changes),
            copies=decision.copies,
            against_return=(
                *map(redact, speaks_against),
                *(f"patch {each}" for each in patches),
                *(f"script {each}" for each in scripts),
            ),
            to=self.to,
            previous=self.previous,
            facts=self.facts,
            steps=steps,
            by=site.caller,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            point_in_time=reach(_database(site), now=datetime.now(UTC)),
            window=held,
            window_seconds=round(expected.total, 1) if expected else 0.0,
        )


def running(site: Site) -> Version:
    """What all environments run. Raises ``RefusedError`` if they run two releases."""
    found = [RunningRelease.read(site.session, environment.name) for environment in site.environments]
    if len({each.label for each in found}) > 1:
        runs = " and ".join(f"{each.environment} runs {each.name}" for each in found)
        raise RefusedError(f"{runs}: expected one release. ./shop release status {site.options} says what to do.")
    first = found[0]
    if not first.bundle:
        raise RefusedError(f"{first.environment} runs {first.name}, expected a version of its application.")
    return Version(
        label=first.label,
        release=first.name,
        bundle=first.bundle,
        sha256=_sha256_of(site, first.bundle),
        configuration_version=first.configuration_version or "",
    )


def version_of(site: Site, bundle: ReleaseBundle) -> Version:
    """The version that a bundle becomes. The bundle is uploaded."""
    return Version(
        label=bundle.release,
        release=bundle.release,
        bundle=f"s3://{site.bucket}/{upload(site, bundle)}",
        sha256=bundle.sha256,
        configuration_version=bundle.configuration_version,
    )


def uploaded_version(site: Site, release: str) -> Version:
    """The version that a bundle becomes which was uploaded before. Raises ``CannotRunError`` if there is none."""
    key = bundle_key(site, release)
    try:
        digest = str(site.s3.head_object(Bucket=site.bucket, Key=key)["Metadata"].get("sha256", ""))
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
        raise CannotRunError(
            f"--uploaded: got {release}, expected a release of s3://{site.bucket}/{site.prefix}bundles/: upload it by "
            f"./shop release upload {site.options} {release}.zip"
        ) from None
    said = release_file(site.s3, site.bucket, key)
    return Version(
        label=release,
        release=release,
        bundle=f"s3://{site.bucket}/{key}",
        sha256=digest,
        configuration_version=said.get("SITE_CONFIGURATION_VERSION", ""),
    )


def plan_release(
    site: Site, to: Version, *, hold: bool, accepted: Sequence[str], allowed: Sequence[IPv4Network] = ()
) -> FrozenPlan:
    """Ask, decide, and freeze. Raises ``RefusedError`` for what cannot be released.

    `allowed` are let through while the shop or its back office is held.
    """
    require_finished(site)
    if not isinstance(site, Satellite):
        _require_room(site, Scope.BACK_OFFICE, allowed)
    before = running(site)
    if before.label == to.label:
        raise RefusedError(f"release {to.release}: it runs already.")
    if not isinstance(site, Satellite) and not before.configuration_version:
        raise RefusedError(
            f"The site runs {before.release}, expected a release of the shop. For the first one, plan with "
            "--first-admin-email."
        )
    asked = Asked.now(site, to)
    if asked.candidate is None:
        reason = "A satellite: its own hooks update its tables, and it cannot be asked what it would change."
        return asked.plan(site, Decision(kind=Kind.SATELLITE, reasons=(reason,)))
    planned = asked.plan(site, decide(asked.candidate, hold=hold, accepted=accepted))
    if any(step.action is Action.HOLD_SHOP for step in planned.steps):
        _require_room(site, Scope.SITE, allowed)
    return replace(planned, allowed=tuple(map(str, allowed)))


def _require_room(site: Site, scope: Scope, allowed: Sequence[IPv4Network]) -> None:
    """Raise ``RefusedError`` if these networks, the host names or the path do not fit into the rules of the hold."""
    try:
        site.hold.check(scope, allowed)
    except ReleaseError as error:
        raise RefusedError(str(error)) from None


def plan_first(site: Site, to: Version, *, admin_email: str) -> FrozenPlan:
    """The plan of a stack's first release, which installs Magento, or brings the shop of the database up to date.

    Only the release itself can look at the database, once it is deployed: so the plan is the same for both.
    Raises ``RefusedError`` if the site has a release.
    """
    before = running(site)
    if before.configuration_version:
        raise RefusedError(f"--first-admin-email: the site runs {before.release}, expected a site without a release.")
    environments = {each.name: str(each.describe()["EnvironmentId"]) for each in site.environments}
    asked = Asked(
        to=to,
        previous=before,
        candidate=None,
        facts=digest_of(None, to=to, previous=before, environments=environments),
    )
    decision = Decision(kind=Kind.FIRST, reasons=("The site has no release yet.", _FIRST))
    return replace(asked.plan(site, decision), admin_email=admin_email)


def plan_rollback(site: Site, *, accepted: Sequence[str]) -> FrozenPlan:
    """Plan to deploy the release before the running one again, with the database as it is.

    Raises ``RefusedError`` with everything that speaks against it and was not accepted word by word.
    """
    found = last_done(site)
    if found is None:
        raise RefusedError(
            f"release {running(site).release}: no journal says which release ran before it. Deploy the one that you "
            f"want: ./shop release plan {site.options} BUNDLE prints how."
        )
    last, against = found
    asked = Asked.now(site, last.previous)
    if asked.candidate is not None:
        if asked.candidate.configuration_status.exit_code == NEEDED:
            raise RefusedError(
                f"{last.previous.release} has another configuration than {last.release}, and a rollback imports none: "
                "its pages would answer 500. Release it again instead, which imports it with the shop held: "
                f"./shop release plan {site.options} --uploaded {last.previous.release}"
            )
        # Its own answer says whether it can live with the database. Its upgrade is not run: what that would lose stays.
        decision = decide(asked.candidate, accepted=losses(asked.candidate))
        if decision.kind is not Kind.PLAIN:
            against += [f"{last.previous.release} asks for changes: {reason}" for reason in decision.reasons]
    accepted = spelled(accepted, against)
    if unknown := [each for each in accepted if each not in against]:
        raise RefusedError(f"--accept: got {', '.join(unknown)}, expected one of the reasons that were found.")
    if left := [each for each in against if each not in accepted]:
        options = " ".join(f'--accept "{each}"' for each in left)
        raise RefusedError(
            f"{last.previous.release} may not live with the database of {last.release}: {'; '.join(left)}.\nTo go back "
            f"anyway, with the database as it is, repeat each: {options}\nTheir codes, for Rundeck and GitHub: "
            f"{codes_of(left)}\nTo bring the database back as it was before "
            f"{last.release}, with the shop held meanwhile, type the commands of one way. "
            f'docs/operations.md, "Restore a database", says more.\n{_restore(site, last, against)}'
        )
    reason = f"Back from {last.release}, with the database as it is."
    return asked.plan(site, Decision(kind=Kind.ROLLBACK, reasons=(reason,)))


def last_done(site: Site) -> tuple[FrozenPlan, list[str]] | None:
    """The plan by which the running release came, and what speaks against going back behind it. None without a journal.

    A rollback is not counted: the way back leads to the release before, and not to the one that was left. Of the
    releases that came since, all count that changed the database, also those that were taken back.
    """
    label = running(site).label
    against: list[str] = []
    for _, journal in newest_first(site):
        plan = FrozenPlan.from_json(journal.plan)
        if plan.kind is Kind.ROLLBACK:
            continue
        is_done = Progress.of(plan.steps, journal.records).end is End.DONE
        if is_done or any(record.step == Action.MIGRATE for record in journal.records):
            against += [each for each in plan.against_return if each not in against]
        if is_done and plan.to.label == label:
            return plan, against
    return None


def unfinished(site: Site) -> tuple[str, Journal] | None:
    """The newest release, by the name of its journal, if it is neither done nor taken back."""
    name, journal = next(newest_first(site), ("", None))
    if journal is None or Progress.of(FrozenPlan.from_json(journal.plan).steps, journal.records).end:
        return None
    return name, journal


def require_finished(site: Site) -> None:
    """Raise ``RefusedError`` while a release is not finished: the back office has room for one that is unpacked. While
    its process is at work, there is nothing to go on with: ``LockedError``."""
    if (left := unfinished(site)) is None:
        return
    found = site.lock.read()
    if found is not None and not found.holder.is_free and not found.is_stale:
        raise LockedError(
            f"The lock is held by {found.holder}. `./shop release status {site.options}` says whether it is at work."
        )
    raise RefusedError(
        f"{left[0]} is not finished. Go on with it: ./shop release resume {site.options}\n"
        f"Or take it back: ./shop release rollback {site.options}"
    )


def newest_first(site: Site) -> Iterator[tuple[str, Journal]]:
    """The journals of releases, with their names. Those of holds by hand and of refreshes are left out."""
    for name in reversed(begun(site)):
        yield name, Journal.read(site.s3, site.bucket, site.journal_prefix(name), Redaction())


def begun(site: Site) -> list[str]:
    """The names of the journals of all releases, in the order in which they began."""
    found = names(site.s3, site.bucket, f"{site.prefix}{JOURNALS}")
    return [each for each in found if not each.startswith((HOLD, REFRESH))]


def journal_name(site: Site, release: str) -> str:
    """A new name. Names begin with the time, so that they are in the order of the releases: also if the clock of the
    computer from which the one before was made goes ahead of this one's."""
    moment = datetime.now(UTC).replace(microsecond=0)
    if before := begun(site):
        last = datetime.strptime(before[-1].partition("-")[0], _TIME).replace(tzinfo=UTC)
        moment = max(moment, last + timedelta(seconds=1))
    return f"{moment:{_TIME}}-{release}"


def _sha256_of(site: Site, bundle: str) -> str:
    """What was noted when the bundle was uploaded. Empty for one that another tool uploaded."""
    bucket, _, key = bundle.removeprefix("s3://").partition("/")
    return str(site.s3.head_object(Bucket=bucket, Key=key)["Metadata"].get("sha256", ""))


def _restore(site: Site, last: FrozenPlan, accepted: Sequence[str]) -> str:
    """How the database comes back, as commands, and what is lost by each way."""
    records = next(
        (each.records for _, each in newest_first(site) if FrozenPlan.from_json(each.plan).id == last.id), []
    )
    is_satellite = isinstance(site, Satellite)
    way = WayBack(
        release=last.release,
        database=site.database,
        options=site.options,
        stack=site.stack.name,
        setting="shared_database.snapshot_id" if is_satellite else "site.database.snapshot_id",
        accepted=accepted,
    )
    return way.described(_database(site), records, now=datetime.now(UTC))


def _database(site: Site) -> Mapping[str, Any]:
    """What RDS says of the site's database."""
    rds = site.session.client("rds")
    found: dict[str, Any] = rds.describe_db_instances(DBInstanceIdentifier=site.database)["DBInstances"][0]
    return found
