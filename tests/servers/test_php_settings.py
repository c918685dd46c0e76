"""Row 1: the PHP of Magento's instances: its extensions, OPcache, and as many workers as the memory allows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.servers.programs import require
from tests.servers.release import Release
from tests.servers.web_servers import nginx

CHECK, TUNE = "hooks/prebuild/30_check_php_extensions.sh", "hooks/prebuild/40_tune_php.sh"
EXTENSIONS = (
    *("bcmath", "ctype", "curl", "dom", "fileinfo", "ftp", "gd", "iconv", "intl", "mbstring", "openssl", "pdo_mysql"),
    *("SimpleXML", "soap", "sockets", "sodium", "tokenizer", "xmlwriter", "xsl", "Zend OPcache", "zip"),
)
MIB_OF_C7G_XLARGE, MIB_OF_C7G_LARGE = 7800, 3780
"""What Linux says is there of 8 and of 4 GiB, about."""


@pytest.fixture
def shop(tmp_path: Path) -> Release:
    return Release.of_magento(tmp_path)


def php_with(shop: Release, *missing: str, installs: str = "") -> None:
    """A PHP 8.4 whose extensions are in a file, and a dnf that adds those of the packages in ``installs`` to it."""
    loaded = shop.programs / "loaded"
    loaded.write_text("".join(f"{name}\n" for name in EXTENSIONS if name not in missing))
    shop.stand_in("php", f'if [[ $1 == -m ]]; then cat "{loaded}"; else echo -n 8.4; fi')
    shop.stand_in("dnf", f'case ${{*: -1}} in {installs} *) echo "No match for ${{*: -1}}" >&2; exit 1 ;; esac')


def test_nothing_is_installed_if_all_extensions_are_there(shop: Release) -> None:
    php_with(shop)
    result = shop.run(CHECK)
    assert (result.returncode, result.stderr, shop.calls("dnf")) == (0, "", [])


def test_missing_extensions_are_installed_by_the_name_of_their_package(shop: Release) -> None:
    """Two of one package at once. The names are those of Amazon Linux 2023."""
    loaded = shop.programs / "loaded"
    php_with(
        shop,
        *("SimpleXML", "xsl", "pdo_mysql", "sodium"),
        installs=f"php8.4-xml) printf 'SimpleXML\\nxsl\\n' >>{loaded} ;; php8.4-mysqlnd) echo pdo_mysql >>{loaded} ;;"
        f" php8.4-sodium) echo sodium >>{loaded} ;;",
    )
    result = shop.run(CHECK)
    assert result.returncode == 0, result.stderr
    assert [call[-1] for call in shop.calls("dnf")] == ["php8.4-mysqlnd", "php8.4-sodium", "php8.4-xml"]
    assert all(call[:3] == ["install", "--assumeyes", "--quiet"] for call in shop.calls("dnf"))


def test_the_deploy_fails_and_names_what_cannot_be_installed(shop: Release) -> None:
    """What can be is installed all the same."""
    loaded = shop.programs / "loaded"
    php_with(shop, "bcmath", "soap", "zip", installs=f"php8.4-soap) echo soap >>{loaded} ;;")
    result = shop.run(CHECK)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("PHP 8.4: got no extension bcmath, zip, expected all")


def tuned(shop: Release, mib: int, **variables: str) -> dict[str, str]:
    """What the hook sets in php-fpm's pool on an instance with this much memory."""
    (shop.machine / "proc").mkdir(parents=True, exist_ok=True)
    (shop.machine / "proc/meminfo").write_text(f"MemTotal:       {mib * 1024} kB\nMemFree:        1 kB\n")
    result = shop.run(TUNE, **variables)
    assert result.returncode == 0, result.stderr
    lines = (shop.machine / "etc/php-fpm.d/zz-magento.conf").read_text().splitlines()
    return dict(line.split(" = ") for line in lines if " = " in line)


@pytest.mark.parametrize(
    ("mib", "tier", "workers"),
    [
        (MIB_OF_C7G_XLARGE, "front", 6),
        (MIB_OF_C7G_XLARGE, "back-office", 4),
        (15600, "front", 13),
        (15600, "back-office", 11),
        (31500, "front", 29),
        (MIB_OF_C7G_LARGE, "front", 4),
        (MIB_OF_C7G_LARGE, "back-office", 4),
    ],
)
def test_the_pool_has_as_many_workers_as_the_memory_allows(shop: Release, mib: int, tier: str, workers: int) -> None:
    assert tuned(shop, mib, MAGENTO_TIER=tier)["pm.max_children"] == str(workers)


@pytest.mark.parametrize("mib", range(MIB_OF_C7G_XLARGE, 65000, 9111))
@pytest.mark.parametrize(("tier", "command_mib"), [("front", 0), ("back-office", 2048)])
def test_all_workers_at_their_limit_fit_into_the_memory(shop: Release, mib: int, tier: str, command_mib: int) -> None:
    """With OPcache, 768 MiB for the system, and a command of cron at its limit. Else the kernel ends one of them."""
    pool = tuned(shop, mib, MAGENTO_TIER=tier)
    limit = int(pool["php_admin_value[memory_limit]"].removesuffix("M"))
    used = int(pool["pm.max_children"]) * limit + 512 + 768 + command_mib
    assert used <= mib < used + limit


def test_tuning_twice_leaves_the_same_files(shop: Release) -> None:
    def files() -> dict[str, str]:
        etc = shop.machine / "etc"
        return {str(path): path.read_text() for path in sorted(etc.rglob("*")) if path.is_file()}

    tuned(shop, MIB_OF_C7G_XLARGE)
    first = files()
    tuned(shop, MIB_OF_C7G_XLARGE)
    assert files() == first
    assert [Path(name).name for name in first] == ["zz-magento.conf", "99-magento.ini"]


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


def test_php_fpm_takes_the_settings(shop: Release, tmp_path: Path) -> None:
    """Also against Magento's own .user.ini, and code that raises its limit."""
    tuned(shop, MIB_OF_C7G_XLARGE)
    pub = shop.directory / "pub"
    pub.mkdir()
    (pub / "index.php").write_text(ASKS)
    (pub / ".user.ini").write_text("memory_limit = 756M\nmax_execution_time = 18000\n")
    (tmp_path / "servers").mkdir()
    with nginx(shop.directory, "/pub", tmp_path / "servers", etc=shop.machine / "etc") as server:
        said = json.loads(server.ask("/").body)
    assert said == {**RECOMMENDED, "memory_limit": "1024M", "opcache": True}


def test_the_command_line_keeps_its_own_memory_limit(shop: Release) -> None:
    """2 GiB from the environment's `memory_limit`, for compilation, indexing and imports."""
    require("php")
    tuned(shop, MIB_OF_C7G_XLARGE)
    names = ["memory_limit", *RECOMMENDED]
    asked = f"echo json_encode(array_map('ini_get', json_decode('{json.dumps(names)}')));"
    scanned = f":{shop.machine}/etc/php.d"
    php = shutil.which("php") or ""
    said = subprocess.run(
        [php, "-d", "memory_limit=2G", "-r", asked],
        env={**os.environ, "PHP_INI_SCAN_DIR": scanned},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(said.stdout) == ["2G", *RECOMMENDED.values()]
