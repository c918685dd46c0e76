"""Images with packages in them: what ``images/install.sh`` makes, booted for real beside a server without an image."""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.debian_machine import Base, Machine, boot, package
from tests.servers.server_boots import boot_server
from tests.unit.program import ROOT

pytestmark = pytest.mark.long

# What a machine has for itself, and what lists the same things in another order.
OF_ITS_OWN = re.compile(r"etc/(machine-id|ssh/ssh_host_.*|ld\.so\.cache|.*-)")
# cloud-init says when it wrote a file.
DATED = re.compile(rb"# .*cloud-init .*\n")
SECRET = "/var/lib/phpmyadmin/blowfish_secret.inc.php"


@contextmanager
def maker(directory: Path, base: Base, server: str) -> Iterator[Machine]:
    """The machine that becomes an image, with the files that Packer puts there."""
    with boot(directory, (base.root,), keep=True) as machine:
        files = machine.root / "opt/platform"
        for folder in ("boot", server):
            shutil.copytree(ROOT / "components" / "servers" / "server_files" / folder, files / folder)
        for script in ("install.sh", "forget.sh"):
            shutil.copy(ROOT / "images" / script, files / script)
        yield machine


@pytest.fixture(scope="module")
def image(directory: Path, base: Base) -> Callable[[str], tuple[Path, ...]]:
    """The layers of a server's image, made once."""

    @functools.cache
    def made(server: str) -> tuple[Path, ...]:
        with maker(directory, base, server) as machine:
            machine.run("/opt/platform/install.sh", server)
            machine.run("/opt/platform/forget.sh")
            (machine.root / "var/log/fetched").unlink()
            return machine.changes

    return made


@dataclass(frozen=True)
class Outcome:
    """How a machine came up, and what there is then."""

    status: str
    packages: str
    units: str
    running: str
    files: Mapping[str, str]
    secret: str
    fetched: str

    @staticmethod
    def of(machine: Machine) -> Outcome:
        states = ("list-unit-files", "--state=enabled,disabled,masked", "--no-legend", "--no-pager")
        running = (
            "list-units",
            "--type=service,socket,timer",
            # Not what has ended: systemd has two that run once an update of Debian.
            "--state=running,listening,waiting",
            "--no-legend",
            "--plain",
            "--no-pager",
        )
        return Outcome(
            status=machine.read("/var/lib/boot-platform/status").split("\t")[0],
            packages=machine.run("dpkg-query", "--show", "--showformat=${Package} ${Version} ${db:Status-Status}\\n"),
            units=machine.run("systemctl", *states),
            # A timer whose service is at work at this moment runs; otherwise it waits.
            running=re.sub(r"(\.timer .*active) running", r"\1 waiting", machine.run("systemctl", *running)),
            files=_files(machine.root),
            secret=machine.read(SECRET),
            fetched=machine.read("/var/log/fetched"),
        )


def _files(root: Path) -> dict[str, str]:
    """Digests of all configuration and of everything that is ours."""
    return {
        name: hashlib.sha256(DATED.sub(b"", path.read_bytes())).hexdigest() if path.is_file() else "link"
        for part in ("etc", "usr/local")
        for path in (root / part).rglob("*")
        if path.is_symlink() or path.is_file()
        if not OF_ITS_OWN.fullmatch(name := str(path.relative_to(root)))
    }


@pytest.fixture(scope="module", params=["gateway", "phpmyadmin"])
def outcomes(
    request: pytest.FixtureRequest, directory: Path, base: Base, image: Callable[[str], tuple[Path, ...]]
) -> tuple[str, Outcome, Outcome, Outcome]:
    """A server, as it comes up without an image and twice with one, then without anything to install from."""
    server: str = request.param
    plain, seconds_of_plain = came_up(directory, (base.root,), server)
    layers = image(server)
    with base.without_packages():
        baked, seconds = came_up(directory, layers, server)
        again, _ = came_up(directory, layers, server)
    # images/README.md has these figures.
    print(f"{server}: ready after {seconds_of_plain:.1f} s, and with an image after {seconds:.1f} s")
    return server, plain, baked, again


def came_up(directory: Path, layers: tuple[Path, ...], server: str) -> tuple[Outcome, float]:
    """A server that has booted, and the seconds that it took."""
    started = time.monotonic()
    with boot_server(directory, layers, server) as machine:
        seconds = time.monotonic() - started
        return Outcome.of(machine), seconds


def test_a_server_comes_up_with_an_image_and_without(outcomes: tuple[str, Outcome, Outcome, Outcome]) -> None:
    """With one, where there is nothing to install from."""
    assert [each.status for each in outcomes[1:]] == ["ready"] * 3


