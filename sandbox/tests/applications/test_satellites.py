"""The stand-in satellites, with the configuration that the platform writes and the commands that its hooks call."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from sandbox.applications import satellites
from sandbox.tests.applications.servers import Browser, Stores, php_server

UPDATE_SCHEMA = {
    "pim": "doctrine:schema:update --force --no-interaction",
    "custom-connection": "doctrine:migrations:migrate --allow-no-migration --no-interaction",
    "mirakl-cashout": "orm:schema-tool:update --dump-sql --force",
}
PASSWORD = "p@ss/w'rd\"1"


class Satellite:
    """A satellite's release in a directory."""

    def __init__(self, name: str, directory: Path, stores: Stores, database: str) -> None:
        self.name = name
        self.directory = satellites.build(name, directory)
        self.stores = stores
        self.database = database
        (directory / ".platform").mkdir()
        (directory / ".platform/release.env").write_text("RELEASE=r1\n")

    def configure(self, *, tls: bool = True) -> None:
        """Write the configuration in the form of the platform's templates."""
        port = self.stores.database_port
        if self.name == "mirakl-cashout":
            (self.directory / "config/parameters.yml").write_text(
                "# Written at each deploy.\nparameters:\n  db.driver: 'pdo_mysql'\n  db.host: \"127.0.0.1\"\n"
                f'  db.port: "{port}"\n  db.name: "{self.database}"\n  db.username: "satellite"\n'
                f"  db.password: {json.dumps(PASSWORD)}\n  cycle.days: [1, 11, 21]\n  debug: false\n"
                "  cashout.transactionFilterRegex: ~\n  db.logger.level: 300\n"
            )
            return
        user = f"satellite:{quote(PASSWORD, safe='')}"
        url = f"mysql://{user}@127.0.0.1:{port}/{self.database}?serverVersion=8.4.0&charset=utf8mb4"
        (self.directory / ".env.local").write_text(
            "# Written at each deploy.\nAPP_ENV='prod'\nAPP_DEBUG='0'\n"
            f"DATABASE_URL='{url}'\n" + (f"DATABASE_SSL_CA='{self.stores.ca}'\n" if tls else "")
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["php", *words], cwd=self.directory, capture_output=True, text=True)

    def update_schema(self) -> int:
        """What a deploy calls."""
        return self.run("bin/console", *UPDATE_SCHEMA[self.name].split()).returncode

    def tables(self) -> set[str]:
        return set(self.stores.sql("SHOW TABLES", self.database).split())


@pytest.fixture
def satellite(request: pytest.FixtureRequest, tmp_path: Path, data_stores: Stores, database: str) -> Satellite:
    """The database takes no connection without TLS, as the platform's."""
    data_stores.sql(
        "CREATE OR REPLACE USER 'satellite'@'%' IDENTIFIED BY '"
        + PASSWORD.replace("'", "''")
        + f"'; GRANT ALL ON {database}.* TO 'satellite'@'%'; SET GLOBAL require_secure_transport = ON"
    )
    return Satellite(request.param, tmp_path / "application", data_stores, database)


def served(satellite: Satellite, root: str, paths: list[str]) -> list[tuple[int, str]]:
    with php_server(satellite.directory, root, satellite.stores) as browser:
        answers = [browser.get(path) for path in paths]
    assert {answer.headers["x-release"] for answer in answers} == {"r1"}
    return [(answer.status, answer.headers.get("location", "")) for answer in answers]


@pytest.mark.parametrize("satellite", satellites.PARTS, indirect=True)
def test_the_schemas_command(satellite: Satellite) -> None:
    """Without configuration it fails; then it works, again and again."""
    assert satellite.update_schema() == 1
    satellite.configure()
    if satellite.name == "mirakl-cashout":
        with_tls(satellite, "app/bootstrap.php")
    assert satellite.update_schema() == 0
    tables = satellite.tables()
    assert tables
    assert satellite.update_schema() == 0
    assert satellite.tables() == tables
    assert satellite.run("bin/console", "no:such:command").returncode == 1
    assert satellite.run("bin/console", "list" if satellite.name == "mirakl-cashout" else "-q").returncode == 0


@pytest.mark.parametrize("satellite", ["pim", "custom-connection"], indirect=True)
def test_without_the_certificates_there_is_no_tls_and_no_connection(satellite: Satellite) -> None:
    satellite.configure(tls=False)
    assert satellite.update_schema() == 1


