"""Magento's layer on an instance: what a deployment and a change of configuration leave there, by real programs."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import jmespath  # type: ignore[import-untyped]
import pytest

from tests.servers.beanstalk_instance import BeanstalkInstance, differences, killed_everywhere
from tests.servers.programs import require
from tests.servers.release import MAGENTO, PLATFORM_CONFIG, SHARES, hooks_of, magento_bundle, write

FETCH = "hooks/prebuild/10_fetch_site_configuration.sh"
MOUNT = "hooks/prebuild/20_mount_shares.sh"
LINK = "hooks/predeploy/10_link_shares.sh"
STATICS = "hooks/predeploy/20_place_statics.sh"
ENV_PHP = "<?php return ['cache' => ['id_prefix' => '@RELEASE@_'], 'graphql' => '@RELEASE@'];\n"

# Gives the version of the object that is asked for: aws s3api get-object … --version-id VERSION FILE.
_AWS = """
if [[ $1 == ec2 ]]; then exec cat /run/oldest; fi
while (($# > 1)); do
  case $1 in --version-id) version=$2;; --key) key=$2;; esac
  shift
done
cat "/run/objects/$key/$version" > "$1" && echo '{"VersionId": "…"}'
"""

NewInstance = Callable[..., BeanstalkInstance]


@pytest.fixture
def shares(tmp_path: Path) -> Path:
    """What lies on the file server."""
    for name in SHARES:
        (tmp_path / "shares" / name).mkdir(parents=True)
    return tmp_path / "shares"


@pytest.fixture
def new_instance(tmp_path: Path, shares: Path) -> Iterator[NewInstance]:
    with ExitStack() as instances:

        def add(*, tier: str = "front", env_php: str = ENV_PHP, **properties: str) -> BeanstalkInstance:
            made = instances.enter_context(_instance(tmp_path, shares, MAGENTO_TIER=tier, **properties))
            _store(made, env_php)
            return made

        yield add


def _instance(base: Path, shares: Path, *, instance_id: str | None = None, **properties: str) -> BeanstalkInstance:
    return BeanstalkInstance(
        base,
        properties={**MAGENTO, **properties},
        shares=shares,
        stand_ins={"aws": _AWS},
        instance_id=instance_id,
    )


def _store(instance: BeanstalkInstance, env_php: str, version: str = "v1") -> None:
    instance.write(f"/run/objects/prod/env.php/{version}", env_php)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return magento_bundle(tmp_path / "bundle", "2026-11-25-1")


def run(instance: BeanstalkInstance, bundle: Path, hook: str) -> subprocess.CompletedProcess[str]:
    """One hook of a release that was just unpacked."""
    instance.stage(bundle)
    return instance.hook(hook, check=False)


# env.php


def test_the_release_gets_the_version_of_env_php_that_it_names(new_instance: NewInstance, tmp_path: Path) -> None:
    """An instance that joins later runs with the same configuration, whatever the stack has written since."""
    instance = new_instance()
    _store(instance, "<?php return ['cache' => ['id_prefix' => 'newest'], 'graphql' => ''];\n", "v2")
    release = magento_bundle(tmp_path / "release", "2026-11-25-1", configuration_version="v1")
    instance.deploy(release)
    configured = instance.run("php", "-r", "echo json_encode(include '/var/app/current/app/etc/env.php');").stdout
    prefix = hashlib.sha256(b"2026-11-25-1").hexdigest()[:8]
    assert configured == f'{{"cache":{{"id_prefix":"{prefix}_"}},"graphql":"{prefix}"}}'
    assert instance.owner_and_mode("/var/app/current/app/etc/env.php") == "webapp:webapp 640"
    assert instance.run("ls", "/var/app/current/app/etc").stdout == "env.php\n"
    assert [call[call.index("--bucket") + 1] for call in instance.calls("aws")] == ["configuration"]


def test_env_php_that_does_not_parse_stops_the_deployment(new_instance: NewInstance, bundle: Path) -> None:
    """And the release keeps the one that it has."""
    instance = new_instance(env_php="<?php return ['cache' => ;\n")
    write(bundle / "app/etc/env.php", "before")
    ran = run(instance, bundle, FETCH)
    assert ran.returncode != 0
    assert "s3://configuration/prod/env.php, version v1: not PHP" in ran.stderr
    assert instance.read("/var/app/staging/app/etc/env.php") == "before"


@pytest.mark.parametrize(
    ("release_env", "says"),
    [
        (None, ".platform/release.env: no such file"),
        ("RELEASE=a\n", "no line SITE_CONFIGURATION_VERSION="),
        ("SITE_CONFIGURATION_VERSION=v1\n", "no line RELEASE="),
        ("RELEASE=$(touch /run/executed)\nSITE_CONFIGURATION_VERSION=v1\n", "no line RELEASE="),
    ],
)
def test_a_bundle_that_does_not_say_what_it_is_is_refused(
    new_instance: NewInstance, bundle: Path, release_env: str | None, says: str
) -> None:
    """In one line; what the file holds is never run."""
    instance = new_instance()
    file = bundle / ".platform/release.env"
    file.unlink() if release_env is None else file.write_text(release_env)
    ran = run(instance, bundle, FETCH)
    assert ran.returncode != 0
    assert says in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert not instance.exists("/run/executed")


# Shares


def test_the_shares_are_where_magento_looks(new_instance: NewInstance, bundle: Path, shares: Path) -> None:
    """What one instance writes there is on the file server, for all the others."""
    instance = new_instance()
    instance.deploy(bundle)
    for name, path in SHARES.items():
        instance.run("touch", f"/var/app/current/{path}/written")
        on_the_share = shares / name / ("2026-11-25-1" if path == "pub/static" else "") / "written"
        assert on_the_share.exists()


def test_mounts_come_back_after_a_reboot(new_instance: NewInstance, bundle: Path) -> None:
    """One line a share, which waits for the network and never gives up on a write; deploying again adds none."""
    instance = new_instance()
    instance.deploy(bundle)
    instance.deploy(bundle)
    fstab = instance.read("/etc/fstab")
    assert fstab.startswith("UUID=1 / xfs defaults 0 0\n")
    lines = [line.split() for line in fstab.splitlines() if " nfs4 " in line]
    assert [line[:2] for line in lines] == [
        [f"nfs.internal-client.url:/srv/{name}", f"/mnt/nfs/{name}"] for name in SHARES
    ]
    assert all({"hard", "_netdev", "nofail", "nfsvers=4.2"} <= set(line[3].split(",")) for line in lines)
    assert len(instance.calls("mount")) == len(SHARES)


def test_a_file_server_of_another_name_is_mounted_instead(new_instance: NewInstance, bundle: Path) -> None:
    """By a change of configuration: instances do not go on with the old one."""
    instance = new_instance()
    instance.deploy(bundle)
    instance.configure(bundle, MAGENTO_NFS_SERVER="nfs-2.internal-client.url")
    mounted = [call[4] for call in instance.calls("mount")]
    assert mounted[len(SHARES) :] == [f"nfs-2.internal-client.url:/srv/{name}" for name in SHARES]
    assert "nfs.internal-client.url" not in instance.read("/etc/fstab")


def test_a_server_that_never_answers_ends_the_deployment(new_instance: NewInstance, bundle: Path) -> None:
    """After a quarter of an hour of attempts."""
    instance = new_instance()
    instance.stand_in("mount", "exit 32")
    instance.stand_in("sleep", "")
    ran = run(instance, bundle, MOUNT)
    assert ran.returncode != 0
    assert "nfs.internal-client.url:/srv/client-media: could not be mounted in 180 attempts" in ran.stderr
    assert instance.calls("sleep") == [["5"]] * 179


def test_what_the_release_brings_does_not_hide_what_was_uploaded(
    new_instance: NewInstance, bundle: Path, shares: Path
) -> None:
    """Access rules of a release reach the share once; a file that is there already is never overwritten."""
    (shares / "client-media/logo.png").write_text("uploaded")
    write(bundle / "pub/media/logo.png", "shipped")
    instance = new_instance()
    instance.deploy(bundle)
    assert (shares / "client-media/logo.png").read_text() == "uploaded"
    assert (shares / "client-media/.htaccess").read_text() == "deny\n"
    assert instance.owner_and_mode("/mnt/nfs/client-media/import/.htaccess") == "webapp:webapp 644"
    assert instance.owner_and_mode("/mnt/nfs/client-media/import") == "webapp:webapp 755"


@pytest.mark.parametrize("hook", [LINK, STATICS])
def test_a_release_does_not_go_live_on_an_unmounted_share(new_instance: NewInstance, bundle: Path, hook: str) -> None:
    """Uploads would land on the instance's own disk, and vanish with it."""
    instance = new_instance()
    ran = run(instance, bundle, hook)
    assert ran.returncode != 0
    assert ": not mounted, expected the share of pub/" in ran.stderr
    assert instance.exists("/var/app/staging/pub/media/.htaccess")


