"""`./shop sandbox up`: brings both stacks up, from nothing or from what an earlier run left."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from commands import stack_yaml
from commands.console import Console
from commands.engine import Engine, Run
from commands.errors import CannotRunError, CommandError
from sandbox.commands import aws_cli, embedded_aws, engine_logs, plugins, stack_locks, stacks, unfinished_run
from sandbox.commands.account import SandboxAccount
from sandbox.commands.certificate import ensure_certificate
from sandbox.commands.embedded_aws import EmbeddedAws, Start, was_moved
from sandbox.commands.environment import STATE_BUCKET, Provider, SandboxEnvironment, keeps_checkpoints
from sandbox.commands.layout import Layout
from sandbox.commands.progress import Progress
from sandbox.commands.stack_files import STACKS, certificate_files
from sandbox.commands.stacks import CannotRecoverError
from sandbox.commands.unfinished_run import KilledRun
from sandbox.toolchain.cli import find_or_make_cli
from sandbox.toolchain.wrapper import install_python, install_wrapper

_NEXT_STEPS = """
Try next, in this directory:
  . .sandbox/env                                 # pulumi and aws now use it
  pulumi stack output -s prod                    # addresses, names, secrets
  pulumi preview -s prod --policy-pack policies  # what a change would do
  aws rds describe-db-instances                  # the AWS CLI works, boto3 too
  ./shop reach                                   # what reaches what, by port

To apply a change of Pulumi.prod.yaml, run `./shop sandbox up` again.
To stop the sandbox and remove all of it, run `./shop sandbox down`."""

_REMEDY = {
    True: "reading back what it made.",
    False: "starting afresh, as it kept no checkpoints (SANDBOX_CHECKPOINTS=1 keeps them, but is slower).",
}


@dataclass(frozen=True, kw_only=True)
class Up:
    """One run of the command."""

    layout: Layout
    console: Console
    provider: Provider
    checkpoints: bool
    stacks: tuple[str, ...] = STACKS

    def run(self) -> None:
        """Raises `CommandError` when a stack does not come up, `KeyboardInterrupt` when the user stopped it."""
        began = time.monotonic()
        # Before anything is started or made.
        for stack in STACKS:
            stack_yaml.require(self.layout.project / f"Pulumi.{stack}.yaml")
        cli = find_or_make_cli(report=self.console.step)
        self.console.step(f"Pulumi {cli.version}, {cli.source}")
        command = install_wrapper(pulumi=cli.pulumi, repository=self.layout.project, sandbox=self.layout.directory)
        install_python(self.layout.commands)
        aws_cli.install(self.layout)
        killed = self._settle_killed_run()
        start = self._start_aws(anew=killed is not None and not killed.checkpoints)
        engine = self._prepare(start, command)
        if killed is not None and killed.checkpoints and not start.fresh:
            try:
                stacks.recover(engine, killed.stack)
            except CannotRecoverError as why:
                self.console.warn(f"{why} Starting afresh.")
                start = self._start_aws(anew=True)
                engine = self._prepare(start, command)
        unfinished_run.end(self.layout)
        for stack in self.stacks:
            self._bring_up(engine, start.server, stack)
        up = "Both stacks are up" if self.stacks == STACKS else f"{', '.join(self.stacks)} is up"
        self.console.raw(f"\n{up} after {time.monotonic() - began:.0f} s.{_NEXT_STEPS}")

    def _settle_killed_run(self) -> KilledRun | None:
        """The run that was killed, if there was one. Stops its engine if that still runs."""
        killed: KilledRun | None = None
        if run := unfinished_run.find(self.layout):
            run.stop_engine()
            killed = KilledRun(stack=run.stack, checkpoints=run.checkpoints)
        elif (server := embedded_aws.recorded(self.layout)) and server.running() and not was_moved(self.layout, server):
            for lock in stack_locks.held(server.endpoint):
                if not lock.holder_is_gone:
                    raise CannotRunError(
                        f"Another process is changing {lock.stack} (process id {lock.pid}). Wait for it, or stop it."
                    )
                # A shell that sourced the file has the engine keep checkpoints or not.
                killed = KilledRun(stack=lock.stack, checkpoints=keeps_checkpoints(self.layout.environment))
        if killed is not None:
            self.console.warn(f"A run was killed while it changed {killed.stack}: {_REMEDY[killed.checkpoints]}")
        return killed

    def _start_aws(self, *, anew: bool) -> Start:
        start = embedded_aws.ensure_running(self.layout, anew=anew)
        for note in start.notes:
            self.console.warn(note)
        runs = "started" if start.fresh else "is running"
        self.console.step(f"Embedded AWS {runs}: {start.server.endpoint} (process {start.server.process.pid})")
        return start

    def _prepare(self, start: Start, command: Path) -> Engine:
        """Everything that the stacks need before they come up."""
        environment = SandboxEnvironment(
            layout=self.layout, port=start.server.port, provider=self.provider, checkpoints=self.checkpoints
        )
        environment.write()
        variables = environment.over(os.environ)
        SandboxAccount(layout=self.layout, server=start.server).prepare(variables)
        self.console.step(f"State bucket {STATE_BUCKET} is ready")
        plugins.install(environment, variables)
        logs = engine_logs.keep if os.environ.get(engine_logs.SWITCH) else engine_logs.switch_off
        logs(environment.pulumi_home)
        self._make_certificates()
        engine = Engine(command=command, project=self.layout.project, environment=variables)
        stacks.make_missing(engine, STACKS)
        return engine

    def _make_certificates(self) -> None:
        for stack in STACKS:
            files = certificate_files(self.layout.project / f"Pulumi.{stack}.yaml")
            if files is None:
                continue
            made = ensure_certificate(
                files.domain,
                certificate=self.layout.certificates / files.certificate,
                private_key=self.layout.certificates / files.private_key,
                chain=self.layout.certificates / files.chain if files.chain else None,
            )
            if made:
                self.console.step(f"Made a certificate for *.{files.domain}")

    def _bring_up(self, engine: Engine, server: EmbeddedAws, stack: str) -> None:
        progress = Progress(self.console, stack)
        with progress.running() as on_progress:
            run = stacks.bring_up(
                engine, self.layout, stack, server=server, checkpoints=self.checkpoints, on_progress=on_progress
            )
        if run.interrupted:
            raise KeyboardInterrupt
        progress.ended(run)
        if not run.succeeded:
            raise CommandError(_did_not_come_up(stack, run))


def _did_not_come_up(stack: str, run: Run) -> str:
    if run.events.policy_violations and not run.events.reasons:
        return (
            f"{stack} did not come up: policies refuse it. Do what stands after `Fix:` above, or allow it as "
            "docs/policy-checks.md says, and run `./shop sandbox up` again."
        )
    return (
        f"{stack} did not come up. Fix the errors above and run `./shop sandbox up` again. "
        "`./shop sandbox down` before it starts afresh."
    )
