"""Faults while the whole production stack is brought up and destroyed, and what is left in the embedded AWS afterwards.

A seed decides what goes wrong and when (`sandbox/emulator/faults.py`).
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import psutil

from sandbox.commands import embedded_aws
from sandbox.commands.embedded_aws import EmbeddedAws
from sandbox.commands.layout import Layout
from sandbox.tests.platform import Platform

_SECONDS = 1800.0
_FAULTS = "/moto-api/faults"

_CHANGES = {"up": 450, "destroy": 350}
"""Fewer than the changing requests that the command makes."""

_COMMANDS = {
    "up": [".venv/bin/python", "-m", "sandbox", "up", "--stack", "prod"],
    "destroy": ["bash", "-c", ". .sandbox/env; exec pulumi destroy -s prod --yes --skip-preview --non-interactive"],
}

_NO_POLICIES = """
from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationPolicy

nothing = StackValidationPolicy("nothing", "Refuses nothing.", lambda args, report: None)
PolicyPack("nothing", policies=[nothing], enforcement_level=EnforcementLevel.ADVISORY)
"""

_NOT_RESOURCES = re.compile(
    r"events|history|executions|activities|log_streams|deleted|terminated|tagger|tagging_service|operations"
)
"""Collections that record what happened, or tags that are beside what they belong to."""


Inventory = dict[str, int]
"""How many there are of everything, by service, region and collection."""


class Fault(StrEnum):
    """What goes wrong."""

    THROTTLED = "throttled"
    LOST = "answers lost"
    PLUGIN = "plugin killed"
    ENGINE = "engine killed"
    AWS = "embedded AWS killed"


@dataclass(frozen=True)
class Seed:
    """The faults of one run."""

    number: int

    @property
    def fault(self) -> Fault:
        return list(Fault)[self.number % len(Fault)]

    @property
    def kills(self) -> bool:
        return self.fault in (Fault.PLUGIN, Fault.ENGINE, Fault.AWS)

    @property
    def checkpoints(self) -> bool:
        """Whether the engine saves its state after each resource, which makes a killed one resumable."""
        return self.fault is Fault.ENGINE and self.number % 2 == 0

    def settings(self, command: str) -> dict[str, Any]:
        """For the embedded AWS. Before a kill nothing else happens: the command could end before its time."""
        fate = random.Random(f"{command} {self.number}")
        match self.fault:
            case Fault.THROTTLED:
                return {"Seed": self.number, "Throttled": fate.uniform(0.02, 0.2)}
            case Fault.LOST:
                return {"Seed": self.number, "Lost": fate.uniform(0.02, 0.2)}
            case _:
                return {"Seed": self.number, "HoldAt": fate.randint(1, _CHANGES[command])}


@dataclass(frozen=True)
class FaultyPlatform:
    """Production alone, unprotected, in a sandbox that is about to be hit."""

    platform: Platform
    log: Path

    @classmethod
    def make(cls, directory: Path) -> FaultyPlatform:
        platform = Platform.copy_to(directory)
        platform.edit("Pulumi.prod.yaml", "magento:protect: true", "magento:protect: false")
        # The policies refuse an unprotected production, and they ask AWS for nothing.
        (platform.project / "policies" / "__main__.py").write_text(_NO_POLICIES)
        return cls(platform, directory / "faults.log")

    def up(self) -> None:
        """The one command that brings production up, whatever came before."""
        self._run(_COMMANDS["up"])

    def destroy(self) -> None:
        self._run(_COMMANDS["destroy"])

    def strike(self, seed: Seed, command: str) -> None:
        """Run the command under the seed's faults. How it ends does not matter."""
        server = embedded_aws.ensure_running(self._layout).server
        checkpoints = {"SANDBOX_CHECKPOINTS": "1"} if seed.checkpoints else {}
        with self.log.open("a") as log:
            log.write(f"\n== {command} under {seed.fault} {seed.settings(command)}\n")
            log.flush()
            with subprocess.Popen(
                _COMMANDS[command],
                cwd=self.platform.project,
                env={**os.environ, **checkpoints},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            ) as running:
                # `up` prepares the account first, which is not what is tested here.
                _wait(lambda: command == "destroy" or self._layout.run_record.exists() or running.poll() is not None)
                self._set(seed.settings(command))
                _wait(lambda: running.poll() is not None or self._held())
                assert not seed.kills or running.poll() is None, f"{command} ended before {seed.fault}"
                if running.poll() is None:
                    killed = self._kill(seed.fault, server)
                    log.write(f"\n== killed {killed}\n")
                    if server.process.find() is not None:
                        self._set({**seed.settings(command), "HoldAt": 0})
                running.wait(_SECONDS)
            log.write(f"== ended with {running.returncode}\n")
        if server.process.find() is not None:
            self._set({})

    def inventory(self) -> Inventory:
        """How many of everything AWS holds, without records of what happened."""
        counts: dict[str, int] = json.loads(self._ask("/moto-api/inventory"))
        return {name: count for name, count in counts.items() if not _NOT_RESOURCES.search(name)}

    def down(self) -> None:
        self.platform.sandbox("down", check=False)

    @property
    def _layout(self) -> Layout:
        return Layout(project=self.platform.project)

    def _kill(self, fault: Fault, server: EmbeddedAws) -> list[int]:
        """Kill the engine, the plugin or the embedded AWS of this sandbox. Returns the process ids."""
        if fault is Fault.AWS:
            server.process.stop(signal.SIGKILL)
            return [server.process.pid]
        killed = []
        for process in psutil.process_iter(["cmdline", "environ"]):
            words = " ".join(process.info["cmdline"] or [])
            home = (process.info["environ"] or {}).get("PULUMI_HOME", "")
            if home and Path(home).is_relative_to(self._layout.directory) and _is(fault, words):
                process.kill()
                killed.append(process.pid)
        assert killed, f"there is nothing to kill for {fault}"
        return killed

    def _held(self) -> bool:
        time.sleep(0.2)
        try:
            return bool(json.loads(self._ask(_FAULTS))["Held"])
        except OSError:
            return False

    def _set(self, settings: dict[str, Any]) -> None:
        self._ask(_FAULTS, json.dumps(settings).encode())

    def _ask(self, path: str, body: bytes | None = None) -> str:
        server = embedded_aws.recorded(self._layout)
        assert server is not None
        request = urllib.request.Request(f"{server.endpoint}{path}", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return str(answer.read().decode())

    def _run(self, command: list[str]) -> None:
        with self.log.open("a") as log:
            log.write(f"\n== {' '.join(command)}\n")
            log.flush()
            ended = subprocess.run(
                command,
                cwd=self.platform.project,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=_SECONDS,
                check=False,
            )
        assert ended.returncode == 0, self.log.read_text()[-6000:]


def _is(fault: Fault, words: str) -> bool:
    if fault is Fault.PLUGIN:
        return "sandbox.provider aws" in words
    return "/pulumi " in words and (" up " in words or " destroy " in words)


def _wait(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