@pytest.mark.parametrize("inside", ["pub/media/wysiwyg", "pub/static/frontend"])
def test_a_share_inside_another_is_refused(new_instance: NewInstance, bundle: Path, shares: Path, inside: str) -> None:
    """Its link would be a file of the other share, for all hosts."""
    (shares / "wysiwyg").mkdir()
    instance = new_instance(MAGENTO_NFS_SHARES=f"{MAGENTO['MAGENTO_NFS_SHARES']} /srv/wysiwyg:{inside}")
    instance.stage(bundle)
    instance.hook(MOUNT)
    before = instance.tree()
    ran = instance.hook(LINK, check=False)
    assert ran.returncode != 0
    assert f"MAGENTO_NFS_SHARES: {inside} is inside {inside.rsplit('/', 1)[0]}" in ran.stderr
    assert differences(before, instance.tree()) == {}


def test_a_site_without_shares_keeps_its_directories(new_instance: NewInstance, bundle: Path) -> None:
    instance = new_instance(MAGENTO_NFS_SHARES="", MAGENTO_NFS_SERVER="")
    instance.deploy(bundle)
    assert instance.calls("mount") == []
    assert instance.exists("/var/app/current/pub/media/.htaccess")
    assert instance.read("/var/app/current/pub/static/frontend/app.js") == "the script of 2026-11-25-1\n"


