#!/usr/bin/env python3
"""Applies the newest configuration of this server, which the stack keeps in a parameter of Systems Manager.

apply-configuration.timer runs it with --if-new, at least once a minute. Without that, at each boot and by hand, it
applies the newest even if it was tried before. The server's own script, which gets a directory with the new files at
their paths, checks them and puts them into effect. If it refuses them, it leaves those before in effect, and its last
line says why. It ends with 75 if they are in effect, except for what its last line says: then it runs again with the
next run.

The file `outcome` and the instance's tag Configuration say which version was tried last, and how that went.
"""

import base64
import fcntl
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SETTINGS = Path(os.environ.get("CONFIGURATION_SETTINGS", "/etc/boot-platform/configuration.json"))
STATE = Path(os.environ.get("CONFIGURATION_STATE", "/var/lib/boot-platform/configuration"))
# What a script ends with: EX_TEMPFAIL of sysexits.h.
APPLIED_IN_PART = 75
APPLIED, OUTCOME, TOLD = STATE / "applied.json", STATE / "outcome", STATE / "told"
# Of a tag ("Tag naming limits and requirements"), and of those characters the ones that every service takes.
MOST_OF_A_TAG, NOT_IN_A_TAG = 256, re.compile(r"[^a-zA-Z0-9 +\-=._:/@]+")


def main() -> int:
    only_new = sys.argv[1:] == ["--if-new"]
    STATE.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (STATE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not only_new:
            subprocess.run(["systemctl", "start", "--no-block", "apply-configuration.timer"], check=False)
        settings = json.loads(SETTINGS.read_text())
        try:
            return apply_newest(settings["parameter"], settings["apply"], only_new=only_new)
        finally:
            tell()


def apply_newest(parameter: str, script: str, *, only_new: bool) -> int:
    """0 when a configuration is in effect, be it that before."""
    applied = json.loads(APPLIED.read_text()) if APPLIED.exists() else None
    newest = fetch(parameter)
    # A new server has nothing else, and its role may be too new.
    for _ in range(0 if only_new or applied else 9):
        if newest is None:
            time.sleep(6)
            newest = fetch(parameter)
    if newest is None:
        print(f"{parameter} could not be read", flush=True)
        if only_new or applied is None:
            return 1
        return 1 if put_into_effect(script, applied)[0] == "refused" else 0
    version, value = newest
    last = OUTCOME.read_text().split("\t") if OUTCOME.exists() else []
    if only_new and last and last[2] == version and last[0] != "incomplete":
        # That it was looked for counts too: publish-boot-status watches the file's time.
        OUTCOME.touch()
        return 0
    print(f"applying version {version} of {parameter}", flush=True)
    try:
        document = json.loads(gzip.decompress(base64.b64decode(value, validate=True)))
        result, reason = put_into_effect(script, document)
    # Not what the disk says, such as that it is full: the next run tries again.
    except (ValueError, gzip.BadGzipFile, EOFError, zlib.error, KeyError, TypeError) as error:
        document, result, reason = None, "refused", f"it is not as the stack writes it: {error!r}"
    if result != "refused":
        # What the script has made, before it counts as applied.
        os.sync()
        write(APPLIED, json.dumps(document))
    # Before the way back: the script may not come to its end then either.
    write(OUTCOME, f"{result}\t{datetime.now(UTC).isoformat(timespec='seconds')}\t{version}\t{reason}\n")
    if result != "refused":
        return 0
    print(f"version {version} is refused, and the one before stays: {reason}", flush=True)
    if only_new:
        return 0
    return 1 if applied is None or put_into_effect(script, applied)[0] == "refused" else 0


def fetch(parameter: str) -> "tuple[str, str] | None":
    """Version and value; None when AWS did not say. What it said instead is in the log."""
    try:
        region = metadata("placement/region")
        command = ["aws", "ssm", "get-parameter", "--region", region, "--name", parameter, "--with-decryption"]
        query = ["--query", "Parameter.[Version,Value]", "--output", "text"]
        version, value = run(*command, *query).split()
    except (subprocess.CalledProcessError, ValueError):
        return None
    return version, value


def put_into_effect(script: str, document: "dict[str, Any]") -> "tuple[str, str]":
    """How it went, applied, incomplete or refused, and what the script says of it if it was not applied."""
    staged = STATE / "staged"
    shutil.rmtree(staged, ignore_errors=True)
    for file in document["files"]:
        path = staged / file["path"].lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["content"])
        path.chmod(int(file["mode"], 8))
    ran = subprocess.run(
        [script, staged],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    print(ran.stdout, end="", flush=True)
    if ran.returncode == 0:
        return "applied", ""
    lines = [line.strip() for line in ran.stdout.splitlines() if line.strip()]
    said = " ".join(lines[-1].replace(str(staged), "").split()) if lines else f"{script} ended with {ran.returncode}"
    return "incomplete" if ran.returncode == APPLIED_IN_PART else "refused", said


def tell() -> None:
    """Set the tag, once for each outcome. What AWS has not taken is told with the next run."""
    if not OUTCOME.exists():
        return
    result, _, version, reason = OUTCOME.read_text().rstrip("\n").split("\t")
    text = f"{version} {result}: {reason}" if reason else f"{version} {result}"
    value = NOT_IN_A_TAG.sub(" ", text)[:MOST_OF_A_TAG].strip()
    if TOLD.exists() and TOLD.read_text() == value:
        return
    tags = json.dumps([{"Key": "Configuration", "Value": value}])
    try:
        region, instance = metadata("placement/region"), metadata("instance-id")
        run("aws", "ec2", "create-tags", "--region", region, "--resources", instance, "--tags", tags)
    except subprocess.CalledProcessError:
        print("the tag could not be set", flush=True)
        return
    write(TOLD, value)


def metadata(item: str) -> str:
    return run("instance-metadata", item)


def run(*command: str) -> str:
    # Standard error is left to the log.
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def write(path: Path, text: str) -> None:
    """Whole or not at all, also after a power failure."""
    new = path.with_name(f"{path.name}.new")
    with new.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


if __name__ == "__main__":
    sys.exit(main())
