"""What every Linux server boots with: its volumes for real, on loop devices, and what it says of how it went."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pulumi_aws as aws
import pytest

from components.servers.cloud_init import BootFile, BootVolume, CloudInit
from sandbox.commands import aws_cli, embedded_aws
from sandbox.commands.environment import SandboxEnvironment
from sandbox.commands.layout import Layout
from tests.servers.loop_devices import loop_device, require_loop_devices
from tests.servers.programs import require
from tests.unit.program import program

SERVER_FILES = Path(__file__).resolve().parents[2] / "components" / "servers" / "server_files"
BOOT = SERVER_FILES / "boot"


@dataclass
class Disks:
    """A machine's disks and file table below a directory of the test's own."""

    base: Path
    devices: dict[str, Path] = field(default_factory=dict)
    """By volume id."""

    def appear(self, volume_id: str, device: Path) -> None:
        """The volume is attached: its device gets the name that the kernel makes of its serial number."""
        self.devices[volume_id] = device
        name = f"nvme-Amazon_Elastic_Block_Store_{volume_id.replace('-', '')}"
        (self.base / "by-id" / name).symlink_to(device)

    def table(self, **mount_points: str) -> None:
        lines = [f"vol-{name} {self.base / directory}\n" for name, directory in mount_points.items()]
        (self.base / "volumes").write_text("".join(lines))

    def mount(self) -> subprocess.CompletedProcess[str]:
        """The boot's script, waiting for a device no longer than a test can."""
        environment = {
            **os.environ,
            "BOOT_VOLUMES": str(self.base / "volumes"),
            "BOOT_DEVICES": str(self.base / "by-id"),
            "BOOT_FSTAB": str(self.base / "fstab"),
            "BOOT_WAIT_SECONDS": "1",
        }
        return subprocess.run(
            [BOOT / "mount_data_volumes.sh"], env=environment, capture_output=True, text=True, timeout=60
        )

    @property
    def fstab(self) -> str:
        return (self.base / "fstab").read_text()

    def unmount(self, directory: str) -> None:
        subprocess.run(["umount", self.base / directory], check=True)


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[Disks]:
    """A machine with one blank volume, ``vol-1``, that belongs at ``data``."""
    require_loop_devices(tmp_path)
    (tmp_path / "by-id").mkdir()
    (tmp_path / "fstab").write_text("# the root's line\nPARTUUID=1 / ext4 rw 0 1\n")
    with ExitStack() as stack:
        machine = Disks(tmp_path)
        machine.appear("vol-1", stack.enter_context(loop_device(tmp_path / "disk", 16)))
        machine.table(**{"1": "data"})
        yield machine
        if os.path.ismount(tmp_path / "data"):
            machine.unmount("data")


def succeeded(ran: subprocess.CompletedProcess[str]) -> None:
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_blank_volume_is_formatted_and_mounted_for_ever(disks: Disks) -> None:
    """In the file table by its volume's id, and without holding up a boot that comes without it."""
    succeeded(disks.mount())
    assert os.path.ismount(disks.base / "data")
    [line] = [each for each in disks.fstab.splitlines() if "data" in each]
    assert line.split()[:3] == [
        str(disks.base / "by-id" / "nvme-Amazon_Elastic_Block_Store_vol1"),
        str(disks.base / "data"),
        "ext4",
    ]
    assert "nofail" in line.split()[3].split(",")
    assert disks.fstab.startswith("# the root's line\nPARTUUID=1 / ext4 rw 0 1\n")


def test_a_replaced_server_finds_its_data(disks: Disks) -> None:
    """The volume comes to a new machine, which has its own file table: nothing is formatted again."""
    succeeded(disks.mount())
    (disks.base / "data" / "order.xml").write_text("42")
    disks.unmount("data")
    (disks.base / "fstab").write_text("")
    ran = disks.mount()
    succeeded(ran)
    assert "making a file system" not in ran.stdout
    assert (disks.base / "data" / "order.xml").read_text() == "42"