def test_a_share_less_leaves_its_directory_to_the_release(new_instance: NewInstance, bundle: Path) -> None:
    """Taking a share out of the stack's config is all that there is to do."""
    write(bundle / "client/readme", "local")
    fewer = " ".join(f"/srv/{name}:{path}" for name, path in SHARES.items() if path != "client")
    instance = new_instance()
    instance.deploy(bundle)
    instance.configure(bundle, MAGENTO_NFS_SHARES=fewer)
    assert instance.read("/var/app/current/client/readme") == "local"


# Statics


def served(instance: BeanstalkInstance) -> str:
    return instance.read("/var/app/current/pub/static/frontend/app.js")


def releases(shares: Path) -> set[str]:
    """The releases that have statics on the share."""
    return {path.name for path in (shares / "magento-statics").iterdir() if not path.name.startswith(".")}


def go_live(instance: BeanstalkInstance, bundle: Path) -> None:
    """Of a deployment, what concerns statics."""
    instance.stage(bundle)
    instance.hook(MOUNT)
    instance.hook(STATICS)
    instance.flip()


def test_a_host_of_the_old_release_goes_on_serving_its_statics(
    new_instance: NewInstance, tmp_path: Path, shares: Path
) -> None:
    old, new = (magento_bundle(tmp_path / name, name) for name in ("old", "new"))
    running, updated = new_instance(), new_instance()
    for instance in (running, updated):
        go_live(instance, old)
    go_live(updated, new)
    assert served(running) == "the script of old\n"
    assert served(updated) == "the script of new\n"
    assert releases(shares) == {"old", "new"}
    assert running.owner_and_mode("/mnt/nfs/magento-statics/new/frontend/app.js") == "webapp:webapp 644"


def test_statics_are_copied_once(new_instance: NewInstance, bundle: Path, shares: Path) -> None:
    """The next host of the release finds them; what was built there since stays."""
    go_live(new_instance(), bundle)
    (shares / "magento-statics/2026-11-25-1/frontend/app.js").write_text("kept\n")
    second = new_instance()
    go_live(second, bundle)
    assert served(second) == "kept\n"


