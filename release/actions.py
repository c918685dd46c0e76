"""What each step of a release does. Every action looks at what is there first, so that it can be done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from typing import Any

from release import beanstalk, candidate, diagnosis, first_installation, snapshots
from release.back_office import BackOffice, Command
from release.beanstalk import ALL_AT_ONCE, DeploymentFailedError, Environment, Say
from release.errors import ReleaseError
from release.first_installation import Findings
from release.frozen_plan import FrozenPlan, Version
from release.hold import SETTLE_SECONDS, Scope
from release.journal import Note, not_noted
from release.kinds import Kind
from release.lock import Check, unchecked
from release.polling import polls
from release.site import Satellite, Site
from release.steps import Action, seconds_of

Details = Mapping[str, Any]
FRONT, BACK_OFFICE = "front", "back-office"
_INSTALLATION_POLL_SECONDS = 10.0
_MOST_ATTEMPTS = 1000
"""At a migration, under one number of the lock."""
_KEPT = 2000
"""Characters of what an instance printed, for the journal. The log group has all of it."""


@dataclass(frozen=True, kw_only=True)
class Actions:
    """The actions of one plan, carried out by the holder of the lock."""

    site: Site
    plan: FrozenPlan
    fence: int
    """The number of the lock. An instance refuses the commands of an earlier holder."""
    began: int
    """The number of the lock under which the release began. The same release may be deployed again, after it was taken
    back: what it left on an instance is not of this time."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """How often each step of this release has failed: what failed on an instance is only started again if asked to."""
    say: Say = lambda _: None
    happens: Say | None = None
    """Shows what happens in a step, to somebody who looks."""
    note: Note = not_noted
    """Writes the ids of what a step has started, before it is waited for."""
    check: Check = unchecked
    """Raises if another process has the lock by now."""
    _staged: dict[str, str] = field(default_factory=dict)
    """Which release this process has unpacked beside the running one, by instance."""
    _paused: set[str] = field(default_factory=set)
    """The instances on which this process has paused cron and consumers."""

    def do(self, action: Action, note: Note = not_noted) -> Details:
        """Do it. Returns what the journal keeps. Raises ``ReleaseError`` with what to know."""
        return replace(self, note=note)._by_action[action]()

    @property
    def _by_action(self) -> Mapping[Action, Callable[[], Details]]:
        either = {Action.REGISTER_VERSION: self._register, Action.MAKE_SNAPSHOT: self._make_snapshot}
        if isinstance(self.site, Satellite):
            only = self.site.environment
            return {
                **either,
                Action.DEPLOY_SATELLITE: lambda: self._deploy(Action.DEPLOY_SATELLITE, self.plan.to, only),
                Action.RETURN_SATELLITE: lambda: self._deploy(Action.RETURN_SATELLITE, self.plan.previous, only),
                Action.VERIFY_SATELLITE: lambda: self._verify(only),
            }
        back_office, front = self.site.back_office, self.site.front
        both = (back_office, front)
        return {
            **either,
            Action.STAGE: self._stage_with_statics,
            Action.DEPLOY_ALL_AT_ONCE: lambda: self._set_policies(lambda _: ALL_AT_ONCE),
            Action.DEPLOY_ROLLING: lambda: self._set_policies(lambda environment: environment.policy_of_stack),
            Action.PAUSE_WRITERS: self._pause_first_writers if self.plan.kind is Kind.FIRST else self._pause_writers,
            Action.RESUME_WRITERS: lambda: self._on_back_office("resume-writers"),
            Action.HOLD_SHOP: lambda: self._hold(Scope.SITE),
            Action.HOLD_BACK_OFFICE: lambda: self._hold(Scope.BACK_OFFICE),
            Action.OPEN: lambda: self._hold(None),
            Action.MIGRATE: self._migrate,
            Action.ASK_PREVIOUS: self._ask_previous,
            Action.DEPLOY_BACK_OFFICE: lambda: self._deploy(Action.DEPLOY_BACK_OFFICE, self.plan.to, back_office),
            Action.DEPLOY_FRONT: lambda: self._deploy(Action.DEPLOY_FRONT, self.plan.to, front),
            Action.DEPLOY_EVERYWHERE: lambda: self._deploy_at_once(Action.DEPLOY_EVERYWHERE, self.plan.to),
            Action.RETURN_BACK_OFFICE: lambda: self._deploy(Action.RETURN_BACK_OFFICE, self.plan.previous, back_office),
            Action.RETURN_FRONT: lambda: self._deploy(Action.RETURN_FRONT, self.plan.previous, front),
            Action.RETURN_EVERYWHERE: lambda: self._deploy_at_once(Action.RETURN_EVERYWHERE, self.plan.previous),
            Action.VERIFY_BACK_OFFICE: lambda: self._verify(back_office),
            Action.VERIFY_FRONT: lambda: self._verify(front),
            Action.VERIFY_EVERYWHERE: lambda: self._verify(*both),
            Action.INSTALL: self._install,
        }

    def _register(self) -> Details:
        bucket, _, key = self.plan.to.bundle.removeprefix("s3://").partition("/")
        new = beanstalk.register(
            self.site.beanstalk,
            self.site.application,
            label=self.plan.to.label,
            bucket=bucket,
            key=key,
            description=f"{self.plan.kind} release, plan {self.plan.id}",
        )
        return {"registered": new}

    def _make_snapshot(self) -> Details:
        rds, database = self.site.session.client("rds"), self.site.database
        attempt = f"{self.plan.release}-{self.plan.id}-{self.began}"
        made = snapshots.make(rds, database, attempt, seconds=seconds_of(Action.MAKE_SNAPSHOT), check=self.check)
        return {"snapshot": made, "database": database}

    def _stage(self, version: Version) -> None:
        """Unpack it on the back office's instance, which may be another one than before. An instance has one."""
        instance = self.site.back_office_instance.instance_id
        if self._staged.get(instance) != version.release:
            self._staged.pop(instance, None)
            self._noted(candidate.STAGE, candidate.stage(self.site, version, self.fence)).wait()
            self._staged[instance] = version.release

    def _stage_with_statics(self) -> Details:
        self._stage(self.plan.to)
        return self._on_back_office("place-statics", Release=self.plan.to.release)

    def _pause_writers(self) -> Details:
        self._stage(self.plan.to)
        details = self._on_back_office("pause-writers", Release=self.plan.to.release)
        self._paused.add(str(details["instance"]))
        return details

    def _pause_first_writers(self) -> Details:
        """Before the first release is deployed: nothing is to be ended yet, and so nothing is unpacked for that. An
        instance that Beanstalk puts in the place of this one runs cron until the database is changed."""
        return self._on_back_office("pause-writers", Release=self.plan.to.release)

    def _set_policies(self, of: Callable[[Environment], str]) -> Details:
        deadline = time.monotonic() + seconds_of(Action.DEPLOY_ALL_AT_ONCE)
        # The back office's too: by `Rolling`, its instance drains first, and then waits two minutes for good checks.
        policies = {}
        for environment in (self.site.back_office, self.site.front):
            policies[environment.name] = of(environment)
            environment.set_policy(policies[environment.name], deadline, self.note, self.check)
        return {"policies": policies}

    def _hold(self, scope: Scope | None) -> Details:
        if scope is None:
            self.site.hold.disarm(self.check)
        else:
            self.site.hold.arm(scope, allowed=tuple(map(IPv4Network, self.plan.allowed)), check=self.check)
            time.sleep(SETTLE_SECONDS)
        return {"armed": sorted(self.site.hold.state())}

    def _migrate(self) -> Details:
        self._stage(self.plan.to)
        if self.site.back_office_instance.instance_id not in self._paused:
            # It may have taken the place of the one that was paused, and a new instance runs cron.
            self._pause_writers()
        # Of the step that it is part of: a plan has one of both.
        failures = sum(self.failures.get(each.value, 0) for each in (Action.MIGRATE, Action.INSTALL))
        attempt = self.began * _MOST_ATTEMPTS + failures + 1
        return self._on_back_office("migrate", Release=self.plan.to.release, Attempt=str(attempt))

    def _ask_previous(self) -> Details:
        self._on_back_office("await-migration")
        self._stage(self.plan.previous)
        return self._on_back_office("ask-previous", Release=self.plan.previous.release)

    def _install(self) -> Details:
        host = self.site.back_office_instance
        decided = first_installation.plan(self._found_once_nothing_runs(host))
        if decided.action is first_installation.Action.STOP:
            raise ReleaseError(decided.reason)
        if decided.action is first_installation.Action.NOTHING:
            return {**self._bring_up_to_date(), "found": decided.reason}
        secret = self.site.stack.output("admin_secret")
        begun = first_installation.begin(host, fence=self.fence, admin_secret=secret, admin_email=self.plan.admin_email)
        first_installation.finish(self._noted(first_installation.INSTALL, begun))
        return {"instance": host.instance_id, "found": decided.reason}

    def _bring_up_to_date(self) -> Details:
        """Change the database of a shop that was there before, which may be older than the release, and import the
        release's configuration. One that is up to date stays as it is."""
        # Of a first release that was taken back: to unpack this one would take its files away.
        self._on_back_office("await-migration")
        return self._migrate()

    @staticmethod
    def _found_once_nothing_runs(host: BackOffice) -> Findings:
        """What is on the instance. An installation that runs was begun by a process that is gone: it goes on without
        it."""
        deadline = time.monotonic() + seconds_of(Action.INSTALL)
        for _ in polls(_INSTALLATION_POLL_SECONDS):
            found = Findings.read(host)
            if not found.running or time.monotonic() > deadline:
                break
        return found

    def _deploy(self, action: Action, version: Version, *environments: Environment) -> Details:
        try:
            instances = beanstalk.deploy(
                environments,
                version.label,
                seconds=seconds_of(action),
                say=self.say,
                happens=self.happens,
                note=self.note,
                check=self.check,
            )
        except DeploymentFailedError as error:
            # Now: the way back is another deployment, and its log follows.
            raise ReleaseError(f"{error}\n{diagnosis.told(self.site, error.environment, str(error))}") from None
        return {"version": version.label, "instances": instances}

    def _deploy_at_once(self, action: Action, version: Version) -> Details:
        # Once more: somebody may have run `pulumi up --refresh`, which sets the stack's own policy again. The shop
        # would be held for as long as instances take one after the other.
        self._set_policies(lambda _: ALL_AT_ONCE)
        return self._deploy(action, version, self.site.back_office, self.site.front)

    def _verify(self, *environments: Environment) -> Details:
        """Ask every instance itself, past the load balancer: it may be held, and it would choose the instance."""
        # All at once: the shop may be held meanwhile.
        sent = [
            self._begin_to_verify(environment, instance.id)
            for environment in environments
            for instance in environment.instances()
        ]
        self._note_commands("verify-satellite" if isinstance(self.site, Satellite) else "verify-release", sent)
        wrong: list[str] = []
        for command in sent:
            try:
                command.wait()
            except ReleaseError as error:
                wrong.append(str(error))
        if wrong:
            raise ReleaseError("; ".join(wrong))
        return {"instances": [command.instance.instance_id for command in sent]}

    def _begin_to_verify(self, environment: Environment, instance: str) -> Command:
        host, release = self.site.instance(instance), self.plan.to.release
        if isinstance(self.site, Satellite):
            return host.send("verify-satellite", Release=release, Page=self.site.health_check_path)
        return host.send(
            "verify-release",
            Release=release,
            HostName=self.site.host_name,
            Tier=BACK_OFFICE if environment.name == self.site.back_office.name else FRONT,
            BackOfficePath=self.site.hold.args.back_office_path,
        )

    def _on_back_office(self, document: str, **parameters: str) -> Details:
        sent = self._noted(document, self.site.back_office_instance.send(document, Fence=str(self.fence), **parameters))
        return {"instance": sent.instance.instance_id, "command": sent.command_id, "output": sent.wait()[-_KEPT:]}

    def _noted(self, document: str, command: Command) -> Command:
        self._note_commands(document, [command])
        return command

    def _note_commands(self, document: str, commands: Sequence[Command]) -> None:
        """While they run: a process that is killed while it waits takes no id with it."""
        ids = {each.instance.instance_id: each.command_id for each in commands}
        self.note(document=document, commands=ids)
