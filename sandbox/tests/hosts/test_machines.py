"""Machines themselves: how they start and end, and what commands on them see."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.hosts.host import Host
from sandbox.hosts.machine import Machine, MachineArgs, MachineError, sweep
from sandbox.hosts.root_image import RootImage

REPOSITORY = Path(__file__).parents[3]
MADE_BY_ANOTHER_PROCESS = """
import sys
from pathlib import Path
from sandbox.hosts.machine import Machine, MachineArgs
from sandbox.hosts.root_image import RootImage

directory, namespace, *layers = sys.argv[1:]
image = RootImage(layers=tuple(map(Path, layers)))
machine = Machine(MachineArgs(name="killed", directory=Path(directory), image=image, network_namespace=namespace))
machine.start()
print(machine.run(["systemctl", "start", "nginx", "--no-block"]).return_code, flush=True)
sys.stdin.read()
"""


def test_a_command_gives_its_exit_code_and_what_it_said(host: Host) -> None:
    """As AWS-RunShellScript: one script, the last command's code, no properties of the environment and no HOME. The
    first line may name an interpreter."""
    ran = host.run(["cd /etc", "echo $PWD ${HOME-nowhere} $AWS_DEFAULT_REGION", "echo bad >&2", "exit 7"])
    assert (ran.return_code, ran.standard_output, ran.standard_error) == (7, "/etc nowhere eu-west-3\n", "bad\n")
    assert host.run(["false", "true"]).return_code == 0
    assert host.run(["pwd"], working_directory="/var/log").standard_output == "/var/log\n"
    assert host.run(["kill -TERM $$"]).return_code == 128 + signal.SIGTERM
    assert host.run(["#!/usr/bin/env bash", "set -o pipefail", "false | true"]).return_code == 1


def test_a_command_is_ended_when_its_time_is_up(host: Host) -> None:
    ran = host.run(["echo before", "setsid sleep 1234 &", "sleep 1234"], timeout_seconds=1)
    assert (ran.return_code, ran.standard_output) == (124, "before\n")
    assert host.run(["pgrep --full 'sleep 1234' | grep -v $$"]).standard_output == ""


def test_a_command_may_leave_a_program_behind(host: Host) -> None:
    """Nothing waits for it, although it holds the command's output."""
    assert host.run(["sleep 5678 &", "echo done"]).standard_output == "done\n"
    assert host.machine.run(["pkill", "--full", "sleep 5678"]).return_code == 0


def test_a_session_is_a_shell_of_ssm_user_who_may_become_root(host: Host) -> None:
    """As Systems Manager's agent opens it. The host has sudo, as Amazon Linux has."""
    ours, theirs = socket.socketpair()
    shell = host.open_shell()
    relaying = threading.Thread(target=shell.relay, args=(theirs,))
    relaying.start()
    with ours:
        ours.sendall(b"id --user --name; sudo id --user --name; pwd; echo $AWS_DEFAULT_REGION; exit\n")
        relaying.join(timeout=30)
        theirs.close()
        shell.close()
        shown = b"".join(iter(lambda: ours.recv(4096), b"")).decode()
    # The terminal shows what was typed too, and the shell its prompts.
    lines = (line.removeprefix("$ ") for line in shown.split("\r\n"))
    assert [line for line in lines if line and "exit" not in line] == [
        "ssm-user",
        "root",
        "/usr/bin",
        "eu-west-3",
    ]


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ("rpm --query --quiet nginx", 0, ""),
        ("rpm -q stunnel", 1, "package stunnel is not installed\n"),
        ("dnf install --assumeyes --quiet stunnel && rpm -q stunnel", 0, "stunnel\n"),
        ("dnf install -y -q php8.4-sodium php8.4-mysqlnd php8.4-opcache", 0, ""),
        ("dnf install -y php8.4-imagick 2>&1", 1, "No match for argument: php8.4-imagick\n"),
    ],
)
def test_rpm_and_dnf_answer_for_amazon_linux_s_names(host: Host, asked: str, code: int, said: str) -> None:
    ran = host.run([asked])
    assert (ran.return_code, ran.standard_output[: len(said) or None]) == (code, said)