def test_the_last_three_releases_keep_their_statics(new_instance: NewInstance, tmp_path: Path, shares: Path) -> None:
    """A release that is deployed again counts as new."""
    instance = new_instance()
    for name in ("a", "b", "c", "a", "d"):
        go_live(instance, magento_bundle(tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}", name))
    assert releases(shares) == {"c", "a", "d"}


def test_statics_that_a_host_serves_are_never_removed(new_instance: NewInstance, tmp_path: Path, shares: Path) -> None:
    """However many releases go to other hosts, such as the back office, and end badly there."""
    front, back_office = new_instance(), new_instance(tier="back-office")
    bundles = {name: magento_bundle(tmp_path / name, name) for name in "abcdef"}
    go_live(front, bundles["a"])
    for name in "bcdef":
        go_live(back_office, bundles[name])
    assert releases(shares) == {"a", "d", "e", "f"}
    assert served(front) == "the script of a\n"


def test_a_host_that_is_long_gone_keeps_no_statics(new_instance: NewInstance, tmp_path: Path, shares: Path) -> None:
    """Replaced instances do not say that they are: after 180 days without a deployment they count as gone."""
    bundles = {name: magento_bundle(tmp_path / name, name) for name in "abcde"}
    gone, instance = new_instance(), new_instance()
    go_live(gone, bundles["a"])
    [mark] = (shares / "magento-statics/.hosts").iterdir()
    for name in "bcd":
        go_live(instance, bundles[name])
    assert "a" in releases(shares)
    days = 24 * 60 * 60
    os.utime(mark, (time.time() - 182 * days,) * 2)
    go_live(instance, bundles["e"])
    assert releases(shares) == {"c", "d", "e"}
    assert not mark.exists()


def test_a_release_that_fails_later_leaves_the_running_ones_statics(
    new_instance: NewInstance, tmp_path: Path, shares: Path
) -> None:
    """The host goes on with the release that it runs."""
    instance = new_instance()
    go_live(instance, magento_bundle(tmp_path / "a", "a"))
    for name in "bcdef":
        bundle = magento_bundle(tmp_path / name, name)
        instance.stage(bundle)
        instance.hook(STATICS)
    assert served(instance) == "the script of a\n"
    assert "a" in releases(shares)


def test_two_hosts_at_once_are_safe(new_instance: NewInstance, bundle: Path, shares: Path) -> None:
    """Both serve all files, and nothing is left half-way."""
    for number in range(200):
        write(bundle / f"pub/static/frontend/{number}.js", f"{number}\n" * 100)
    hosts = [new_instance() for _ in range(3)]
    for host in hosts:
        host.stage(bundle)
        host.hook(MOUNT)
    # One of them is killed while it copies: the others must not take its half for all.
    hosts[2].stand_in("cp", '/bin/cp /var/app/staging/pub/static/frontend/1.js "${!#}"; kill -9 $PPID')
    assert hosts[2].hook(STATICS, check=False).returncode != 0
    started = [host.start_hook(STATICS) for host in hosts[:2]]
    assert [process.wait(timeout=60) for process in started] == [0, 0]
    for host in hosts[:2]:
        assert len(host.run("ls", "/var/app/staging/pub/static/frontend/").stdout.split()) == 201
    left = {path.name for path in (shares / "magento-statics").iterdir()}
    assert left == {".hosts", ".lock", ".releases", "2026-11-25-1"}


# Cron


def cron_line(instance: BeanstalkInstance) -> tuple[str, str]:
    """The user and the command of the one job."""
    *_, job = instance.read("/etc/cron.d/magento").splitlines()
    assert job.split()[:5] == ["*"] * 5
    user, command = job.split(maxsplit=6)[5:]
    return user, command


def minute(instance: BeanstalkInstance) -> None:
    """What cron does each minute: the job as its user, without the environment's properties."""
    user, command = cron_line(instance)
    instance.run("env", "-i", "PATH=/usr/local/bin:/usr/bin:/bin", "bash", "-c", command, user=user)


def test_the_back_office_runs_magentos_cron(new_instance: NewInstance, bundle: Path) -> None:
    """As the web server's user, with the environment's properties, and what it says is in a file that is rotated."""
    require("logrotate")
    instance = new_instance(tier="back-office", MAGE_MODE="production", QUOTED="it's $HOME")
    instance.deploy(bundle)
    assert [call[-1] for call in instance.calls("dnf")] == ["cronie"]
    assert instance.calls("systemctl") == [["enable", "--now", "crond.service"]]
    assert instance.owner_and_mode("/etc/cron.d/magento") == "root:root 644"
    assert instance.owner_and_mode("/etc/magento-cron.env") == "root:webapp 640"
    minute(instance)
    assert instance.read("/var/log/magento-cron.log") == "cron:run production\n"
    assert instance.owner_and_mode("/var/log/magento-cron.log") == "webapp:webapp 640"
    assert instance.run("bash", "-c", 'source /etc/magento-cron.env; echo "$QUOTED"').stdout == "it's $HOME\n"
    instance.run("logrotate", "--force", "/etc/logrotate.d/magento-cron")
    minute(instance)
    assert instance.read("/var/log/magento-cron.log") == "cron:run production\n"
    assert instance.read("/var/log/magento-cron.log.1") == "cron:run production\n"


def test_a_job_that_still_runs_is_not_started_twice(new_instance: NewInstance, bundle: Path) -> None:
    """Consumers that it left in the background do not keep the next one from starting."""
    instance = new_instance(tier="back-office")
    write(
        bundle / "bin/magento",
        "<?php echo 'started '; while (!file_exists('/tmp/go-on')) usleep(10000);"
        "exec('sleep 30 > /dev/null 2>&1 & echo $! >> /tmp/consumers'); echo 'ended ';\n",
    )
    instance.deploy(bundle)
    user, command = cron_line(instance)
    first = instance.start("runuser", "-u", user, "--", "bash", "-c", command)
    while instance.read("/var/log/magento-cron.log") != "started ":
        assert first.poll() is None
    minute(instance)
    assert instance.read("/var/log/magento-cron.log") == "started "
    instance.run("touch", "/tmp/go-on")
    assert first.wait(timeout=20) == 0
    minute(instance)
    assert instance.read("/var/log/magento-cron.log") == "started ended started ended "
    instance.run("bash", "-c", "kill $(</tmp/consumers)")


def test_the_marker_stops_cron(new_instance: NewInstance, bundle: Path) -> None:
    """Across deployments, until it is gone: the release tool sets it."""
    instance = new_instance(tier="back-office")
    instance.deploy(bundle)
    instance.run("touch", "/var/app/cron-paused")
    instance.deploy(bundle)
    minute(instance)
    assert instance.read("/var/log/magento-cron.log") == ""
    instance.run("rm", "/var/app/cron-paused")
    minute(instance)
    assert instance.read("/var/log/magento-cron.log") == "cron:run \n"


def test_of_two_back_offices_the_oldest_runs_cron(new_instance: NewInstance, bundle: Path) -> None:
    """The second one is there while a release is deployed. It takes over when the first one is gone."""
    instance = new_instance(tier="back-office", MAGENTO_CRON_ON_OLDEST_OF="client-prod-back-office")
    instance.deploy(bundle)
    # Cron asks as the web server's user.
    instance.run("chmod", "a+w", "/run/calls")
    own = instance.read("/run/instance-id")
    for oldest, ran in (("i-0123456789abcdef0\n", ""), ("None\n", ""), (own, "cron:run \n")):
        instance.write("/run/oldest", oldest)
        minute(instance)
        assert instance.read("/var/log/magento-cron.log") == ran
    asked = [call for call in instance.calls("aws") if call[:2] == ["ec2", "describe-instances"]]
    assert len(asked) == 3
    assert asked[0][2:4] == ["--region", "eu-west-3"]
    assert "Name=tag:elasticbeanstalk:environment-name,Values=client-prod-back-office" in asked[0]
    # AWS does not answer.
    instance.run("rm", "/run/oldest")
    minute(instance)
    assert instance.read("/var/log/magento-cron.log").count("cron:run") == 1


def test_a_package_is_installed_although_another_program_holds_the_lock_of_rpm(
    new_instance: NewInstance, bundle: Path
) -> None:
    """SSM Agent updates itself at the first boot. What no repository has is not tried again."""
    instance = new_instance(tier="back-office")
    instance.stage(bundle)
    instance.stand_in("sleep", "")
    instance.stand_in(
        "dnf",
        """if (($(grep --count ^dnf /run/calls) > 3)); then exit 0; fi
        echo "RPM: error: can't create transaction lock on /var/lib/rpm/.rpm.lock" >&2; exit 1""",
    )
    instance.hook("hooks/prebuild/50_install_cron.sh")
    assert len(instance.calls("dnf")) == 4
    instance.stand_in("dnf", 'echo "Error: Unable to find a match: cronie" >&2; exit 1')
    ran = instance.hook("hooks/prebuild/50_install_cron.sh", check=False)
    assert (ran.returncode, len(instance.calls("dnf"))) == (1, 5)
    assert "cronie: dnf could not install it: Error: Unable to find a match" in ran.stderr


def test_what_an_instance_asks_finds_the_oldest() -> None:
    script = (PLATFORM_CONFIG / "magento/.platform/is_oldest_instance.sh").read_text()
    (query,) = re.findall(r'--query "([^"]+)"', script)
    told = [
        {"Instances": [{"InstanceId": "i-c", "LaunchTime": "2026-11-26T10:00:01+00:00"}]},
        {"Instances": [{"InstanceId": name, "LaunchTime": "2026-11-26T10:00:00+00:00"} for name in ("i-b", "i-a")]},
    ]
    assert jmespath.search(query, {"Reservations": told}) == "i-a"


def test_a_front_host_runs_no_cron(new_instance: NewInstance, bundle: Path) -> None:
    """Two hosts would both send the mails. A host that was a back office loses what it had."""
    instance = new_instance(tier="front")
    instance.deploy(bundle)
    before = instance.tree()
    assert not instance.exists("/etc/cron.d/magento")
    assert instance.calls("dnf") == []
    instance.configure(bundle, MAGENTO_TIER="back-office")
    assert instance.exists("/etc/cron.d/magento")
    instance.configure(bundle, MAGENTO_TIER="front")
    left = [path for path in differences(before, instance.tree()) if "cron" in path.rpartition("/")[2]]
    assert left == ["/etc/cron.d", "/var/log/magento-cron.log"]


# Both kinds of deployment, repeated and killed


@pytest.mark.parametrize("tier", ["front", "back-office"])
def test_a_change_of_configuration_leaves_what_a_release_left(
    new_instance: NewInstance, bundle: Path, tier: str
) -> None:
    """Beanstalk unpacks the bundle again and runs confighooks alone: links, modes, mounts, cron stay."""
    instance = new_instance(tier=tier)
    instance.deploy(bundle)
    before = instance.tree()
    assert before["/var/app/current/pub/media"].endswith("-> /mnt/nfs/client-media")
    instance.configure(bundle)
    assert differences(before, instance.tree()) == {}


def _bring(bundle: Path, hook: str) -> Callable[[BeanstalkInstance], str]:
    """Bring an instance to where a hook is next: all before it have run."""

    def bring(instance: BeanstalkInstance) -> str:
        _store(instance, ENV_PHP)
        instance.stage(bundle)
        for phase in ("prebuild", "predeploy", "postdeploy"):
            for each in instance.hooks("hooks", phase):
                if each == hook:
                    return hook
                instance.hook(each)
            if phase == "predeploy":
                instance.flip()
        raise AssertionError(hook)

    return bring


@pytest.mark.long
@pytest.mark.parametrize("hook", hooks_of("magento"))
def test_a_hook_that_is_killed_does_its_work_when_it_runs_again(tmp_path: Path, bundle: Path, hook: str) -> None:
    """Wherever it was killed: the tree is as after an undisturbed run, and as after two."""

    def instance(name: str) -> BeanstalkInstance:
        shares = tmp_path / name / "shares"
        for share in SHARES:
            (shares / share).mkdir(parents=True)
        return _instance(tmp_path / name, shares, instance_id="i-1", MAGENTO_TIER="back-office")

    with instance("undisturbed") as undisturbed, instance("disturbed") as disturbed:
        assert killed_everywhere(undisturbed, disturbed, _bring(bundle, hook)) == {}


# The database


CHANGES = re.compile(r"setup:(?!db:status)|app:config:import|install_magento|load_copy|scrub_copy")
"""What changes the database, or its configuration."""


@pytest.mark.row(19)
@pytest.mark.parametrize("tier", ["front", "back-office"])
def test_no_hook_changes_the_database(new_instance: NewInstance, bundle: Path, tier: str) -> None:
    """Every instance runs the hooks of each deployment, a new one too, at any time. The release tool changes the
    database, once, in a place that it knows: Magento lets two `setup:upgrade` run at once."""
    write(bundle / "bin/magento", "<?php file_put_contents('/var/app/asked', join(' ', $argv), FILE_APPEND);\n")
    instance = new_instance(tier=tier)
    instance.write("/var/app/asked", "", mode=0o666)
    instance.deploy(bundle)
    instance.configure(bundle, MAGENTO_RUN_CODE="other")
    assert not CHANGES.search(instance.read("/var/app/asked"))


def test_no_hook_names_a_command_that_changes_the_database() -> None:
    """Nor on a branch that the deployments above do not take. Cron's command is among what hooks install."""
    platform = PLATFORM_CONFIG / "magento/.platform"
    scripts = [*platform.glob("hooks/*/*"), *platform.glob("confighooks/*/*"), *platform.glob("*.sh")]
    assert len(scripts) > 10
    assert [path.name for path in scripts if CHANGES.search(path.read_text())] == []
