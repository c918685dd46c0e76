"""What `./shop servers` prints, and how it ends."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pulumi_aws as aws
import pytest
from rich.console import Console as RichConsole

from commands.console import Console
from components.servers import boot_status, cloud_init, server_configuration, usage
from servers import app, server_state
from servers.server_state import ServerState
from tests.unit.program import ROOT, program

NOW = datetime.now(UTC)
READY = ServerState(
    name="nfs",
    instance_id="i-0123456789abcdef0",
    state="running",
    boot="ready",
    configuration="applied",
    log="/var/log/boot-platform.log",
    private_address="10.0.101.10",
    release="Debian 12",
    started=NOW - timedelta(days=12, hours=3),
    disks={"/": 14.0, "/srv/client-media": 63.4},
)
FAILED = ServerState(
    name="gateway",
    instance_id="i-0123456789abcdef1",
    state="running",
    boot="failed",
    log="/var/log/boot-platform.log",
    private_address="10.0.1.10",
    release="Debian 13",
    started=NOW - timedelta(days=2, hours=3),
    disks={"/": 91.2},
)
GONE = ServerState(name="phpmyadmin", instance_id="i-0123456789abcdef2", state="missing", boot="none")


def printed(*states: ServerState, width: int = 80) -> str:
    written = io.StringIO()
    app.show(Console(rich=RichConsole(file=written, width=width)), "prod", states)
    return written.getvalue()


def test_the_table_says_how_each_server_is() -> None:
    """With the fullest of its file systems, and nothing below it when all is well."""
    assert printed(READY) == (
        "Server  State    Boot   Address      Release    Up    Disk\n"
        "nfs     running  ready  10.0.101.10  Debian 12  12 d  63 %\n"
    )


def test_below_it_is_what_to_type() -> None:
    """For each server that is not ready, and each file system of which the second alarm is raised."""
    lines = printed(READY, FAILED, GONE).splitlines()
    assert lines[2].split() == ["gateway", "running", "failed", "10.0.1.10", "Debian", "13", "2", "d", "91", "%"]
    assert lines[3].split() == ["phpmyadmin", "missing", "none", "-", "-", "-", "-"]
    assert lines[4:] == [
        "! gateway runs, but its boot has failed. On the server, /var/log/boot-platform.log says where.",
        "    aws ec2 get-console-output --latest --output text --instance-id i-0123456789abcdef1",
        "    aws ssm start-session --target i-0123456789abcdef1",
        "! gateway: / is 91 % full.",
        "! phpmyadmin is gone: EC2 has no instance i-0123456789abcdef2.",
        "    pulumi refresh -s prod",
    ]


def test_the_table_fits_80_columns() -> None:
    """With the longest that each column can hold."""
    widest = ServerState(
        name="phpmyadmin",
        instance_id="i-0123456789abcdef3",
        state="shutting-down",
        boot="booting",
        private_address="10.100.101.100",
        release="Windows 2022",
        started=NOW,
        disks={"D:": 100.0},
    )
    assert max(map(len, printed(READY, widest).splitlines()[:3])) <= 80


@pytest.mark.parametrize(
    ("state", "boot", "is_ready"),
    [
        ("running", "ready", True),
        ("running", "booting", False),
        ("running", "failed", False),
        ("running", "none", False),
        ("impaired", "ready", False),
        ("stopped", "ready", False),
    ],
)
def test_what_is_ready(state: str, boot: str, is_ready: bool) -> None:
    """A tag alone says nothing of a server that stands still."""
    server = ServerState(name="nfs", instance_id="i-1", state=state, boot=boot)
    assert server.is_ready is is_ready
    assert ("! nfs" in printed(server)) is not is_ready


@pytest.mark.parametrize(
    ("log", "line"),
    [
        (
            "/var/log/boot-platform.log",
            "has booted, but does not serve: on it, journalctl --unit publish-boot-status says why.",
        ),
        (
            r"C:\ProgramData\Platform\boot.log",
            "has booted, but the agent that sends its logs does not run, or Systems Manager does not answer it.",
        ),
    ],
)
def test_a_server_that_booted_and_does_not_serve(log: str, line: str) -> None:
    """Its tag is that of its last boot, and says nothing of a service that has died since."""
    server = replace(READY, log=log, serves=False)
    assert not server.is_ready
    assert f"! nfs {line}" in printed(server, width=200).splitlines()


@pytest.mark.parametrize(
    ("reported", "configuration", "serves"),
    [
        (1.0, "applied", True),
        (0.0, "applied", False),
        (0.0, "", False),
        # Its configuration is the reason, and has a line of its own.
        (0.0, "refused", True),
        # Nothing was published in the last half an hour.
        (None, "applied", True),
    ],
)
def test_whether_a_server_serves_is_what_it_said_last(reported: float | None, configuration: str, serves: bool) -> None:
    told = {"configuration": configuration} if configuration else {}
    assert server_state._serves(reported, told) is serves


@pytest.mark.parametrize(
    ("tag", "configuration", "line"),
    [
        ("7 applied", "applied", ""),
        (
            "7 refused: ALERT no address",
            "refused",
            "! nfs has refused version 7 of its configuration, and goes on with the one before: ALERT no address.",
        ),
        (
            "7 incomplete: not attached within 60 seconds: vol-0b /srv/statics",
            "incomplete",
            "! nfs has applied version 7 of its configuration, except for what it waits for: "
            "not attached within 60 seconds: vol-0b /srv/statics.",
        ),
        # Of the version before, and of a server that has said nothing yet.
        ("6 applied", "waiting", "! nfs has not applied version 7 of its configuration yet. "),
        ("", "waiting", "! nfs has not applied version 7 of its configuration yet. "),
    ],
)
def test_what_became_of_the_newest_configuration(tag: str, configuration: str, line: str) -> None:
    """Only what is applied is up to date, and what is not has a line below the table."""
    server = replace(READY, **server_state._told({"Configuration": tag} if tag else {}, 7))
    assert server.configuration == configuration
    assert server.is_ready
    assert server.is_up_to_date is not bool(line)
    below = [each for each in printed(server, width=200).splitlines() if each.startswith("! ")]
    assert [each.startswith(line) for each in below] == ([True] if line else [])


@pytest.mark.parametrize(
    ("minutes", "shown"), [(0, "0 min"), (119, "119 min"), (120, "2 h"), (47 * 60, "47 h"), (48 * 60, "2 d")]
)
def test_uptime_is_rounded_down(minutes: int, shown: str) -> None:
    assert app._rounded(timedelta(minutes=minutes, seconds=30)) == shown


def test_the_document_is_json() -> None:
    document = json.loads(json.dumps(FAILED.as_document()))
    assert document["ready"] is False
    assert document["disks"] == {"/": 91.2}
    assert datetime.fromisoformat(document["started"]) == NOW.replace(microsecond=0) - timedelta(days=2, hours=3)


@pytest.mark.parametrize(
    ("name", "version", "shown"),
    [
        ("Debian GNU/Linux", "12", "Debian 12"),
        ("Amazon Linux", "2023", "Amazon Linux 2023"),
        ("Microsoft Windows Server 2022 Datacenter", "10.0.20348", "Windows 2022"),
        ("", "", ""),
    ],
)
def test_a_release_is_short(name: str, version: str, shown: str) -> None:
    assert server_state._release({"PlatformName": name, "PlatformVersion": version}) == shown


def test_it_reads_what_the_servers_write() -> None:
    """The command imports nothing of the program, so that it starts fast: the names stand in both."""
    assert server_state._BOOT_TAG == boot_status.TAG
    assert server_state._CONFIGURATION_TAG == server_configuration.TAG
    [gateway] = [each for each in program("prod").of_type(aws.ec2.Instance) if "gateway" in each.name]
    [parameter] = [each for each in program("prod").of_type(aws.ssm.Parameter) if "gateway" in each.name]
    assert server_state._parameter(gateway.inputs["tags"]) == parameter.inputs["name"]
    assert (server_state._NAMESPACE, server_state._READY_METRIC) == (boot_status.NAMESPACE, boot_status.METRIC)
    assert (server_state._DISK_METRIC, server_state._DIRECTORY) == (usage.DISK, usage.DIRECTORY)
    assert server_state.LINUX_LOG == cloud_init.LOG
    windows = (ROOT / "components" / "servers" / "server_files" / "windows" / "boot.ps1.j2").read_text()
    folder, _, name = server_state._WINDOWS_LOG.rpartition("\\")
    assert f"$platform = '{folder}'" in windows
    assert f"$platform\\{name}" in windows