def test_nothing_but_time_tells_a_server_with_an_image(outcomes: tuple[str, Outcome, Outcome, Outcome]) -> None:
    """The same packages, configuration, units that start, and units that run."""
    _, plain, baked, _ = outcomes
    assert baked.packages == plain.packages
    assert {name for name, _ in baked.files.items() ^ plain.files.items()} == set()
    assert baked.units == plain.units
    assert baked.running == plain.running


def test_an_image_has_the_agent_and_fetches_it_no_more(outcomes: tuple[str, Outcome, Outcome, Outcome]) -> None:
    _, plain, baked, _ = outcomes
    assert "amazon-ssm-agent.deb" in plain.fetched
    assert "amazon-ssm-agent.deb" not in baked.fetched


def test_no_two_servers_of_an_image_have_the_same_secret(outcomes: tuple[str, Outcome, Outcome, Outcome]) -> None:
    """What encrypts phpMyAdmin's cookies, of the length that its cipher needs; the other servers have none."""
    server, *came_up = outcomes
    secrets = {each.secret for each in came_up}
    assert len(secrets) == (3 if server == "phpmyadmin" else 1)
    assert all(len(each.partition(" = '")[2].partition("';\n")[0]) == 32 for each in secrets if each)


def test_the_gateway_serves_its_own_configuration(directory: Path, image: Callable[[str], tuple[Path, ...]]) -> None:
    """Debian's is what HAProxy would read if it ran before the boot had written ours."""
    with boot_server(directory, image("gateway"), "gateway") as machine:
        assert "/etc/haproxy/gateway.cfg" in machine.run("pgrep", "--full", "--list-full", "haproxy -Ws")
        assert ":3389" in machine.run("ss", "--listening", "--numeric", "--tcp")


def test_rundecks_program_is_there_whatever_volume_is_mounted_over_it(directory: Path, base: Base) -> None:
    """Rundeck's package puts it where the data is: a blank volume hides it, and one from an earlier server has another
    version's. Without a network, from what the image keeps, and only when it has to be."""
    war = "var/lib/rundeck/bootstrap/rundeck-{}.war"
    for version in ("5.1", "5.2"):
        package(directory / f"rundeck_{version}.deb", "rundeck", version, {war.format(version): f"program {version}"})
    package(directory / "rundeck-cli.deb", "rundeck-cli", "2.0", {"usr/bin/rd": ""})
    base.offer(directory.glob("rundeck*.deb"))
    gpg = "#!/bin/sh\necho pub:\necho fpr:::::::::0DDD2FA79B15D736ECEA32B89B5206167C5C34C0:\n"
    source = "Types: deb\nURIs: file:/srv/repository\nSuites: ./\nTrusted: yes\n"
    volume, installed = "/var/lib/rundeck", "/opt/platform/rundeck/install_rundeck.sh"
    with maker(directory, base, "rundeck") as machine:
        for path, content in (
            ("usr/local/bin/gpg", gpg),
            ("opt/platform/rundeck/rundeck.sources", source),
            # Java and Ansible are large, and no part of this.
            ("opt/platform/rundeck/packages.txt", "curl\n"),
        ):
            (machine.root / path).parent.mkdir(parents=True, exist_ok=True)
            (machine.root / path).write_text(content)
        (machine.root / "usr/local/bin/gpg").chmod(0o755)
        machine.run("env", "RUNDECK_VERSION=5.1*", "/opt/platform/install.sh", "rundeck")
        assert machine.read(war.format("5.1")) == "program 5.1"

        boots = ("env", "RUNDECK_ENVIRONMENT=/dev/null", "RUNDECK_VERSION=5.*", "bash", installed)
        machine.run("mv", "/srv/repository", "/srv/repository.away")
        machine.run("mount", "-t", "tmpfs", "tmpfs", volume)
        machine.run(*boots)
        assert machine.run("cat", f"/{war.format('5.1')}") == "program 5.1"

        machine.run("sh", "-c", f"mv /{war.format('5.1')} /{war.format('5.0')}")
        machine.run(*boots)
        assert machine.run("ls", f"{volume}/bootstrap").split() == ["rundeck-5.1.war"]
        assert "Setting up rundeck" not in machine.run(*boots)

        machine.run("mv", "/srv/repository.away", "/srv/repository")
        machine.run(
            "env",
            "RUNDECK_ENVIRONMENT=/dev/null",
            "RUNDECK_SOURCES=/opt/platform/rundeck/rundeck.sources",
            "RUNDECK_VERSION=5.2*",
            "bash",
            installed,
        )
        assert machine.run("ls", f"{volume}/bootstrap").split() == ["rundeck-5.2.war"]
