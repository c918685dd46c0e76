#!/usr/bin/env python3
"""Sends what is new in the journal and in log files to CloudWatch Logs, where they outlive the instance.

publish-logs.timer runs it every minute, and publish-logs-at-end.service when the server stops. What was sent is noted
when AWS has taken it: what could not be sent comes with the next run. A line may come twice, but none is lost.
"""

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

try:
    # Debian's package awscli, in version 2, has a botocore of its own.
    from awscli.botocore import session
except ImportError:
    from botocore import session

SETTINGS = Path(os.environ.get("LOGS_SETTINGS", "/etc/boot-platform/logs.json"))
STATE = Path(os.environ.get("LOGS_STATE", "/var/lib/publish-logs"))
# The limits of a call, and what each event counts beside its text ("PutLogEvents").
MOST_EVENTS, MOST_BYTES, BYTES_OF_AN_EVENT = 10_000, 1_048_576, 26
LONGEST_BYTES = 200_000
DAY = 86_400_000
# Of a log file in a run, so that one that grew much does not fill the memory.
MOST_OF_A_FILE = 20_000_000


def main() -> None:
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        settings = json.loads(SETTINGS.read_text())
        logs = Logs(settings["group"], metadata("instance-id"), metadata("placement/region"))
        send_journal(logs)
        for path in settings["files"]:
            send_file(logs, Path(path))


def metadata(item: str) -> str:
    return subprocess.run(["instance-metadata", item], check=True, capture_output=True, text=True).stdout.strip()


class Logs:
    """A log group, with a stream for each source of this instance."""

    def __init__(self, group: str, instance: str, region: str) -> None:
        self.group, self.instance = group, instance
        # Debian's botocore does not read this variable itself.
        endpoint = os.environ.get("AWS_ENDPOINT_URL_LOGS")
        self.client = session.get_session().create_client("logs", region_name=region, endpoint_url=endpoint)

    def send(self, source: str, events: Iterable[tuple[int, str]]) -> None:
        """Send (milliseconds, text) in calls that AWS takes: in the order of time, within a day, and not too large."""
        batch: list[dict[str, Any]] = []
        size = 0
        for at, text in sorted(events, key=lambda event: event[0]):
            # AWS refuses an event without a text. Cut in the middle of a character, it is one less.
            text = text.encode()[:LONGEST_BYTES].decode(errors="ignore") or " "
            length = len(text.encode()) + BYTES_OF_AN_EVENT
            full = len(batch) == MOST_EVENTS or size + length > MOST_BYTES
            if batch and (full or at - batch[0]["timestamp"] >= DAY):
                self.put(source, batch)
                batch, size = [], 0
            batch.append({"timestamp": at, "message": text})
            size += length
        if batch:
            self.put(source, batch)

    def put(self, source: str, batch: list[dict[str, Any]]) -> None:
        stream = {"logGroupName": self.group, "logStreamName": f"{self.instance}/{source}"}
        try:
            self.client.put_log_events(**stream, logEvents=batch)
        except self.client.exceptions.ResourceNotFoundException:
            self.client.create_log_stream(**stream)
            self.client.put_log_events(**stream, logEvents=batch)


def send_journal(logs: Logs) -> None:
    cursor_file = STATE / "journal"
    cursor = cursor_file.read_text() if cursor_file.exists() else ""
    command = ["journalctl", "--output=json", "--all", "--no-pager", "--quiet"]
    if cursor:
        command.append(f"--after-cursor={cursor}")
    with subprocess.Popen(command, stdout=subprocess.PIPE) as journal:
        events: list[tuple[int, str]] = []
        for line in journal.stdout or ():
            entry = json.loads(line)
            events.append((int(entry["__REALTIME_TIMESTAMP"]) // 1000, text_of(entry)))
            cursor = entry["__CURSOR"]
            if len(events) == MOST_EVENTS:
                logs.send("journal", events)
                write(cursor_file, cursor)
                events = []
        if events:
            logs.send("journal", events)
            write(cursor_file, cursor)
    if journal.returncode != 0:
        raise SystemExit(f"journalctl ended with {journal.returncode}")


def text_of(entry: dict[str, Any]) -> str:
    """As journalctl shows it, without the time, which the event has."""
    message = entry.get("MESSAGE") or ""
    if isinstance(message, list):
        # Bytes, if the message is no UTF-8. A field that is there more than once is a list of texts.
        message = bytes(message).decode(errors="replace") if isinstance(message[0], int) else " ".join(message)
    name = entry.get("SYSLOG_IDENTIFIER") or entry.get("_COMM") or "unknown"
    return f"{name}[{entry['_PID']}]: {message}" if "_PID" in entry else f"{name}: {message}"


def send_file(logs: Logs, path: Path) -> None:
    """The lines that are new since the last run, also the last ones of a file that was rotated meanwhile."""
    state = STATE / str(path).strip("/").replace("/", "-")
    inode, offset = map(int, state.read_text().split()) if state.exists() else (0, 0)
    before = rotated(path, inode, offset, state.stat().st_mtime) if inode else None
    for each in (before, path):
        if each is None or not each.exists():
            continue
        found = each.stat()
        # A new file, or one that was emptied, is sent from its beginning.
        start = offset if each == before or (found.st_ino == inode and found.st_size >= offset) else 0
        with each.open("rb") as file:
            file.seek(start)
            new = file.read(MOST_OF_A_FILE)
        # Half a line waits for its other half.
        new = new[: new.rfind(b"\n") + 1]
        now = int(time.time() * 1000)
        logs.send(str(path), [(now, line.decode(errors="replace")) for line in new.splitlines() if line])
        inode, offset = found.st_ino, start + len(new)
        write(state, f"{inode} {offset}")


def rotated(path: Path, inode: int, offset: int, last_run: float) -> "Path | None":
    """What a log has become that was rotated since the last run: another name for it, or its copy if it was emptied."""
    if not path.exists() or path.stat().st_ino != inode:
        return next((each for each in path.parent.glob("*") if each.lstat().st_ino == inode), None)
    copy = path.with_name(f"{path.name}.1")
    if path.stat().st_size < offset and copy.exists() and copy.stat().st_ctime >= last_run:
        return copy
    return None


def write(path: Path, text: str) -> None:
    """Whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text)
    new.replace(path)


if __name__ == "__main__":
    main()
