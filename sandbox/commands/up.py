"""`python -m sandbox up`: from nothing, or from whatever an earlier run left, to both stacks standing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.commands import embedded_aws, plugins, stacks, unfinished_run
from sandbox.commands.certificate import ensure_certificate
from sandbox.commands.embedded_aws import Start
from sandbox.commands.engine import Engine
from sandbox.commands.environment import REGION, STATE_BUCKET, Provider, SandboxEnvironment
from sandbox.commands.errors import SandboxError
from sandbox.commands.layout import REPOSITORY, Layout
from sandbox.commands.report import Report
from sandbox.commands.stack_files import STACKS, certificate_files
from sandbox.commands.unfinished_run import UnfinishedRun
from sandbox.toolchain.cli import find_or_make_cli
from sandbox.toolchain.wrapper import install_wrapper

_NEXT_STEPS = """\
Try next, from this directory:
  . .sandbox/env
  pulumi preview -s prod --policy-pack policies    # what a change would do; nothing, as it stands
  pulumi stack output -s prod --show-secrets       # with the passwords that it made up
  aws rds describe-db-instances                    # the AWS CLI and boto3 see the embedded AWS too
Change Pulumi.prod.yaml and run `make sandbox` again to have it applied. `make sandbox-down` takes everything away."""

_REMEDY = {
    True: "reading back what became of it.",
    False: "starting afresh, as there are no checkpoints to go on from (SANDBOX_CHECKPOINTS=1 keeps them, slowly).",
}


@dataclass(frozen=True, kw_only=True)
class Up:
    """One run of the command."""

    layout: Layout
    report: Report
    provider: Provider
    checkpoints: bool

    def run(self) -> None:
        """Raises `SandboxError` when a stack does not come up, `KeyboardInterrupt` when it was asked to stop."""
        began = time.monotonic()
        cli = find_or_make_cli(report=self.report.step)
        self.report.step(f"Pulumi {cli.version}, {cli.source}")
        command = install_wrapper(pulumi=cli.pulumi, repository=self.layout.project, sandbox=self.layout.directory)
        killed = self._settle_killed_run()
        start = self._start_aws(anew=killed is not None and not killed.checkpoints)
        environment = SandboxEnvironment(
            layout=self.layout, port=start.server.port, provider=self.provider, checkpoints=self.checkpoints
        )
        environment.write()
        variables = environment.over(os.environ)
        self._bootstrap(variables)
        plugins.install(environment, variables)
        self._make_certificates()
        engine = Engine(command=command, project=self.layout.project, environment=variables)
        stacks.make_missing(engine, STACKS)
        if killed is not None and killed.checkpoints and not start.fresh:
            stacks.recover(engine, killed.stack)
        unfinished_run.end(self.layout)
        for stack in STACKS:
            self._bring_up(engine, stack)
        self.report.outputs(stacks.outputs(engine, STACKS))
        self.report.say(f"\nBoth stacks are up after {time.monotonic() - began:.0f} s.\n\n{_NEXT_STEPS}")

    def _settle_killed_run(self) -> UnfinishedRun | None:
        """Make sure that a run which never ended has ended; it, if there was one."""
        killed = unfinished_run.find(self.layout)
        if killed is not None:
            killed.stop_engine()
            self.report.warn(f"A run was killed while it changed {killed.stack}: {_REMEDY[killed.checkpoints]}")
        return killed

    def _start_aws(self, *, anew: bool) -> Start:
        start = embedded_aws.ensure_running(self.layout, anew=anew)
        for note in start.notes:
            self.report.warn(note)
        does = "listens" if start.fresh else "still listens"
        self.report.step(f"The embedded AWS {does} on {start.server.endpoint} (process {start.server.process.pid})")
        return start

    def _bootstrap(self, variables: Mapping[str, str]) -> None:
        """The very command that prepares a real account."""
        ran = subprocess.run(
            [sys.executable, "-m", "account.bootstrap", "--region", REGION, "--state-bucket", STATE_BUCKET],
            cwd=REPOSITORY,
            env=dict(variables),
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            raise SandboxError(f"The state bucket could not be prepared: {ran.stderr.strip()}")
        self.report.step(f"State is kept in its bucket {STATE_BUCKET}")

    def _make_certificates(self) -> None:
        for stack in STACKS:
            files = certificate_files(self.layout.project / f"Pulumi.{stack}.yaml")
            if files is None:
                continue
            made = ensure_certificate(
                files.domain,
                certificate=self.layout.certificates / files.certificate,
                private_key=self.layout.certificates / files.private_key,
            )
            if made:
                self.report.step(f"Made a self-signed certificate for *.{files.domain}")

    def _bring_up(self, engine: Engine, stack: str) -> None:
        with self.report.progress(stack) as on_progress:
            update = stacks.bring_up(engine, self.layout, stack, checkpoints=self.checkpoints, on_progress=on_progress)
        if update.interrupted:
            raise KeyboardInterrupt
        self.report.update(stack, update)
        if not update.succeeded:
            raise SandboxError(f"{stack} did not come up. Mend what is named above and run `make sandbox` again.")
