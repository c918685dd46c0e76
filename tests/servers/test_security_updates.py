"""What installs itself on a booted server, as the real unattended-upgrades says of newer packages that are offered."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest

from components.servers import server_files
from components.servers.cloud_init import BootFile, CloudInit
from tests.servers.debian_machine import RELEASES, Base, Machine, boot, package

pytestmark = pytest.mark.long
RUNDECK = (
    BootFile(path="/etc/apt/apt.conf.d/53rundeck-updates", content=server_files.read("rundeck/rundeck.updates.conf")),
    BootFile(
        path="/etc/apt/preferences.d/rundeck",
        content=server_files.render("rundeck/rundeck.preferences.j2", version="5.*"),
    ),
)


def offer(repository: Path, packages: list[tuple[str, str]], **release: str) -> None:
    """A repository with these packages, which says of itself what ``release`` has."""
    repository.mkdir()
    for name, version in packages:
        package(repository / f"{name}_{version}.deb", name, version, {f"usr/share/{name}": version})
    listed = subprocess.run(
        ["dpkg-scanpackages", "--multiversion", "."], cwd=repository, check=True, capture_output=True
    ).stdout
    (repository / "Packages").write_bytes(listed)
    fields = "".join(f"{name}: {value}\n" for name, value in release.items())
    digest = f"SHA256:\n {hashlib.sha256(listed).hexdigest()} {len(listed)} Packages\n"
    (repository / "Release").write_text(f"{fields}Date: {formatdate(usegmt=True)}\n{digest}")


@pytest.fixture(params=["12", "13"])
def machine(request: pytest.FixtureRequest, directory: Path, debian: Callable[[str], Base]) -> Iterator[Machine]:
    """Old packages, and newer ones in Debian's repositories, in Rundeck's and in one of somebody else's."""
    release: str = request.param
    user_data = replace(CloudInit(files=RUNDECK), updates_at="02:45").render()
    with boot(directory, (debian(release).root,), user_data) as machine:
        codename = RELEASES[release]
        old = [(name, "1.0") for name in ("of-debian", "of-security", "of-others")]
        offer(machine.root / "srv/old", [*old, ("rundeck", "5.1")])
        machine.run("sh", "-c", "dpkg --install /srv/old/*.deb")
        offer(machine.root / "srv/debian", [("of-debian", "1.1")], Origin="Debian", Label="Debian", Codename=codename)
        security = {"Origin": "Debian", "Label": "Debian-Security", "Codename": f"{codename}-security"}
        offer(machine.root / "srv/security", [("of-security", "1.1")], **security)
        offer(machine.root / "srv/others", [("of-others", "1.1")], Origin="Others", Label="Others", Codename=codename)
        offer(machine.root / "srv/rundeck", [("rundeck", "5.2"), ("rundeck", "6.0")], Origin="packages", Codename="any")
        sources = [f"deb [trusted=yes] file:/srv/{each} ./\n" for each in ("debian", "security", "others")]
        sources.append("deb [trusted=yes] http://packages.rundeck.com/ ./\n")
        (machine.root / "etc/apt/sources.list.d/updates.list").write_text("".join(sources))
        (machine.root / "etc/hosts").write_text("127.0.0.1 localhost packages.rundeck.com\n")
        server = ("python3", "-m", "http.server", "--directory", "/srv/rundeck", "80")
        machine.run("systemd-run", "--unit=repository", *server)
        machine.run("bash", "-c", "until (exec 3<>/dev/tcp/127.0.0.1/80) 2>/dev/null; do sleep 0.2; done")
        machine.run("apt-get", "update", "--error-on=any")
        yield machine


def test_security_updates_install_themselves(machine: Machine) -> None:
    """Debian's, those of its point releases, and Rundeck's of the stack file's version. Nobody else's."""
    said = machine.run("unattended-upgrade", "--dry-run", "--debug")
    [upgraded] = re.findall(r"^Packages that will be upgraded: (.*)$", said, re.MULTILINE)
    assert upgraded.split() == ["of-debian", "of-security", "rundeck"], said
    assert "6.0" not in said


def test_they_are_installed_at_the_time_of_the_stack_file(machine: Machine) -> None:
    """And the server restarts then, if one needs it."""
    shown = machine.run("systemctl", "show", "--property=TimersCalendar,RandomizedDelayUSec", "apt-daily-upgrade.timer")
    assert re.findall(r"OnCalendar=([^;]*) ;", shown) == ["*-*-* 02:45:00 UTC"]
    assert "RandomizedDelayUSec=0" in shown
    assert machine.run("systemctl", "is-active", "apt-daily-upgrade.timer") == "active\n"
    told = machine.run("apt-config", "dump")
    for setting in (
        'APT::Periodic::Unattended-Upgrade "1"',
        'Unattended-Upgrade::Automatic-Reboot "true"',
        'Unattended-Upgrade::Automatic-Reboot-Time "now"',
    ):
        assert setting in told