def test_a_restored_copy_beside_it_is_not_mounted_in_its_place(disks: Disks, tmp_path: Path) -> None:
    """A copy has the UUID of the file system that it was made from."""
    succeeded(disks.mount())
    (disks.base / "data" / "today").touch()
    disks.unmount("data")
    shutil.copyfile(disks.devices["vol-1"], tmp_path / "copied")
    with loop_device(tmp_path / "restored", 16) as copy:
        shutil.copyfile(tmp_path / "copied", copy)
        subprocess.run(["debugfs", "-w", "-R", "rm today", copy], check=True, capture_output=True)
        disks.appear("vol-2", copy)
        subprocess.run(["mount", "--fstab", disks.base / "fstab", disks.base / "data"], check=True)
        assert (disks.base / "data" / "today").exists()
        disks.unmount("data")


def test_running_it_again_changes_nothing(disks: Disks) -> None:
    succeeded(disks.mount())
    before = disks.fstab
    succeeded(disks.mount())
    assert disks.fstab == before


def test_another_volume_in_the_same_place_takes_its_line(disks: Disks, tmp_path: Path) -> None:
    """One that was restored from a snapshot, for example: two lines for a directory would mount the old one, which may
    still be mounted."""
    succeeded(disks.mount())
    (disks.base / "data" / "old").touch()
    with loop_device(tmp_path / "restored", 16) as device:
        disks.appear("vol-2", device)
        disks.table(**{"2": "data"})
        succeeded(disks.mount())
        assert len([line for line in disks.fstab.splitlines() if "data" in line]) == 1
        assert not (disks.base / "data" / "old").exists()
        disks.unmount("data")


@pytest.mark.parametrize(
    "fill",
    [
        pytest.param(["mkfs.ext2", "-q"], id="another file system"),
        pytest.param(["mkswap"], id="swap"),
        pytest.param(["sfdisk", "--quiet"], id="a partition table"),
    ],
)
def test_a_volume_that_is_not_blank_is_not_formatted(disks: Disks, fill: list[str]) -> None:
    """It may hold data and be attached by mistake."""
    require(fill[0])
    device = disks.devices["vol-1"]
    subprocess.run([*fill, device], input="type=83\n", text=True, check=True, capture_output=True)
    before = device.read_bytes()
    ran = disks.mount()
    assert ran.returncode != 0
    assert "left as it is" in ran.stderr
    assert device.read_bytes() == before
    assert not os.path.ismount(disks.base / "data")


def test_a_volume_that_cannot_be_read_is_not_formatted(disks: Disks) -> None:
    """It may hold data. This device is one that no driver answers for."""
    unreadable = disks.base / "unreadable"
    os.mknod(unreadable, stat.S_IFBLK | 0o600, os.makedev(240, 0))
    disks.appear("vol-2", unreadable)
    disks.table(**{"2": "data"})
    ran = disks.mount()
    assert ran.returncode != 0
    assert "left as it is" in ran.stderr
    assert "making a file system" not in ran.stdout


def test_a_volume_that_never_comes_stops_the_boot(disks: Disks) -> None:
    """Instead of a server that writes to its root disk what is lost with it."""
    disks.table(missing="data")
    ran = disks.mount()
    assert ran.returncode != 0
    assert ran.stderr == f"not attached within 1 seconds: vol-missing {disks.base / 'data'}\n"


def test_a_volume_that_is_missing_keeps_no_other_from_being_mounted(disks: Disks) -> None:
    """The table's order is not the order in which they come."""
    disks.table(missing="other", **{"1": "data"})
    ran = disks.mount()
    assert ran.returncode == 75
    assert ran.stderr.splitlines()[-1] == f"not attached within 1 seconds: vol-missing {disks.base / 'other'}"
    assert os.path.ismount(disks.base / "data")


