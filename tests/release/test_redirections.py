"""The redirections of a shop's `.htaccess`, as real nginx answers them from a bundle."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from release.bundle import BundleArgs, build
from release.redirections import CONFIGURATION, Redirections
from sandbox.applications import releases
from tests.servers.programs import require
from tests.servers.web_servers import WebServer, nginx

HTACCESS = """
# Redirect 301 /commented /out
Redirect 301 /old /new
Redirect /summer https://summer.client.url/sale
RedirectPermanent /lookbook/ /inspiration/
RedirectMatch 301 ^/shop/([0-9]+)\\.html$ /product/$1
RedirectMatch permanent "^/a{2} b;c$" /ab
RedirectMatch 302 ^/$ /fr/
Redirect temp /query /page?from=old
Redirect 301 /root /
RedirectMatch 301 ^/any/([^?]*)$ /new/$1
<IfModule mod_alias.c>
    Redirect 301 /within /outside
</IfModule>
"""


def bundle(tmp_path: Path, text: str, name: str = "pub/.htaccess", **changes: object) -> Path:
    """The bundle of a shop with further lines in its `.htaccess`, unpacked."""
    require("unzip")
    shop = releases.build(tmp_path / "shop")
    with (shop / name).open("a") as htaccess:
        htaccess.write(text)
    arguments = {"application": shop, "name": "magento", "release": "r1", "configuration_version": "v1", **changes}
    written = build(BundleArgs(**arguments), tmp_path / "b.zip")  # type: ignore[arg-type]
    subprocess.run(["unzip", "-q", str(written), "-d", str(tmp_path / "tree")], check=True)
    return tmp_path / "tree"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    directory = tmp_path_factory.mktemp("redirections")
    release = bundle(directory, HTACCESS)
    (directory / "server").mkdir()
    with nginx(release, "/pub", directory / "server") as running:
        yield running


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/old", 301, "https://www.client.url/new"),
        ("/old/a%20b?c=d", 301, "https://www.client.url/new/a%20b?c=d"),
        ("/summer", 302, "https://summer.client.url/sale"),
        ("/lookbook/2019", 301, "https://www.client.url/inspiration/2019"),
        ("/shop/12.html", 301, "https://www.client.url/product/12"),
        ("/aa%20b%3Bc", 301, "https://www.client.url/ab"),
        ("/", 302, "https://www.client.url/fr/"),
        ("/query?a=b", 302, "https://www.client.url/page?from=old"),
        ("/within", 301, "https://www.client.url/outside"),
        # Not to another host, and not with a header of the sender's.
        ("/root//client.net", 301, "https://www.client.url//client.net"),
        ("/any/%0d%0aSet-Cookie:a", 301, "https://www.client.url/new/%0D%0ASet-Cookie:a"),
    ],
)
def test_nginx_redirects(server: WebServer, path: str, status: int, location: str) -> None:
    answer = server.ask(path, headers={"Host": "www.client.url"})
    assert (answer.status, answer.headers["location"]) == (status, location)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/commented", "/older", "/shop/12-html", "/shop/x/12.html", "/lookbook"])
def test_other_pages_are_the_shops(server: WebServer, path: str) -> None:
    answer = server.ask(path, headers={"Host": "www.client.url"})
    assert "x-stand-in" in answer.headers
    assert "www.client.url/" not in answer.headers.get("location", "")


@pytest.mark.parametrize(
    "line",
    [
        "Redirect 410 /gone",
        "Redirect 308 /old /new",
        "RedirectMatch 301 (?<year>[0-9]+)/(?&year) /new",
        "RedirectMatch 301 ^/a$ /b/$0",
        "Redirect 301 /old /new%{HTTP_HOST}",
        "Redirect 301 /old $document_root",
        "Redirect 301 / https://www.client.net/",
        "RedirectMatch 301 ^/pub/(.*)$ /$1",
        "RewriteRule ^old$ /new [L,R=301]",
        "RewriteRule ^old$ /new [R]",
        "RewriteRule ^(.*)$ https://www.client.net/$1",
    ],
)
def test_what_is_left_to_a_person(line: str) -> None:
    """Also what would answer the health check with a redirect: Beanstalk would take every host for broken."""
    found = Redirections.read({"pub/.htaccess": f"# A redirection\n{line}\n"})
    assert found == Redirections(rules=(), left=(f"pub/.htaccess:2: {line}",))


@pytest.mark.parametrize("section", ["Files *.html", "IfModule !mod_alias.c", "If \"%{HTTPS} == 'off'\""])
def test_a_redirection_under_a_condition_is_left(section: str) -> None:
    text = f"<{section}>\nRedirect 301 /a /b\n</{section.split()[0]}>\nRedirect 301 /c /d\n"
    found = Redirections.read({".htaccess": text})
    assert (len(found.rules), found.left) == (1, (".htaccess:2: Redirect 301 /a /b",))


def test_a_build_names_what_is_left(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each once, and nothing of the lines that Magento itself brings. A file of the shop's own settles it."""
    tree = bundle(tmp_path, "Redirect 410 /gone\nRedirectMatch 404 /\\.git\n")
    count = len((tmp_path / "shop/pub/.htaccess").read_text().splitlines())
    [line] = capfd.readouterr().err.splitlines()
    assert line.startswith(f"pub/.htaccess:{count - 1}: Redirect 410 /gone: nginx does not read it")
    assert not (tree / CONFIGURATION).exists()
    own = tmp_path / "shop" / CONFIGURATION
    own.parent.mkdir(parents=True)
    own.write_text("rewrite ^/gone$ /index.php;\n")
    arguments = {"application": tmp_path / "shop", "name": "magento", "release": "r1", "configuration_version": "v1"}
    build(BundleArgs(**arguments), tmp_path / "b.zip")  # type: ignore[arg-type]
    assert capfd.readouterr().err == ""
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert archive.read(CONFIGURATION) == own.read_bytes()


def test_magentos_own_lines_redirect_nobody() -> None:
    """Those of Magento 2.4.8's `.htaccess`."""
    text = """
    RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]
    RewriteRule .* - [L,R=405]
    RewriteRule .* index.php [L]
    RewriteRule ^version.+?/(.+)$ $1 [L]
    ErrorDocument 404 /errors/404.php
    RedirectMatch 404 /\\.git
    """
    assert Redirections.read({".htaccess": text}) == Redirections(rules=(), left=())


def test_paths_that_the_release_replaces(tmp_path: Path) -> None:
    tree = bundle(tmp_path, "Redirect 301 /old /pub/new\n", redirections={"/pub": ""})
    assert '"https://$http_host/new$1"' in (tree / CONFIGURATION).read_text()
