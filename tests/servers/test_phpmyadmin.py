"""Row 11: what the phpMyAdmin server boots with, served by the real nginx, PHP and phpMyAdmin."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.servers.php_my_admin_server import boot, configuration
from tests.servers.namespaces import Network, require_namespaces
from tests.servers.programs import not_installed, require, unavailable

DATABASES = {"shared": "shared.c1.eu-west-3.rds.amazonaws.com", "site's": "site.c1.eu-west-3.rds.amazonaws.com"}
CONFIGURATION = Path("/etc/phpmyadmin/config.inc.php")
# Only this program sees our files where the server has them; the machine's own files stay as they are.
AS_SERVER = """
set -e
for ours in /etc/phpmyadmin /etc/nginx/conf.d; do mount --bind "$1$ours" "$ours"; done
for empty in /etc/nginx/sites-enabled /run /var/log/nginx /var/lib/php/sessions /var/lib/phpmyadmin/tmp; do
  mount -t tmpfs -o mode=1777 tmpfs "$empty"
done
mkdir /run/php
mount --bind "$1/run/php" /run/php
shift
exec "$@"
"""


class PhpMyAdminHost:
    """A machine with the server's files and Debian's programs."""

    def __init__(self, root: Path, network: Network) -> None:
        self._root, self._network = root, network
        network.add_machine("server")
        for file in (*boot().files, *configuration(DATABASES).files):
            path = root / file.path.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content)
        # Of Debian's package, since ours covers the whole directory.
        for name in ("config.inc.php", "config.header.inc.php", "config.footer.inc.php"):
            (root / "etc/phpmyadmin" / name).write_text((CONFIGURATION.parent / name).read_text())
        (root / "run/php").mkdir(parents=True)
        self._fpm = root / "fpm.conf"
        self._fpm.write_text(
            "[global]\ndaemonize = no\nerror_log = /dev/stderr\n"
            "[www]\nuser = www-data\ngroup = www-data\nlisten = /run/php/php-fpm.sock\nlisten.owner = www-data\n"
            "pm = static\npm.max_children = 2\n"
        )

    def run(self, *command: str) -> str:
        """What a command prints on the server. Raises ``CalledProcessError``, and prints what it complained of."""
        done = self._network.attempt("server", "sh", "-c", AS_SERVER, "sh", str(self._root), *command)
        print(done.stderr)
        done.check_returncode()
        return done.stdout

    def start(self) -> None:
        (fpm,) = Path("/usr/sbin").glob("php-fpm*")
        for command in ((str(fpm), "--fpm-config", str(self._fpm)), ("nginx", "-g", "daemon off;")):
            self._network.start("server", "sh", "-c", AS_SERVER, "sh", str(self._root), *command)
        deadline = time.monotonic() + 10
        while self.status_of("/index.php") != 200 and time.monotonic() < deadline:
            time.sleep(0.2)

    def apply(self, databases: str) -> None:
        """As the server does while it runs. Raises ``CalledProcessError`` when it refuses."""
        staged = self._root / "staged/etc/phpmyadmin/databases.php"
        staged.parent.mkdir(parents=True, exist_ok=True)
        staged.write_text(databases)
        self.run("bash", str(self._root / "usr/local/sbin/apply_databases.sh"), str(self._root / "staged"))

    def read(self, path: str) -> str:
        return (self._root / path.lstrip("/")).read_text()

    def comes_to_offer(self, database: str) -> bool:
        """Whether the login page has it, within some seconds."""
        deadline = time.monotonic() + 10
        while database not in self.fetch("/index.php"):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        return True

    def fetch(self, path: str) -> str:
        return self._network.attempt("server", "curl", "--silent", f"http://127.0.0.1{path}").stdout

    def status_of(self, path: str) -> int:
        answered = self._network.attempt(
            "server",
            "curl",
            "--silent",
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_code}",
            f"http://127.0.0.1{path}",
        )
        return int(answered.stdout)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhpMyAdminHost]:
    """A server that serves."""
    require("curl", "ip", "nginx", "php")
    require_namespaces()
    if not (CONFIGURATION.exists() and any(Path("/usr/sbin").glob("php-fpm*"))):
        unavailable(not_installed("phpmyadmin or php-fpm"))
    with Network() as network:
        host = PhpMyAdminHost(tmp_path_factory.mktemp("host"), network)
        host.start()
        yield host


def test_debians_configuration_takes_ours(host: PhpMyAdminHost) -> None:
    """The chosen databases and no other, over TLS that checks the certificate, each with its own login; and a
    secret of the length that the cookies' cipher needs, which none of our files holds."""
    settings = json.loads(host.run("php", "-r", f"require '{CONFIGURATION}'; echo json_encode($cfg);"))
    servers = settings["Servers"]
    assert {number: (each["verbose"], each["host"]) for number, each in servers.items()} == {
        "1": ("shared", DATABASES["shared"]),
        "2": ("site's", DATABASES["site's"]),
    }
    for each in servers.values():
        assert (each["auth_type"], each["ssl"], each["ssl_verify"]) == ("cookie", True, True)
        assert each["ssl_ca"] == "/etc/ssl/rds-global-bundle.pem"
        assert "password" not in each
    assert len(settings["blowfish_secret"]) == 32
    assert all(settings["blowfish_secret"] not in file.content for file in boot().files)


def test_nginx_accepts_the_site(host: PhpMyAdminHost) -> None:
    """As the boot's own script asks it, before it serves."""
    host.run("nginx", "-q", "-t")


def test_php_takes_as_large_an_import_as_nginx(host: PhpMyAdminHost) -> None:
    """PHP reads the limits from the file that its services are pointed to."""
    shown = host.run(
        "env",
        "PHP_INI_SCAN_DIR=:/etc/phpmyadmin",
        *("php", "-r", "echo ini_get('upload_max_filesize'), ini_get('post_max_size');"),
    )
    assert shown == "128M128M"


def test_the_login_offers_the_databases(host: PhpMyAdminHost) -> None:
    """People choose among the databases by their names, and log in: the page has no complaint about its setup."""
    page = host.fetch("/index.php")
    assert 'name="pma_username"' in page
    for option in ("shared", "site&#039;s"):
        assert option in page
    assert "secret passphrase" not in page


def test_a_new_database_is_offered_at_the_next_request(host: PhpMyAdminHost) -> None:
    """By the PHP that runs, without a reload. A list that PHP does not read leaves the one before."""
    more = {**DATABASES, "reports": "reports.c1.eu-west-3.rds.amazonaws.com"}
    [file] = configuration(more).files
    try:
        host.apply(file.content)
        # PHP looks at a file again after two seconds ("opcache.revalidate_freq").
        assert host.comes_to_offer("reports")
        assert "shared" in host.fetch("/index.php")
        for wrong in ("<?php return [", "<?php return 1;", ""):
            with pytest.raises(subprocess.CalledProcessError):
                host.apply(wrong)
            assert host.read("/etc/phpmyadmin/databases.php") == file.content
    finally:
        host.apply(configuration(DATABASES).files[0].content)


@pytest.mark.parametrize(
    "path", ["/libraries/vendor_config.php", "/templates/login/form.twig", "/sql/create_tables.sql"]
)
def test_what_only_php_reads_is_not_served(host: PhpMyAdminHost, path: str) -> None:
    """Although the file is there, which makes the difference between a rule and luck."""
    assert Path(f"/usr/share/phpmyadmin{path}").is_file()
    assert host.status_of(path) == 404
