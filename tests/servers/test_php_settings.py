"""Rows 1 and 6: the PHP of Magento's and satellites' instances: extensions, OPcache, and workers as memory allows."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.servers.beanstalk_instance import BeanstalkInstance, killed_everywhere
from tests.servers.programs import not_installed, unavailable
from tests.servers.release import magento_bundle, satellite_bundle, write
from tests.servers.web_servers import nginx

CHECK, TUNE = "hooks/prebuild/30_check_php_extensions.sh", "hooks/prebuild/40_tune_php.sh"
EXTENSIONS = (
    *("bcmath", "ctype", "curl", "dom", "fileinfo", "ftp", "gd", "iconv", "intl", "mbstring", "openssl", "pdo_mysql"),
    *("posix", "SimpleXML", "soap", "sockets", "sodium", "tokenizer", "xmlwriter", "xsl", "Zend OPcache", "zip"),
)
MIB_OF_C7G_XLARGE, MIB_OF_C7G_LARGE, MIB_OF_T4G_SMALL = 7800, 3780, 1850
"""What Linux says is there of 8, 4 and 2 GiB, about."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[BeanstalkInstance]:
    """An instance with a release of Magento that is about to be deployed."""
    with BeanstalkInstance(tmp_path, properties={}) as instance:
        instance.stage(magento_bundle(tmp_path / "bundle", "r1"))
        yield instance


def php_with(shop: BeanstalkInstance, *missing: str, packages: Mapping[str, tuple[str, ...]] | None = None) -> None:
    """A PHP 8.4 without some extensions, and a dnf that has some packages with extensions."""
    shop.write("/run/loaded", "".join(f"{name}\n" for name in EXTENSIONS if name not in missing))
    shop.stand_in("php", "if [[ $1 == -m ]]; then cat /run/loaded; else echo -n 8.4; fi")
    cases = "".join(
        f"{package}) printf '%s\\n' {' '.join(extensions)} >>/run/loaded ;; "
        for package, extensions in (packages or {}).items()
    )
    unknown = 'echo "Error: Unable to find a match: ${*: -1}" >&2; exit 1'
    shop.stand_in("dnf", f"case ${{*: -1}} in {cases} *) {unknown} ;; esac")


def test_real_php_has_the_extensions_by_these_names(shop: BeanstalkInstance) -> None:
    require_extensions()
    shop.hook(CHECK)
    assert shop.calls("dnf") == []


def test_missing_extensions_are_installed_by_the_name_of_their_package(shop: BeanstalkInstance) -> None:
    """Two of one package at once. The names are those of Amazon Linux 2023."""
    packages = {"php8.4-xml": ("SimpleXML", "xsl"), "php8.4-mysqlnd": ("pdo_mysql",), "php8.4-sodium": ("sodium",)}
    packages["php8.4-process"] = ("posix",)
    php_with(shop, "SimpleXML", "xsl", "pdo_mysql", "posix", "sodium", packages=packages)
    shop.hook(CHECK)
    options = ["install", "--assumeyes", "--quiet"]
    assert shop.calls("dnf") == [[*options, package] for package in sorted(packages)]


def test_the_deploy_fails_and_names_what_cannot_be_installed(shop: BeanstalkInstance) -> None:
    """What can be is installed all the same."""
    php_with(shop, "bcmath", "soap", "zip", packages={"php8.4-soap": ("soap",)})
    result = shop.hook(CHECK, check=False)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("PHP 8.4: got no extension bcmath, zip, expected all")


def require_extensions() -> None:
    loaded = subprocess.run(["php", "-m"], capture_output=True, text=True).stdout.splitlines()
    if missing := [name for name in EXTENSIONS if name not in loaded]:
        unavailable(not_installed(*(f"PHP's {name}" for name in missing)))


def has_memory(shop: BeanstalkInstance, mib: int) -> None:
    """Let the instance have this much memory."""
    shop.write("/run/meminfo", f"MemTotal:       {mib * 1024} kB\nMemFree:        1 kB\n")
    shop.run("/bin/mount", "--bind", "/run/meminfo", "/proc/meminfo")


