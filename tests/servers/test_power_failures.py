"""Servers whose power fails while they boot for the first time, or as soon as they are ready, and come back.

Their system disk is an ext4 file system, as on Debian's image. Half a minute may pass before such a one writes what is
in a new file, and its name may be there before that: then the file is empty after a power failure. cloud-init writes
the files of user data at the first boot only.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from settings.server_size import ServerSizeSettings
from tests.servers.debian_machine import Base, Machine, boot
from tests.servers.loop_devices import require_loop_devices
from tests.servers.server_boots import BOOTS, CONFIGURATIONS, boot_server
from tests.servers.test_first_boot import SERVICES, STATUS
from tests.servers.test_images import Outcome
from tests.servers.test_outages import Volume

pytestmark = pytest.mark.long

SECRET = "/var/lib/phpmyadmin/blowfish_secret.inc.php"
# All of ours, and what packages configure.
CONFIGURATION = ("etc", "usr/local", "var/lib/boot-platform", "var/lib/cloud/scripts", "var/lib/phpmyadmin")
# Systemd's and the packages' own, which each boot makes anew; and the mark that AWS has not taken the status yet.
OF_EACH_BOOT = (
    "etc/.updated",
    "etc/resolv.conf",
    "var/lib/boot-platform/configuration/lock",
    "var/lib/boot-platform/status.untold",
)


class PoweredServer:
    """A server with a system disk of its own, whose power may fail."""

    def __init__(self, directory: Path, base: Base, server: str) -> None:
        self._directory, self._base, self._server = directory, base, server
        self._disk = Volume(directory, "/", mib=1024)

    @contextmanager
    def booted(self, until: Callable[[Machine], bool] | None = None) -> Iterator[Machine]:
        """One boot, to its end or to a moment of it. At the end of the block, the power fails."""
        user_data, configuration = BOOTS[self._server].render(), CONFIGURATIONS.get(self._server)
        with self._disk.mounted() as disk:
            booting = boot(
                self._directory, (self._base.root,), user_data, configuration, disk=disk, until=until, seconds=900
            )
            with booting as machine:
                yield machine
                # The worst case: another program waits for a file of its own. With it, the names of all files are on
                # the disk, but not yet what is in those that were just written.
                with (disk / "other").open("wb") as other:
                    other.write(b"0")
                    os.fsync(other.fileno())
                self._disk.cut()

    def configuration(self, disk: Path) -> dict[str, bytes]:
        """What its disk has of the server's configuration, by the files' paths."""
        changes = disk / "changes"
        return {
            name: path.read_bytes()
            for part in CONFIGURATION
            for path in (changes / part).rglob("*")
            if path.is_file() and not path.is_symlink()
            if (name := str(path.relative_to(changes))) not in OF_EACH_BOOT
        }

    @property
    def on_the_disk(self) -> dict[str, bytes]:
        """The configuration after the power failure."""
        with self._disk.mounted() as disk:
            return self.configuration(disk)


@pytest.fixture
def server(directory: Path, debian: Callable[[str], Base], tmp_path: Path) -> Callable[..., PoweredServer]:
    require_loop_devices(tmp_path)

    def make(name: str, release: str = ServerSizeSettings.releases[0]) -> PoweredServer:
        place = directory / tmp_path.name
        place.mkdir()
        return PoweredServer(place, debian(release), name)

    return make


@pytest.fixture(scope="module")
def undisturbed(directory: Path, debian: Callable[[str], Base]) -> Callable[[str, str], Outcome]:
    """How a server, on a release of Debian, comes up if its power does not fail."""

    @functools.cache
    def outcome(name: str, release: str) -> Outcome:
        with boot_server(directory, (debian(release).root,), name) as machine:
            return Outcome.of(machine)

    return outcome


def has_status(status: str) -> Callable[[Machine], bool]:
    return lambda machine: machine.read(STATUS).startswith(f"{status}\t")


def has_file(path: str) -> Callable[[Machine], bool]:
    return lambda machine: machine.read(path) != ""


def runs(script: str) -> Callable[[Machine], bool]:
    return lambda machine: f" {script}\n" in machine.read("/var/log/boot-platform.log")


def cloud_init_has_written(machine: Machine) -> bool:
    """And says so in its records, by which it never does again."""
    return any((machine.root / "var/lib/cloud/instances").glob("*/sem/config_write_files*"))


def of_user_data(server: str) -> Mapping[str, str]:
    document = json.loads(BOOTS[server].render().removeprefix("#cloud-config\n"))
    return {file["path"]: file["content"] for file in document["write_files"]}


@pytest.mark.parametrize("name", ["gateway", "openvpn"])
def test_a_server_that_is_ready_has_its_configuration_on_the_disk(
    server: Callable[..., PoweredServer], name: str
) -> None:
    """All that it has configured is there, whatever happens next. So it comes up again."""
    powered = server(name)
    with powered.booted(until=has_status("ready")) as machine:
        before = powered.configuration(machine.changes[0].parent)
    after = powered.on_the_disk
    assert {path for path, content in before.items() if after.get(path) != content} == set()
    assert len(before) > len(of_user_data(name))
    with powered.booted() as machine:
        assert machine.read(STATUS).startswith("ready\t"), machine.read("/var/log/boot-platform.log")
        assert machine.run("systemctl", "is-active", SERVICES[name]) == "active\n"


@pytest.mark.parametrize(
    ("name", "release", "moment"),
    [
        pytest.param("gateway", "13", cloud_init_has_written, id="when cloud-init has written"),
        pytest.param("gateway", "12", cloud_init_has_written, id="when cloud-init of Debian 12 has written"),
        pytest.param("gateway", "13", runs("/usr/local/sbin/apply-configuration"), id="before the first script"),
        pytest.param("phpmyadmin", "13", has_file("/var/lib/dpkg/info/nginx.list"), id="while packages are unpacked"),
        pytest.param("phpmyadmin", "12", has_file("/var/lib/dpkg/info/nginx.list"), id="and those of Debian 12"),
        pytest.param("phpmyadmin", "13", has_file(SECRET), id="while packages are configured"),
    ],
)
def test_the_next_boot_makes_whole_what_a_power_failure_has_cut_off(
    server: Callable[..., PoweredServer],
    undisturbed: Callable[[str, str], Outcome],
    name: str,
    release: str,
    moment: Callable[[Machine], bool],
) -> None:
    """Then all that packages configure is as on a server whose power did not fail. cloud-init itself may not have made
    its own user before."""
    powered = server(name, release)
    with powered.booted(until=moment):
        pass
    with powered.booted() as machine:
        assert machine.read(STATUS).startswith("ready\t"), machine.read("/var/log/boot-platform.log") + machine.console
        assert machine.run("systemctl", "is-active", SERVICES[name]) == "active\n"
        assert {path for path, content in of_user_data(name).items() if machine.read(path) != content} == set()
        # What phpMyAdmin's package made up, of the length that its cipher needs.
        if name == "phpmyadmin":
            assert len(machine.read(SECRET).partition(" = '")[2].partition("';\n")[0]) == 32
            expected, came_up = undisturbed(name, release), Outcome.of(machine)
            # Not the same ones: what was unpacked may take the place of an empty package that only depends on it.
            assert [each for each in came_up.packages.splitlines() if not each.endswith(" installed")] == []
            assert came_up.units == expected.units
            changed = {path for path, _ in came_up.files.items() ^ expected.files.items()}
            assert changed - set(OF_EACH_BOOT) == set()