@dataclass(frozen=True)
class Machine:
    """Where the runner runs: ``boot-status`` only records its arguments, ``installs`` takes the place of packages, and
    ``agent`` that of Session Manager's."""

    base: Path
    installs: str = "true"
    agent: str = "true"

    def boot(self, **scripts: str) -> int:
        """The exit code, once all that was printed is on the console too."""
        code = self.start(**scripts).returncode
        assert (self.base / "console").read_text() == self.log
        return code

    def start(self, **scripts: str) -> subprocess.CompletedProcess[str]:
        programs = self.base / "bin"
        programs.mkdir()
        self._script(programs / "boot-status", 'echo "$@" >> "$RECORD"')
        self._script(programs / "install-packages", self.installs)
        self._script(programs / "install-session-manager", self.agent)
        self._script(programs / "systemctl", 'echo "$@" >> "$RECORD.units"')
        self._script(programs / "sync", "echo sync")
        for name, body in scripts.items():
            self._script(self.base / name, body)
        (self.base / "scripts").write_text("".join(f"{self.base / name}\n" for name in scripts))
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "RECORD": str(self.base / "record"),
            "BOOT_SCRIPTS": str(self.base / "scripts"),
            "BOOT_LOG": str(self.base / "log"),
            "BOOT_WRITTEN": str(self.base / "state" / "written"),
            "BOOT_CONSOLE": str(self.base / "console"),
        }
        # What writes the log may end after the boot. It has the boot's standard error, whose end is waited for here.
        return subprocess.run([BOOT / "boot_platform.sh"], env=environment, capture_output=True, text=True, timeout=60)

    @staticmethod
    def _script(path: Path, body: str) -> None:
        path.write_text(f"#!/usr/bin/env bash\n{body}\n")
        path.chmod(0o755)

    @property
    def statuses(self) -> list[str]:
        return (self.base / "record").read_text().splitlines()

    @property
    def log(self) -> str:
        return (self.base / "log").read_text()


def test_a_boot_that_went_well_says_so(tmp_path: Path) -> None:
    """Every script once, in its order, whatever one reads or prints, and all of it in one log."""
    machine = Machine(tmp_path)
    code = machine.boot(first="cat; echo one", second="echo two >&2")
    assert code == 0
    assert machine.statuses == ["booting", "ready"]
    said = [line for line in machine.log.splitlines() if line in ("one", "two", "sync")]
    assert said == ["sync", "one", "sync", "two", "sync"]
    assert (tmp_path / "state" / "written").exists()
    assert "start publish-boot-status.timer" in (tmp_path / "record.units").read_text()


@pytest.mark.parametrize("script", ["true", "false"])
def test_a_boot_publishes_at_its_end_how_it_went(tmp_path: Path, script: str) -> None:
    """And not five minutes later: what was published while it booted is that it is not ready."""
    machine = Machine(tmp_path)
    machine.boot(first=f'echo first >> "$RECORD.units"; {script}')
    assert (tmp_path / "record.units").read_text().endswith("first\nstart publish-boot-status\n")


def test_a_boot_that_failed_says_where(tmp_path: Path) -> None:
    """A half-booted server is seen, with the script that ended it; what comes after that is not started."""
    machine = Machine(tmp_path)
    assert machine.boot(first="exit 3", second="echo never") == 3
    assert machine.statuses == ["booting", f"failed {tmp_path / 'first'}"]
    assert "never\n" not in machine.log


def test_a_boot_without_its_packages_says_so(tmp_path: Path) -> None:
    """As far as it can be said without them, with Session Manager as a way in; no script runs on a server that lacks
    its programs."""
    machine = Machine(tmp_path, installs="echo no mirror; exit 100", agent="echo agent")
    assert machine.boot(first="echo never") == 100
    assert machine.statuses == ["failed install-packages"]
    assert machine.log.startswith("sync\nagent\nno mirror\n")
    assert "never\n" not in machine.log


def test_a_boot_goes_on_without_session_manager(tmp_path: Path) -> None:
    """Which is tried once more when the packages are there."""
    machine = Machine(tmp_path, agent="echo no agent >&2; exit 6")
    assert machine.boot(first="echo one") == 0
    assert machine.statuses == ["booting", "ready"]
    assert machine.log.count("no agent\n") == 2


def test_a_boot_goes_on_without_a_console(tmp_path: Path) -> None:
    (tmp_path / "console").mkdir()
    ran = Machine(tmp_path).start(first="echo one")
    assert ran.returncode == 0
    assert "one\n" in (tmp_path / "log").read_text()


