"""Logs of a server that really booted, sent to the CloudWatch Logs of an embedded AWS by the program that it has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from components.servers import server_files
from sandbox.commands import embedded_aws
from sandbox.commands.environment import SandboxEnvironment
from sandbox.commands.layout import Layout
from tests.servers.debian_machine import RELEASES, Base
from tests.servers.server_boots import boot_server

GROUP = "/client-prod/gateway"
PROGRAM = Path(server_files.__file__).parent / "boot" / "publish_logs.py"
NOW = int(time.time() * 1_000_000)


@pytest.fixture(scope="module")
def aws_variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    layout = Layout(project=tmp_path_factory.mktemp("account"))
    server = embedded_aws.ensure_running(layout).server
    yield SandboxEnvironment(layout=layout, port=server.port).variables()
    embedded_aws.stop(layout)


@dataclass(frozen=True)
class Sender:
    """A server whose `journalctl` is a program of the test's: it prints what ``journal`` has after the cursor."""

    base: Path
    variables: dict[str, str]

    def put_program(self, name: str, body: str) -> None:
        program = self.base / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/usr/bin/env bash\n{body}\n")
        program.chmod(0o755)

    def send(self, *files: Path) -> subprocess.CompletedProcess[str]:
        """One run of the program, as the timer's."""
        (self.base / "logs.json").write_text(json.dumps({"group": GROUP, "files": [str(each) for each in files]}))
        self.put_program("instance-metadata", "[[ $1 == instance-id ]] && echo i-1 || echo eu-west-3")
        return subprocess.run(
            [sys.executable, PROGRAM],
            env={
                **self.variables,
                "PATH": f"{self.base}/bin:{os.environ['PATH']}",
                "AWS_ENDPOINT_URL_LOGS": self.variables["AWS_ENDPOINT_URL"],
                "LOGS_SETTINGS": str(self.base / "logs.json"),
                "LOGS_STATE": str(self.base / "state"),
            },
            capture_output=True,
            text=True,
            timeout=120,
        )

    def sent(self, source: str | Path) -> list[str]:
        """Everything that is in a stream, from its beginning."""
        texts: list[str] = []
        asked: dict[str, Any] = {"logGroupName": GROUP, "logStreamName": f"i-1/{source}", "startFromHead": True}
        while True:
            page = self.logs.get_log_events(**asked)
            if not page["events"]:
                return texts
            texts += [each["message"] for each in page["events"]]
            asked["nextToken"] = page["nextForwardToken"]

    @property
    def logs(self) -> Any:
        return boto3.client(
            "logs",
            "eu-west-3",
            endpoint_url=self.variables["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
        )


@pytest.fixture
def sender(tmp_path: Path, aws_variables: dict[str, str]) -> Iterator[Sender]:
    """With a log group, which is empty, and an empty journal."""
    sender = Sender(tmp_path, aws_variables)
    sender.put_program("journalctl", "true")
    sender.logs.create_log_group(logGroupName=GROUP)
    yield sender
    sender.logs.delete_log_group(logGroupName=GROUP)


def succeeded(ran: subprocess.CompletedProcess[str]) -> None:
    assert ran.returncode == 0, ran.stderr


@pytest.mark.long
@pytest.mark.parametrize("release", RELEASES)
def test_the_logs_of_a_booted_server_leave_it(
    sender: Sender, directory: Path, debian: Callable[[str], Base], release: str
) -> None:
    """Its boot, whole, and its journal, by its own journalctl: each line once, however often it is asked. What Debian's
    Python has is enough for the program."""
    with boot_server(directory, (debian(release).root,), "gateway") as machine:
        assert json.loads(machine.read("/etc/boot-platform/logs.json"))["files"][0] == "/var/log/boot-platform.log"
        machine.run("systemctl", "is-active", "publish-logs.timer", "publish-logs-at-end")
        machine.run(
            "python3",
            "-c",
            "import runpy; runpy.run_path('/usr/local/sbin/publish-logs')['Logs']('g', 'i-1', 'eu-west-3')",
        )
        sender.put_program("journalctl", f'exec {" ".join(machine.inside)} journalctl "$@"')
        log = machine.root / "var/log/boot-platform.log"
        succeeded(sender.send(log))
        assert sender.sent(log) == [line for line in log.read_text().splitlines() if line]
        assert any("ended with 0 at end" in line for line in sender.sent(log))
        before = sender.sent("journal")
        assert any(line.startswith("haproxy[") for line in before)
        machine.run("logger", "--tag", "partner", "a line of its own")
        succeeded(sender.send(log))
        succeeded(sender.send(log))
        after = sender.sent("journal")
        assert after[: len(before)] == before
        assert [line.partition("]: ")[2] for line in after if line.startswith("partner")] == ["a line of its own"]
        assert sender.sent(log) == [line for line in log.read_text().splitlines() if line]


def test_what_cannot_be_sent_comes_later(sender: Sender) -> None:
    """Without its group, or without AWS, a run fails and notes nothing as sent."""
    log = sender.base / "service.log"
    log.write_text("one\n")
    sender.logs.delete_log_group(logGroupName=GROUP)
    assert sender.send(log).returncode != 0
    sender.logs.create_log_group(logGroupName=GROUP)
    succeeded(sender.send(log))
    assert sender.sent(log) == ["one"]


def test_a_log_file_that_is_rotated_is_sent_whole(sender: Sender) -> None:
    """What was written between the last run and the rotation too, and half a line when it is whole."""
    log = sender.base / "service.log"
    log.write_text("one\ntw")
    succeeded(sender.send(log))
    assert sender.sent(log) == ["one"]
    with log.open("a") as file:
        file.write("o\nthree\n")
    log.rename(sender.base / "service.log.1")
    log.write_text("four\n")
    succeeded(sender.send(log))
    log.write_text("")
    succeeded(sender.send(log))
    log.write_text("five\n")
    succeeded(sender.send(log))
    assert sender.sent(log) == ["one", "two", "three", "four", "five"]


@pytest.mark.parametrize("renamed", [None, "service.log.2026-11-27"])
def test_a_log_file_that_another_program_rotates_is_sent_whole(sender: Sender, renamed: str | None) -> None:
    """Copied and then emptied, for a program that keeps it open, or renamed to another name than logrotate's."""
    log = sender.base / "service.log"
    log.write_text("one\n")
    succeeded(sender.send(log))
    with log.open("a") as file:
        file.write("two\n")
    if renamed:
        log.rename(log.with_name(renamed))
    else:
        shutil.copy(log, log.with_name("service.log.1"))
    log.write_text("")
    succeeded(sender.send(log))
    log.write_text("three\n")
    succeeded(sender.send(log))
    assert sender.sent(log) == ["one", "two", "three"]


def test_a_log_file_that_is_not_there_is_not_missed(sender: Sender) -> None:
    succeeded(sender.send(sender.base / "none.log"))


def test_odd_entries_of_the_journal_are_sent(sender: Sender) -> None:
    """Bytes that are no UTF-8, no message at all, several, one that is longer than AWS takes, and many at once."""
    entries: list[dict[str, Any]] = [
        {"MESSAGE": [255, 254, 104, 105], "SYSLOG_IDENTIFIER": "odd", "_PID": "7"},
        {"MESSAGE": None, "SYSLOG_IDENTIFIER": "empty"},
        {"MESSAGE": ["one", "two"], "SYSLOG_IDENTIFIER": "several"},
        {"MESSAGE": "x" * 300_000, "_COMM": "long"},
        *({"MESSAGE": f"{number} {'y' * 400}", "SYSLOG_IDENTIFIER": "many"} for number in range(12_000)),
    ]
    lines = [
        json.dumps({**entry, "__REALTIME_TIMESTAMP": str(NOW + number * 1000), "__CURSOR": f"s={number}"})
        for number, entry in enumerate(entries)
    ]
    (sender.base / "journal").write_text("".join(f"{line}\n" for line in lines))
    sender.put_program("journalctl", f'[[ "$*" == *--after-cursor=s=12003* ]] || cat {sender.base / "journal"}')
    succeeded(sender.send())
    succeeded(sender.send())
    sent = sender.sent("journal")
    assert sent[:3] == ["odd[7]: ��hi", "empty: ", "several: one two"]
    assert sent[3] == "long: " + "x" * 199_994
    assert [line.split()[1] for line in sent[4:]] == [str(number) for number in range(12_000)]