def test_services_are_real(host: Host) -> None:
    """cron as hooks start it, with the host's variables for its jobs, and the journal that they log to."""
    assert host.run(["systemctl enable --now crond.service", "systemctl is-active crond"]).standard_output == "active\n"
    host.run(["logger -t job said"])
    assert "job" in host.run(["journalctl --sync; journalctl --identifier job"]).standard_output
    assert "AWS_ENDPOINT_URL" in (host.machine.read("/etc/environment") or "")


def test_the_log_tail_has_the_files_that_an_application_names(host: Host) -> None:
    host.machine.write("/opt/elasticbeanstalk/tasks/taillogs.d/own.conf", "/var/log/own/*.log\n")
    host.machine.write("/var/log/own/a.log", "first\nsecond\nthird\n")
    assert f"{'-' * 40}\n/var/log/own/a.log\n{'-' * 40}\nsecond\nthird\n" in host.log(lines=2)


def test_a_machine_is_what_its_maker_says(machine_args: Callable[[str], MachineArgs], tmp_path: Path) -> None:
    authority = tmp_path / "authority.crt"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=authority"]
    files = ["-keyout", str(tmp_path / "private"), "-out", str(authority)]
    subprocess.run([*made, *files], check=True, capture_output=True)
    base = machine_args("i-trusting")
    machine = Machine(
        MachineArgs(
            name=base.name,
            directory=base.directory,
            image=base.image,
            network_namespace=base.network_namespace,
            certificate_authority=authority,
            hosts="127.0.0.1 localhost database\n",
            binds={"/run/shared": tmp_path},
            memory_mib=4096,
        )
    )
    try:
        machine.start()
        verified = machine.run(["openssl", "verify", "-CApath", "/etc/ssl/certs", "/run/shared/authority.crt"])
        assert verified.return_code == 0, verified.standard_error
        memory = machine.run(["awk", "/^MemTotal:/ { print $2 / 1024 }", "/proc/meminfo"])
        assert memory.standard_output == "4096\n"
        assert "database" in machine.run(["getent", "hosts", "database"]).standard_output
        # Alone: PHP reads the whole bundle for each connection with TLS.
        assert machine.read("/etc/ssl/certs/ca-certificates.crt") == authority.read_text()
    finally:
        machine.stop()
    assert not base.directory.exists()
    with pytest.raises(MachineError, match="does not run"):
        machine.run(["true"])


def test_a_machine_without_its_network_says_so(machine_args: Callable[[str], MachineArgs]) -> None:
    base = machine_args("i-offline")
    machine = Machine(
        MachineArgs(name=base.name, directory=base.directory, image=base.image, network_namespace="does-not-exist")
    )
    with pytest.raises(MachineError, match=r"^i-offline: .*does-not-exist"):
        machine.start()
    assert not base.directory.exists()


def test_machines_end_with_the_process_that_made_them(image: RootImage, network_namespace: str, tmp_path: Path) -> None:
    """Also when it is killed: no process of theirs lives on, nothing stays mounted."""
    directory = tmp_path / "killed"
    maker = subprocess.Popen(
        [sys.executable, "-c", MADE_BY_ANOTHER_PROCESS, str(directory), network_namespace, *map(str, image.layers)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert maker.stdout is not None
    assert maker.stdout.readline() == "0\n"
    assert str(directory) in Path("/proc/mounts").read_text()

    maker.kill()
    maker.wait()

    deadline = time.monotonic() + 30
    while directory.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not directory.exists()
    assert str(directory) not in Path("/proc/mounts").read_text()
    assert not list(Path("/sys/fs/cgroup").glob(f"*/{Machine(_args(directory, image)).group.name}"))


def test_what_was_left_is_swept(machine_args: Callable[[str], MachineArgs]) -> None:
    args = machine_args("i-left")
    machine = Machine(args)
    machine.start()
    assert sweep(args.directory.parent) == ["i-left"]
    assert not machine.running
    assert sweep(args.directory.parent) == []


def _args(directory: Path, image: RootImage) -> MachineArgs:
    return MachineArgs(name="killed", directory=directory, image=image, network_namespace="none")