@dataclass(frozen=True)
class Packages:
    """Where packages are installed by an ``apt-get`` that only records, and that the lists' lock stops at first."""

    base: Path

    @property
    def unfinished(self) -> Path:
        """The mark that an installation has begun."""
        return self.base / "unfinished"

    @property
    def known(self) -> Path:
        """Where dpkg has a list of each package's files."""
        return self.base / "known"

    @property
    def configuration(self) -> Path:
        """Where configuration files are."""
        return self.base / "etc"

    def install(self, *wanted: str, there: tuple[str, ...], not_yet: bool = False) -> list[str]:
        """What was done: what apt-get and dpkg were asked for, and when the disk was written to. A mirror may have what
        is asked of it only with the second attempt."""
        (self.base / "packages").write_text("".join(f"{name}\n" for name in wanted))
        self.known.mkdir(exist_ok=True)
        self.configuration.mkdir(exist_ok=True)
        calls, locked = self.base / "calls", self.base / "locked"
        locked.touch()
        calls.touch()
        missing = self.base / "missing"
        if not_yet:
            missing.touch()
        known = "|".join(there)
        Machine._script(self.base / "dpkg-query", f'case "${{@: -1}}" in {known}) echo installed ;; *) exit 1 ;; esac')
        Machine._script(
            self.base / "apt-get",
            f'echo "$@" >> {calls}; if [[ -e {locked} ]]; then rm {locked}; exit 100; fi\n'
            "if [[ $1 == download ]]; then touch downloaded.deb; fi\n"
            f"if [[ $1 == install && -e {missing} ]]; then rm {missing}; exit 100; fi",
        )
        Machine._script(self.base / "dpkg", f'echo "dpkg $@" >> {calls}')
        Machine._script(self.base / "sync", f"echo sync $([[ ! -e {self.unfinished} ]] || echo unfinished) >> {calls}")
        Machine._script(self.base / "sleep", "true")
        subprocess.run(
            [BOOT / "install_packages.sh"],
            env={
                "PATH": f"{self.base}:{os.environ['PATH']}",
                "BOOT_PACKAGES": str(self.base / "packages"),
                "BOOT_UNFINISHED": str(self.unfinished),
                "BOOT_KNOWN_PACKAGES": str(self.known),
                "BOOT_CONFIGURATION": str(self.configuration),
                "TMPDIR": str(self.base),
            },
            check=True,
            timeout=60,
        )
        return calls.read_text().splitlines()


def test_packages_that_are_there_are_asked_for_no_more(tmp_path: Path) -> None:
    """A server of an image with all of them starts without Debian's mirrors."""
    assert Packages(tmp_path).install("curl", "haproxy", there=("curl", "haproxy")) == []


def test_packages_that_are_missing_are_installed(tmp_path: Path) -> None:
    """Only those, once the lists are fetched, however long apt's lock is held; our configuration stays.

    dpkg puts its records together first, for apt would not after a boot that was cut off.
    """
    begun, *before, install, ended = Packages(tmp_path).install("curl", "haproxy", there=("curl",))
    assert (begun, ended) == ("sync unfinished", "sync unfinished")
    assert [each.split()[0] for each in before] == ["update", "update", "dpkg"]
    assert before[-1] == "dpkg --set-selections"
    assert install.split()[-1] == "haproxy"
    assert not Packages(tmp_path).unfinished.exists()
    assert "curl" not in install
    assert "--option=Dpkg::Options::=--force-confold" in install.split()


def test_packages_that_a_mirror_does_not_have_yet_are_asked_for_again(tmp_path: Path) -> None:
    """With newer lists: those from before may name versions that are gone."""
    calls = Packages(tmp_path).install("haproxy", there=("curl",), not_yet=True)
    asked = [each.split()[0] for each in calls if not each.startswith(("dpkg", "sync"))]
    assert asked == ["update", "update", "install", "update", "install"]
    assert not Packages(tmp_path).unfinished.exists()


def test_packages_of_an_installation_that_was_cut_off_are_installed_once_more(tmp_path: Path) -> None:
    """All that were unpacked since it began, and before any is configured: their configuration files, and what their
    scripts have made, may not have reached the disk. The empty files among those make way. Session Manager's agent is
    left as it is: no repository has it."""
    machine = Packages(tmp_path)
    for directory in (machine.known, machine.configuration):
        directory.mkdir()
    (machine.known / "openssl.list").touch()
    machine.unfinished.touch()
    for each in (machine.known / "openssl.list", machine.unfinished):
        os.utime(each, (1000, 1000))
    for package in ("amazon-ssm-agent", "haproxy", "liblua5.4-0:amd64"):
        (machine.known / f"{package}.list").touch()
    (machine.configuration / "nginx.conf").touch()
    (machine.configuration / "ours.conf").write_text("listen 80\n")
    *_, download, unpack, install, _ = machine.install("curl", "haproxy", "socat", there=("curl", "haproxy"))
    assert download == "download --quiet haproxy liblua5.4-0:amd64"
    assert unpack == "dpkg --force-confold --force-confmiss --unpack ./downloaded.deb"
    assert install.split()[-1] == "socat"
    assert [file.name for file in machine.configuration.iterdir()] == ["ours.conf"]
    assert not machine.unfinished.exists()
    assert not list(tmp_path.glob("tmp.*"))