@pytest.mark.parametrize("satellite", ["pim"], indirect=True)
def test_pim(satellite: Satellite) -> None:
    satellite.configure()
    satellite.update_schema()
    assert satellite.run("bin/console", "pim:user:create", "ada", "s3cret", "-n").returncode == 0
    assert served(satellite, "public", ["/", "/user/login", "/api/rest/v1/products", "/nothing"]) == [
        (302, "/user/login"),
        (200, ""),
        (401, ""),
        (404, ""),
    ]
    with php_server(satellite.directory, "public", satellite.stores) as browser:
        assert "This is a stand-in" in browser.get("/user/login").body
        asked = {"username": "ada", "password": "s3cret", "grant_type": "password"}
        wrong = browser.ask("POST", "/api/oauth/v1/token", json.dumps(asked | {"password": "no"}))
        assert wrong.status == 422
        token = json.loads(browser.ask("POST", "/api/oauth/v1/token", json.dumps(asked)).body)["access_token"]
        products = browser.get("/api/rest/v1/products", Authorization=f"Bearer {token}")
        assert (products.status, json.loads(products.body)["_embedded"]["items"]) == (200, [])


@pytest.mark.parametrize("satellite", ["custom-connection"], indirect=True)
def test_custom_connection(satellite: Satellite) -> None:
    """What partners upload into the web root is processed before the next release replaces it."""
    satellite.configure()
    assert served(satellite, "public", ["/", "/user/login"]) == [(500, ""), (200, "")]
    satellite.update_schema()
    (satellite.directory / "uploads").mkdir()
    (satellite.directory / "uploads/shirt.png").write_bytes(b"png")
    assert satellite.run("bin/console", "connection:process-uploads").returncode == 0
    assert not list((satellite.directory / "uploads").iterdir())
    with php_server(satellite.directory, "public", satellite.stores) as browser:
        assert "Files processed: 1." in browser.get("/").body


def with_tls(satellite: Satellite, file: str) -> None:
    """The connector's parameters have nothing for TLS: its files must say Doctrine's option."""
    path = satellite.directory / file
    password = "'password' => $dbConfiguration->getPassword(),"
    assert password in path.read_text()
    option = f"{password}\n    'driverOptions' => array(1009 => '{satellite.stores.ca}'),"
    path.write_text(path.read_text().replace(password, option))


@pytest.mark.parametrize("satellite", ["mirakl-cashout"], indirect=True)
def test_the_connector_has_no_tls_of_its_own(satellite: Satellite) -> None:
    satellite.configure()
    refused = satellite.run("bin/console", "orm:schema-tool:update", "--dump-sql", "--force")
    # MySQL would say 3159, "Connections using insecure transport are prohibited".
    assert (refused.returncode, "Access denied" in refused.stderr) == (1, True)
    with_tls(satellite, "config/cli-config.php")
    assert satellite.update_schema() == 1
    assert satellite.run("vendor/bin/doctrine", "orm:schema-tool:update", "--force").returncode == 0
    with_tls(satellite, "app/bootstrap.php")
    assert satellite.update_schema() == 0
    assert satellite.run("bin/console", "vendor:process", "24 hour ago").returncode == 0
    assert satellite.stores.sql("SELECT name FROM batch", satellite.database) == "vendor:process"


@pytest.mark.parametrize("satellite", ["mirakl-cashout"], indirect=True)
def test_the_connectors_pages(satellite: Satellite) -> None:
    paths = ["/", "/anything", "/dashboard/", "/dashboard/logs", "/dashboard/login"]
    assert {status for status, _ in served(satellite, "web", paths)} == {500}
    satellite.configure()
    assert served(satellite, "web", paths) == [
        (302, "/dashboard/"),
        (302, "/dashboard/"),
        (302, "/dashboard/login"),
        (302, "/dashboard/login"),
        (200, ""),
    ]
    with php_server(satellite.directory, "web", satellite.stores) as browser:
        assert notified(browser, "<mapi/>") == 204
        assert notified(browser, "no XML") == 500


def notified(browser: Browser, xml: str) -> int:
    return browser.post("/", f"xml={quote(xml)}").status


@pytest.mark.parametrize("name", satellites.PARTS)
def test_the_console_can_be_run(name: str, tmp_path: Path) -> None:
    assert os.access(satellites.build(name, tmp_path / "application") / "bin/console", os.X_OK)
