"""Satellites and a real MariaDB that takes no connection without TLS, as RDS is told to (require_secure_transport)."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.tests.applications.servers import free_port, listens, new_database, until
from tests.servers.beanstalk_instance import BeanstalkInstance
from tests.servers.programs import not_installed, require, unavailable
from tests.servers.release import DATABASE, MIRAKL, satellite_bundle, write

CERTIFICATES = "/etc/pki/tls/certs/rds-global-bundle.pem"
# MariaDB does not say why. MySQL does: "Connections using insecure transport are prohibited" (3159).
REFUSED = "Access denied for user 'satellites'"
HOOK = "hooks/prebuild/25_connect_with_tls.sh"

# The part of the connector that matters: in two files, and these keys alone.
_CONNECTION = """<?php
require __DIR__ . '/../doctrine.php';
$dbConfiguration = new DbConfiguration();
$dbParams = array(
    'driver'   => $dbConfiguration->getDriver(),
    'user'     => $dbConfiguration->getUsername(),
    'password' => $dbConfiguration->getPassword(),
    'dbname'   => $dbConfiguration->getDatabaseName(),
    'host'     => $dbConfiguration->getHost(),
    'port'     => $dbConfiguration->getPort()
);
connect($dbParams);
"""
# With the real Doctrine.
_DOCTRINE = """<?php
require '/usr/share/php/Doctrine/DBAL/autoload.php';
class DbConfiguration {
    public function __call($name, $arguments) {
        $names = ['getDriver' => 'DATABASE_DRIVER', 'getUsername' => 'DATABASE_USER',
            'getPassword' => 'DATABASE_PASSWORD', 'getDatabaseName' => 'DATABASE_NAME',
            'getHost' => 'DATABASE_HOST', 'getPort' => 'DATABASE_PORT'];
        return getenv($names[$name]);
    }
}
function connect(array $params) {
    $connection = Doctrine\\DBAL\\DriverManager::getConnection($params);
    echo $connection->fetchNumeric("SHOW STATUS LIKE 'Ssl_version'")[1];
}
"""


@dataclass(frozen=True)
class Database:
    port: int
    authority: str
    """The certificate that the server's is signed with."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    require("mariadbd", "mariadb-install-db", "openssl", "php")
    if not Path("/usr/share/php/Doctrine/DBAL/autoload.php").exists():
        unavailable(not_installed("php-doctrine-dbal"))
    base = tmp_path_factory.mktemp("database")
    _certify(base)
    (base / "init.sql").write_text(
        "CREATE DATABASE satellites;\nCREATE USER satellites@'%' IDENTIFIED BY 'correct-horse';\n"
        "GRANT ALL ON satellites.* TO satellites@'%';\n"
    )
    port = free_port()
    server = subprocess.Popen(
        [
            *(*new_database(base), f"--socket={base}/socket"),
            *("--bind-address=127.0.0.1", "--skip-name-resolve", f"--port={port}", f"--init-file={base}/init.sql"),
            *(f"--ssl-cert={base}/server.pem", f"--ssl-key={base}/server.key", "--require-secure-transport=ON"),
        ],
        stderr=(base / "log").open("w"),
    )
    try:
        until(lambda: listens(port), server, "MariaDB", base / "log")
        yield Database(port, (base / "authority.pem").read_text())
    finally:
        server.terminate()
        server.wait(timeout=30)


def _certify(base: Path) -> None:
    """An authority, and a certificate of it for this machine's own address."""
    for command in (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout authority.key -out authority.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout server.key -out server.csr",
        "x509 -req -days 2 -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -out server.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=base, check=True, capture_output=True)


@pytest.fixture
def instance(tmp_path: Path, database: Database) -> Iterator[BeanstalkInstance]:
    variables = {**DATABASE, **MIRAKL, "DATABASE_HOST": "127.0.0.1", "DATABASE_PORT": str(database.port)}
    variables["DATABASE_DRIVER"] = "pdo_mysql"
    with BeanstalkInstance(tmp_path, properties=variables) as made:
        made.write(CERTIFICATES, database.authority)
        yield made


@pytest.fixture
def connector(tmp_path: Path) -> Path:
    bundle = satellite_bundle(tmp_path / "bundle", "mirakl-cashout")
    write(bundle / "doctrine.php", _DOCTRINE)
    for file in ("app/bootstrap.php", "config/cli-config.php"):
        write(bundle / file, _CONNECTION)
    return bundle


def connects(instance: BeanstalkInstance, *php: str) -> str:
    """The version of TLS that the connection has, or why there is none."""
    variables = [f"{name}={value}" for name, value in instance.properties.items() if name.startswith("DATABASE_")]
    ran = instance.run("env", *variables, "php", *php, check=False)
    return ran.stdout + ran.stderr


def test_the_connector_connects_with_tls_once_the_hook_ran(instance: BeanstalkInstance, connector: Path) -> None:
    """As it comes, the database refuses it."""
    files = ("/var/app/staging/app/bootstrap.php", "/var/app/staging/config/cli-config.php")
    instance.stage(connector)
    for file in files:
        assert REFUSED in connects(instance, file)
    for _ in range(2):
        instance.hook(HOOK)
    for file in files:
        assert connects(instance, file) == "TLSv1.3"
        assert instance.read(file).count("driverOptions") == 1
    instance.write(CERTIFICATES, Path("/etc/ssl/certs/ca-certificates.crt").read_text())
    assert "certificate verify failed" in connects(instance, files[0])


def test_a_connector_that_has_the_option_is_left_as_it_is(instance: BeanstalkInstance, connector: Path) -> None:
    own = _CONNECTION.replace("    'driver' ", "    'driverOptions' => [1009 => '/own.pem'],\n    'driver' ")
    write(connector / "app/bootstrap.php", own)
    instance.deploy(connector)
    assert instance.read("/var/app/current/app/bootstrap.php") == own


def test_a_connector_of_another_shape_stops_the_deployment(instance: BeanstalkInstance, connector: Path) -> None:
    """Rather than go live and be refused by the database."""
    write(connector / "app/bootstrap.php", "<?php\nconnect(['password' => 'x']);\n")
    instance.stage(connector)
    ran = instance.hook(HOOK, check=False)
    assert ran.returncode != 0
    assert ran.stderr.startswith("app/bootstrap.php: no line 'password' => $dbConfiguration->getPassword(), expected")
    assert len(ran.stderr.splitlines()) == 1


def test_an_address_and_the_certificates_are_enough_for_doctrine(instance: BeanstalkInstance) -> None:
    """What ``url`` and ``options: {1009: …}`` of a doctrine.yaml become. Without options there is no connection."""
    instance.stage(satellite_bundle(Path(instance.base, "pim"), "pim"))
    instance.hook("hooks/prebuild/20_write_configuration.sh")
    [url] = re.findall("DATABASE_URL='(.*)'", instance.read("/var/app/staging/.env.local"))
    instance.write("/tmp/doctrine.php", _DOCTRINE)
    program = f"require '/tmp/doctrine.php'; connect(['url' => '{url}'%s]);"
    assert connects(instance, "-r", program % f", 'driverOptions' => [1009 => '{CERTIFICATES}']") == "TLSv1.3"
    assert REFUSED in connects(instance, "-r", program % "")