def tuned(shop: BeanstalkInstance, mib: int, tier: str = "front") -> dict[str, str]:
    """What the hook sets in php-fpm's pool on an instance with this much memory."""
    has_memory(shop, mib)
    shop.properties["MAGENTO_TIER"] = tier
    shop.hook(TUNE)
    return pool_of(shop, "zz-magento.conf")


def pool_of(instance: BeanstalkInstance, file: str) -> dict[str, str]:
    lines = instance.read(f"/etc/php-fpm.d/{file}").splitlines()
    return dict(line.split(" = ") for line in lines if " = " in line)


def test_the_pool_has_as_many_workers_as_the_memory_allows(shop: BeanstalkInstance) -> None:
    """The back office leaves memory for cron. On 4 GiB there are four, so that the health check finds a free one."""
    found = {
        (mib, tier): int(tuned(shop, mib, tier)["pm.max_children"])
        for mib in (MIB_OF_C7G_LARGE, MIB_OF_C7G_XLARGE, 15600, 31500)
        for tier in ("front", "back-office")
    }
    assert found == {
        (MIB_OF_C7G_LARGE, "front"): 4,
        (MIB_OF_C7G_LARGE, "back-office"): 4,
        (MIB_OF_C7G_XLARGE, "front"): 6,
        (MIB_OF_C7G_XLARGE, "back-office"): 4,
        (15600, "front"): 13,
        (15600, "back-office"): 11,
        (31500, "front"): 29,
        (31500, "back-office"): 27,
    }


@pytest.mark.parametrize(("tier", "command_mib"), [("front", 0), ("back-office", 2048)])
def test_all_workers_at_their_limit_fit_into_the_memory(shop: BeanstalkInstance, tier: str, command_mib: int) -> None:
    """With OPcache, 768 MiB for the system, and a command of cron at its limit. Else the kernel ends one of them."""
    for mib in range(MIB_OF_C7G_XLARGE, 65000, 9111):
        pool = tuned(shop, mib, tier)
        limit = int(pool["php_admin_value[memory_limit]"].removesuffix("M"))
        used = int(pool["pm.max_children"]) * limit + 512 + 768 + command_mib
        assert used <= mib < used + limit


def test_tuning_is_safe_when_killed_and_when_repeated(tmp_path: Path) -> None:
    bundle = magento_bundle(tmp_path / "bundle", "r1")

    def bring(instance: BeanstalkInstance) -> str:
        instance.stage(bundle)
        return TUNE

    with (
        BeanstalkInstance(tmp_path, properties={}, instance_id="i-1") as undisturbed,
        BeanstalkInstance(tmp_path, properties={}, instance_id="i-1") as disturbed,
    ):
        assert killed_everywhere(undisturbed, disturbed, bring) == {}


@pytest.fixture
def satellite(tmp_path: Path) -> Iterator[BeanstalkInstance]:
    """An instance with a release of Akeneo PIM that is about to be deployed."""
    with BeanstalkInstance(tmp_path, properties={}) as instance:
        instance.stage(satellite_bundle(tmp_path / "bundle", "pim"))
        yield instance


@pytest.mark.parametrize(
    ("mib", "cron", "workers", "limit"),
    [
        (MIB_OF_T4G_SMALL, "", "4", "512M"),
        (MIB_OF_C7G_LARGE, "", "5", "512M"),
        (MIB_OF_C7G_LARGE, "eA==", "4", "512M"),
        (MIB_OF_C7G_XLARGE, "", "6", "1024M"),
        (MIB_OF_C7G_XLARGE, "eA==", "4", "1024M"),
        (31500, "eA==", "27", "1024M"),
    ],
)
def test_a_satellites_pool_fits_into_its_memory(
    satellite: BeanstalkInstance, mib: int, cron: str, workers: str, limit: str
) -> None:
    """With a command of cron, where it has any; with at least four, so that the health check finds a free one."""
    has_memory(satellite, mib)
    satellite.properties["CRON_TABLE_BASE64"] = cron
    satellite.hook(TUNE)
    pool = pool_of(satellite, "zz-satellite.conf")
    assert (pool["pm.max_children"], pool["php_admin_value[memory_limit]"]) == (workers, limit)