def test_configuration_from_before_an_installation_that_was_cut_off_stays(tmp_path: Path) -> None:
    """Empty as it may be."""
    machine = Packages(tmp_path)
    machine.configuration.mkdir()
    (machine.configuration / "volumes").touch()
    time.sleep(0.05)
    machine.unfinished.touch()
    machine.install("curl", there=("curl",))
    assert (machine.configuration / "volumes").exists()


def test_metadata_that_does_not_answer_is_asked_again() -> None:
    """A connection that is silent does not hold up a boot for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asking = subprocess.Popen(
            [BOOT / "instance_metadata.sh", "instance-id"],
            env={**os.environ, "METADATA_SERVICE": f"http://127.0.0.1:{listener.getsockname()[1]}/latest"},
            stdout=subprocess.PIPE,
            text=True,
        )
        listener.settimeout(30)
        silent, _ = listener.accept()
        with silent:
            for answer in ("token", "i-1"):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(f"HTTP/1.0 200 OK\r\n\r\n{answer}".encode())
        assert asking.communicate(timeout=30)[0] == "i-1"


@pytest.mark.parametrize("accepted", [True, False])
def test_the_status_is_a_file_and_a_tag(tmp_path: Path, accepted: bool) -> None:
    """The file is written even when the tag cannot be set, which is an error. Then it is set later."""
    programs = tmp_path / "bin"
    programs.mkdir()
    calls = tmp_path / "calls"
    Machine._script(programs / "instance-metadata", "[[ $1 == instance-id ]] && echo i-1 || echo eu-west-3")

    def said(*arguments: str, accepted: bool = True) -> int:
        calls.write_text("")
        Machine._script(programs / "aws", f'echo "$@" > {calls}; exit {0 if accepted else 254}')
        return subprocess.run(
            [BOOT / "boot_status.sh", *arguments],
            env={"PATH": f"{programs}:{os.environ['PATH']}", "BOOT_STATUS": str(tmp_path / "status")},
        ).returncode

    assert (said("failed", "serve-shares", accepted=accepted) == 0) is accepted
    status, _, detail = (tmp_path / "status").read_text().rstrip("\n").split("\t")
    assert (status, detail) == ("failed", "serve-shares")
    call = "ec2 create-tags --region eu-west-3 --resources i-1 --tags Key=BootStatus,Value=failed\n"
    assert calls.read_text() == call
    assert said() == 0
    assert calls.read_text() == ("" if accepted else call)
    assert said() == 0
    assert calls.read_text() == ""


@pytest.fixture(scope="module")
def aws_variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of an embedded AWS."""
    layout = Layout(project=tmp_path_factory.mktemp("account"))
    server = embedded_aws.ensure_running(layout).server
    yield SandboxEnvironment(layout=layout, port=server.port).variables()
    embedded_aws.stop(layout)