def test_php_fpm_takes_a_satellites_settings(satellite: BeanstalkInstance, tmp_path: Path) -> None:
    """Also against code that raises its limit."""
    has_memory(satellite, MIB_OF_C7G_XLARGE)
    satellite.hook(TUNE)
    for file in ("php.d/99-satellite.ini", "php-fpm.d/zz-satellite.conf"):
        write(tmp_path / "etc" / file, satellite.read(f"/etc/{file}"))
    release = tmp_path / "bundle"
    write(release / "public/index.php", ASKS)
    (tmp_path / "servers").mkdir()
    with nginx(release, "/public", tmp_path / "servers", etc=tmp_path / "etc") as server:
        said = json.loads(server.ask("/").body)
    assert (said["memory_limit"], said["opcache.memory_consumption"], said["opcache"]) == ("1024M", "256", True)


def test_what_a_satellite_says_on_stderr_is_in_the_log_of_php_fpm(satellite: BeanstalkInstance, tmp_path: Path) -> None:
    """The connector of Mirakl and HiPay logs there. php-fpm throws it away unless it is told otherwise."""
    satellite.hook(TUNE)
    write(tmp_path / "etc/php-fpm.d/zz-satellite.conf", satellite.read("/etc/php-fpm.d/zz-satellite.conf"))
    write(tmp_path / "bundle/public/index.php", "<?php file_put_contents('php://stderr', \"a cycle failed\\n\");")
    (tmp_path / "servers").mkdir()
    log = tmp_path / "servers/php-fpm.log"
    with nginx(tmp_path / "bundle", "/public", tmp_path / "servers", etc=tmp_path / "etc") as server:
        assert server.ask("/").status == 200
        deadline = time.monotonic() + 5
        while "a cycle failed" not in log.read_text().splitlines() and time.monotonic() < deadline:
            time.sleep(0.1)
    assert "a cycle failed" in log.read_text().splitlines()


ASKS = """<?php
ini_set('memory_limit', '3G');
$names = ['memory_limit', 'opcache.memory_consumption', 'opcache.max_accelerated_files', 'opcache.validate_timestamps',
    'opcache.save_comments', 'realpath_cache_size', 'realpath_cache_ttl', 'post_max_size', 'upload_max_filesize'];
$opcache = ['opcache' => opcache_get_status(false)['opcache_enabled']];
echo json_encode(array_combine($names, array_map('ini_get', $names)) + $opcache);
"""
RECOMMENDED = {
    "opcache.memory_consumption": "512",
    "opcache.max_accelerated_files": "60000",
    "opcache.validate_timestamps": "0",
    "opcache.save_comments": "1",
    "realpath_cache_size": "10M",
    "realpath_cache_ttl": "7200",
    "post_max_size": "64M",
    "upload_max_filesize": "64M",
}


@pytest.fixture
def etc(shop: BeanstalkInstance, tmp_path: Path) -> Path:
    """What the hook writes to `/etc`."""
    tuned(shop, MIB_OF_C7G_XLARGE)
    for file in ("php.d/99-magento.ini", "php-fpm.d/zz-magento.conf"):
        write(tmp_path / "etc" / file, shop.read(f"/etc/{file}"))
    return tmp_path / "etc"


def test_php_fpm_takes_the_settings(etc: Path, tmp_path: Path) -> None:
    """Also against Magento's own .user.ini, and code that raises its limit."""
    release = tmp_path / "bundle"
    write(release / "pub/index.php", ASKS)
    write(release / "pub/.user.ini", "memory_limit = 756M\nmax_execution_time = 18000\n")
    (tmp_path / "servers").mkdir()
    with nginx(release, "/pub", tmp_path / "servers", etc=etc) as server:
        said = json.loads(server.ask("/").body)
    assert said == {**RECOMMENDED, "memory_limit": "1024M", "opcache": True}


def test_the_command_line_keeps_its_own_memory_limit(etc: Path) -> None:
    """2 GiB, for compilation, indexing and imports, whatever `/etc/php.ini` says."""
    names = ["memory_limit", *RECOMMENDED]
    asked = f"echo json_encode(array_map('ini_get', json_decode('{json.dumps(names)}')));"
    said = subprocess.run(
        ["php", "-r", asked],
        env={**os.environ, "PHP_INI_SCAN_DIR": f":{etc}/php.d"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(said.stdout) == ["2048M", *RECOMMENDED.values()]