def test_the_alarm_of_a_server_follows_what_it_publishes(tmp_path: Path, aws_variables: dict[str, str]) -> None:
    """The real AWS CLI publishes to the embedded AWS, whose alarm is the stack's own."""
    [alarm] = [
        each
        for each in program("prod").of_type(aws.cloudwatch.MetricAlarm)
        if each.name == "monitoring-server-gateway-ready"
    ]
    [(dimension, instance)] = alarm.inputs["dimensions"].items()
    session = boto3.Session(aws_variables["AWS_ACCESS_KEY_ID"], aws_variables["AWS_SECRET_ACCESS_KEY"])
    cloudwatch = session.client("cloudwatch", "eu-west-3", endpoint_url=aws_variables["AWS_ENDPOINT_URL"])
    cloudwatch.put_metric_alarm(
        AlarmName="ready",
        Namespace=alarm.inputs["namespace"],
        MetricName=alarm.inputs["metricName"],
        Dimensions=[{"Name": dimension, "Value": instance}],
        Statistic=alarm.inputs["statistic"],
        Period=alarm.inputs["period"],
        EvaluationPeriods=alarm.inputs["evaluationPeriods"],
        # The first zero is enough here: the test does not wait for half an hour.
        DatapointsToAlarm=1,
        Threshold=alarm.inputs["threshold"],
        ComparisonOperator=alarm.inputs["comparisonOperator"],
        TreatMissingData="notBreaching",
    )

    def state_after(status: str) -> str:
        (tmp_path / "status").write_text(f"{status}\t2026-01-01T00:00:00+00:00\t\n")
        subprocess.run(
            [BOOT / "publish_boot_status.sh"],
            env={
                **aws_variables,
                "PATH": f"{tmp_path}:{Layout(project=tmp_path).commands}:{os.environ['PATH']}",
                "BOOT_STATUS": str(tmp_path / "status"),
                "BOOT_SERVICES": "/dev/null",
            },
            check=True,
            timeout=60,
        )
        [found] = cloudwatch.describe_alarms(AlarmNames=["ready"])["MetricAlarms"]
        return str(found["StateValue"])

    aws_cli.install(Layout(project=tmp_path))
    Machine._script(tmp_path / "instance-metadata", f"[[ $1 == instance-id ]] && echo {instance} || echo eu-west-3")
    assert state_after("ready") == "OK"
    assert state_after("failed") == "ALARM"


@pytest.mark.parametrize(
    ("outcome", "minutes", "ready"),
    [("applied", 1, "1"), ("refused", 1, "0"), ("applied", 20, "0"), ("", 0, "0")],
)
def test_a_server_is_ready_with_its_newest_configuration(
    tmp_path: Path, outcome: str, minutes: int, ready: str
) -> None:
    """Not when it refused that, nor when it has not been able to look for one for a quarter of an hour."""
    Machine._script(tmp_path / "instance-metadata", "echo eu-west-3")
    Machine._script(tmp_path / "aws", f'for last; do :; done; echo "$last" > {tmp_path / "value"}')
    for name in ("status", "settings"):
        (tmp_path / name).write_text("ready\t2026-01-01T00:00:00+00:00\t\n")
    if outcome:
        (tmp_path / "outcome").write_text(f"{outcome}\t2026-01-01T00:00:00+00:00\t7\t\n")
        looked = time.time() - 60 * minutes
        os.utime(tmp_path / "outcome", (looked, looked))
    subprocess.run(
        [BOOT / "publish_boot_status.sh"],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "BOOT_STATUS": str(tmp_path / "status"),
            "BOOT_SERVICES": "/dev/null",
            "CONFIGURATION_SETTINGS": str(tmp_path / "settings"),
            "CONFIGURATION_STATE": str(tmp_path),
        },
        check=True,
        timeout=60,
    )
    assert (tmp_path / "value").read_text() == f"{ready}\n"


def test_a_server_whose_volume_is_damaged_is_not_ready(disks: Disks) -> None:
    """The kernel writes to the volume no more, and nobody would notice until something had to be written."""
    succeeded(disks.mount())
    base = disks.base
    Machine._script(base / "instance-metadata", "echo eu-west-3")
    Machine._script(base / "aws", f'for last; do :; done; echo "$last" > {base / "value"}')
    (base / "status").write_text("ready\t2026-01-01T00:00:00+00:00\t\n")

    def ready() -> tuple[str, str]:
        said = subprocess.run(
            [BOOT / "publish_boot_status.sh"],
            env={
                "PATH": f"{base}:{os.environ['PATH']}",
                "BOOT_STATUS": str(base / "status"),
                "BOOT_SERVICES": "/dev/null",
                "BOOT_VOLUMES": str(base / "volumes"),
            },
            stderr=subprocess.PIPE,
            text=True,
            check=True,
            timeout=60,
        )
        return (base / "value").read_text(), said.stderr

    assert ready() == ("1\n", "")
    Path(f"/sys/fs/ext4/{disks.devices['vol-1'].name}/trigger_fs_error").write_text("damaged")
    with pytest.raises(OSError, match="Read-only file system"):
        (base / "data" / "written").touch()
    assert ready() == ("0\n", f"{base / 'data'} is read-only\n")


def published(base: Path) -> dict[tuple[str, str], list[float]]:
    """What the server says that it uses, by metric and directory; empty for the server's own metric."""
    Machine._script(base / "instance-metadata", "[[ $1 == instance-id ]] && echo i-1 || echo eu-west-3")
    Machine._script(base / "aws", f'for last; do :; done; echo "$last" > {base / "metrics"}')
    (base / "proc").mkdir()
    meminfo = "MemTotal: 4000 kB\nMemFree: 100 kB\nMemAvailable: 1000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"
    (base / "proc" / "meminfo").write_text(meminfo)
    (base / "proc" / "loadavg").write_text("0.10 2.50 0.30 1/100 4711\n")
    subprocess.run(
        [BOOT / "publish_usage.sh"],
        env={"PATH": f"{base}:{os.environ['PATH']}", "BOOT_VOLUMES": str(base / "volumes"), "PROC": str(base / "proc")},
        check=True,
        timeout=60,
    )
    found: dict[tuple[str, str], list[float]] = {}
    for datum in json.loads((base / "metrics").read_text()):
        dimensions = {each["Name"]: each["Value"] for each in datum["Dimensions"]}
        assert dimensions.pop("InstanceId") == "i-1"
        found.setdefault((datum["MetricName"], dimensions.get("Directory", "")), []).append(datum["Value"])
    return found


def test_what_a_server_uses_is_published_by_file_system(disks: Disks) -> None:
    """Each under its directory, and all of them as the server's, whose maximum is the fullest."""
    succeeded(disks.mount())
    data = str(disks.base / "data")
    (disks.base / "data" / "catalog").write_bytes(b"x" * 10 * 2**20)
    for number in range(2000):
        (disks.base / "data" / f"{number}").touch()
    found = published(disks.base)
    for metric, column in (("DiskUsedPercent", "pcent"), ("InodesUsedPercent", "ipcent")):
        shown = subprocess.run(["df", f"--output={column}", data], capture_output=True, text=True, check=True).stdout
        [used] = found[metric, data]
        assert used == float(shown.split()[-1].rstrip("%")) > 45
        assert sorted(found[metric, ""]) == sorted([used, *found[metric, "/"]])
    assert ("VolumesMissing", "") not in found
    assert found["MemoryUsedPercent", ""] == [75]
    assert found["SwapUsedPercent", ""] == [0]
    assert found["LoadAverage5min", ""] == [2.5]


def test_a_volume_that_is_not_mounted_is_not_measured(disks: Disks) -> None:
    """Its directory is a part of the root disk. It is counted."""
    found = published(disks.base)
    assert found["VolumesMissing", ""] == [1]
    assert {directory for _, directory in found} == {"", "/"}


def test_cloud_init_accepts_the_document(tmp_path: Path) -> None:
    """The real program's own check of what it is handed."""
    require("cloud-init")
    script = BootFile(path="/usr/local/sbin/serve", content="#!/bin/sh\nexit 0\n", mode="0755")
    boot = CloudInit(
        packages=("nfs-kernel-server",),
        files=(script,),
        scripts=(script.path,),
        volumes=(BootVolume(volume_id="vol-1", mount_point="/srv/media"),),
    )
    document = tmp_path / "user-data"
    document.write_text(boot.render())
    checked = subprocess.run(
        ["cloud-init", "schema", "--config-file", document], capture_output=True, text=True, timeout=60
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    document.write_text(boot.render().replace('"permissions"', '"mode"'))
    assert subprocess.run(["cloud-init", "schema", "--config-file", document], capture_output=True).returncode != 0


@pytest.mark.parametrize("script", sorted(SERVER_FILES.rglob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_sound(script: Path) -> None:
    """shellcheck finds nothing, and no error goes unnoticed; what is sourced leaves that to who sources it."""
    subprocess.run([Path(sys.prefix) / "bin" / "shellcheck", script], check=True)
    text = script.read_text()
    assert "set -euo pipefail" in text or not text.startswith("#!")
