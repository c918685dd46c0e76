"""Row 1: what nginx and php-fpm answer for a release of Magento, with the shipped configuration.

The release is laid out as Magento is. Its PHP files say which of them ran, and what it was given.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.release import PLATFORM_CONFIG
from tests.servers.web_servers import LoadBalancer, WebServer, load_balancer_of, nginx

SAYS = """<?php
header('Content-Type: application/json');
echo json_encode(['ran' => '%s', 'uri' => $_SERVER['REQUEST_URI'], 'script' => $_SERVER['SCRIPT_NAME'], 'get' => $_GET,
    'address' => $_SERVER['REMOTE_ADDR'], 'https' => $_SERVER['HTTPS'] ?? null, 'body' => strlen(file_get_contents('php://input'))]);
"""
ENTRY_POINTS = ("index", "get", "static", "health_check", "errors/404", "errors/503", "errors/report")
FILES = {
    "pub/static/frontend/Client/dlm/fr_FR/a.js": "let a;",
    "pub/static/frontend/Client/dlm/fr_FR/Magento_Ui/templates/messages.html": "<!-- ko -->",
    "pub/static/deployed_version.txt": "1732540000",
    "pub/static/frontend/data.csv": "a;b",
    "pub/static/.htaccess": "Deny",
    "pub/media/catalog/product/a.jpg": "picture",
    "pub/media/.renditions/wysiwyg/b.jpg": "rendition",
    "pub/media/catalogue.pdf": "pdf",
    "pub/media/feed.xml": "<feed/>",
    "pub/media/.htaccess": "Deny",
    "pub/media/customer/i/d/id-card.jpg": "private",
    "pub/media/downloadable/files/links/song.mp3": "private",
    "pub/media/import/products.csv": "private",
    "pub/media/custom_options/quote/a/b/a.jpg": "private",
    "pub/media/theme_customization/x/theme.xml": "private",
    "pub/errors/default/css/styles.css": "body{}",
    "pub/errors/local.xml": "private",
    "pub/errors/default/503.phtml": "private",
    "pub/.user.ini": "memory_limit = 756M",
    "pub/.htaccess": "private",
    "pub/.git/config": "private",
    "pub/.well-known/apple-developer-merchantid-domain-association": "apple",
    "pub/index.php~": "private",
    "sitemap/sitemap.xml": "<urlset/>",
    "auth.json": "private",
    "composer.lock": "private",
    "client/orders.csv": "private",
    "var/log/exception.log": "private",
    "app/etc/env.php": "private",
    ".platform/hooks/prebuild/x.sh": "private",
}
NOT_FOR_VISITORS = (
    *(
        "pub/cron.php",
        "pub/media/evil.php",
        "pub/media/wysiwyg/evil.phtml",
        "pub/media/evil.phar",
        "pub/static/evil.php",
    ),
    *("pub/errors/processor.php", "pub/media/EVIL.PHP", "pub/info.php"),
)
"""PHP files that must neither run nor be shown."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    base = tmp_path_factory.mktemp("magento")
    release = base / "release"
    shutil.copytree(PLATFORM_CONFIG / "magento", release)
    for name, content in FILES.items():
        _write(release / name, content)
    for name in ENTRY_POINTS:
        _write(release / f"pub/{name}.php", SAYS % name)
    for name in NOT_FOR_VISITORS:
        _write(release / name, "<?php echo 'private, and it ran';")
    (release / "pub/sitemap").symlink_to("../sitemap")
    (base / "servers").mkdir()
    with nginx(release, "/pub", base / "servers") as server:
        yield server


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/index.php",
        "/backend",
        "/backend/admin/dashboard?key=1",
        "/women.html",
        "/checkout/cart/",
        "/rest/V1/store/storeConfigs",
        "/rest/V1/products/.5-inch",
        "/index.php/backend/catalog",
        "/setup/",
        "/robots.txt",
        "/client/orders.csv",
        "/auth.json",
        "/composer.lock",
        "/var/log/exception.log",
        "/app/etc/env.php/",
        "/errors/",
    ],
)
def test_the_front_controller_answers_what_no_file_of_pub_does(shop: WebServer, path: str) -> None:
    """The back office and categories, and the names of private files outside of pub, for which Magento has no page."""
    answer = shop.ask(path)
    assert answer.status == 200, answer.body
    said = json.loads(answer.body)
    assert (said["ran"], said["uri"], said["script"]) == ("index", path, "/index.php")


def test_the_query_reaches_the_front_controller(shop: WebServer) -> None:
    assert json.loads(shop.ask("/catalogsearch/result/?q=red+bag&page=2").body)["get"] == {"q": "red bag", "page": "2"}


@pytest.mark.parametrize("path", ["/health_check.php", "/pub/health_check.php", "/pub/health_check.php?db=1"])
def test_the_health_check_answers_at_the_old_path_too(shop: WebServer, path: str) -> None:
    answer = shop.ask(path)
    assert (answer.status, json.loads(answer.body)["ran"]) == (200, "health_check")


VERSIONS = ("", "version1732540000/", "version1732540000-a_B/", "version/")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("root", ["", "/pub"])
def test_a_static_file_is_cached_for_a_year(shop: WebServer, version: str, root: str) -> None:
    """The version in the path is any that `setup:static-content:deploy --content-version` takes."""
    answer = shop.ask(f"{root}/static/{version}frontend/Client/dlm/fr_FR/a.js")
    assert (answer.status, answer.body) == (200, "let a;")
    assert answer.headers["cache-control"] == "public, max-age=31536000"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize("version", VERSIONS)
def test_magento_makes_a_static_file_that_is_missing(shop: WebServer, version: str) -> None:
    said = json.loads(shop.ask(f"/static/{version}frontend/Client/dlm/fr_FR/b.css").body)
    assert (said["ran"], said["get"]) == ("static", {"resource": "frontend/Client/dlm/fr_FR/b.css"})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/static/deployed_version.txt", "1732540000"),
        ("/static/version1/frontend/data.csv", "a;b"),
        ("/media/feed.xml", "<feed/>"),
    ],
)
def test_data_is_not_cached(shop: WebServer, path: str, body: str) -> None:
    answer = shop.ask(path)
    assert (answer.status, answer.body, answer.headers["cache-control"]) == (200, body, "no-store")


@pytest.mark.parametrize(
    ("path", "body", "cached"),
    [
        ("/media/catalog/product/a.jpg", "picture", "public, max-age=31536000"),
        ("/pub/media/catalog/product/a.jpg", "picture", "public, max-age=31536000"),
        ("/media/.renditions/wysiwyg/b.jpg", "rendition", "public, max-age=31536000"),
        ("/media/catalogue.pdf", "pdf", None),
    ],
)
def test_media_are_served(shop: WebServer, path: str, body: str, cached: str | None) -> None:
    """Pictures in the hidden directories in which Magento puts renditions and thumbnails as well."""
    answer = shop.ask(path)
    assert (answer.status, answer.body, answer.headers.get("cache-control")) == (200, body, cached)
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/media/catalog/product/cache/1f/a.jpg", "/media/missing.zip", "/media/missing.pdf"])
def test_get_php_makes_a_picture_that_is_missing(shop: WebServer, path: str) -> None:
    said = json.loads(shop.ask(f"{path}?width=100").body)
    assert (said["ran"], said["uri"], said["get"]) == ("get", f"{path}?width=100", {"width": "100"})


@pytest.mark.parametrize(
    "path",
    [
        "/static/version1/frontend/Client/dlm/fr_FR/Magento_Ui/templates/messages.html",
        "/static/version1/frontend/Client/dlm/fr_FR/missing.html",
        "/media/catalog/product/a.jpg",
        "/pub/static/frontend/Client/dlm/fr_FR/a.js",
    ],
)
def test_a_browser_may_load_templates_from_the_static_host(shop: WebServer, path: str) -> None:
    """Magento's RequireJS sends X-Requested-With with each template, so the browser asks first (Fetch Standard, "CORS
    protocol"): any status of 2xx, the header allowed, and then the answer itself for every page."""
    question = {
        "Origin": "https://www.client.url",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-requested-with",
    }
    allowed = shop.ask(path, "OPTIONS", headers=question)
    assert (allowed.status, allowed.body) == (204, "")
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert "GET" in allowed.headers["access-control-allow-methods"]
    assert allowed.headers["access-control-allow-headers"] == "*"
    assert allowed.headers["access-control-max-age"] == "86400"


def test_options_of_a_page_goes_to_magento(shop: WebServer) -> None:
    """Its web APIs answer it themselves. The path of nginx's own answer is no page."""
    assert json.loads(shop.ask("/rest/V1/carts/mine", "OPTIONS").body)["ran"] == "index"
    assert shop.ask("/cors-preflight").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/media/customer/i/d/id-card.jpg",
        "/pub/media/customer/i/d/id-card.jpg",
        "/media//customer/i/d/id-card.jpg",
        "/media/catalog/%2e%2e/customer/i/d/id-card.jpg",
        "/media/%63ustomer/i/d/id-card.jpg",
        "/media/downloadable/files/links/song.mp3",
        "/media/import/products.csv",
        "/media/custom_options/quote/a/b/a.jpg",
        "/media/theme_customization/x/theme.xml",
        "/errors/local.xml",
        "/errors/default/503.phtml",
        "/.user.ini",
        "/.htaccess",
        "/.git/config",
        "/static/.htaccess",
        "/static/version1/.htaccess",
        "/media/.htaccess",
        "/index.php~",
        "/app/etc/env.php",
        *(f"/{name.removeprefix('pub/')}" for name in NOT_FOR_VISITORS),
        *(f"/{name.removeprefix('pub/')}?x=1" for name in NOT_FOR_VISITORS),
    ],
)
def test_private_files_are_denied(shop: WebServer, path: str) -> None:
    """By nginx, whether or not they are there. PHP files other than the entry points do not run."""
    answer = shop.ask(path)
    assert answer.status == 403
    assert "private" not in answer.body


@pytest.mark.parametrize("name", NOT_FOR_VISITORS)
def test_no_other_php_file_runs_as_the_directory_of_a_path(shop: WebServer, name: str) -> None:
    """Beanstalk's own location would run it: `.php` anywhere in the path is enough there."""
    assert "it ran" not in shop.ask(f"/{name.removeprefix('pub/')}/x.jpg").body


def test_files_of_the_root_are_served(shop: WebServer) -> None:
    assert shop.ask("/.well-known/apple-developer-merchantid-domain-association").body == "apple"
    assert shop.ask("/errors/default/css/styles.css").body == "body{}"
    assert shop.ask("/sitemap/sitemap.xml").body == "<urlset/>"


def test_paths_below_pub_that_were_never_links_are_no_pages(shop: WebServer) -> None:
    assert shop.ask("/pub/index.php").status == 404
    assert shop.ask("/pub/").status == 404


def test_uploads_of_up_to_64_mib_pass(shop: WebServer) -> None:
    """Product pictures and import files. nginx alone refuses more than 1 MiB."""
    mib = 2**20
    answer = shop.ask("/backend/admin/import/validate", "POST", body=b"x" * 20 * mib)
    assert (answer.status, json.loads(answer.body)["body"]) == (200, 20 * mib)
    too_large = {"Content-Length": str(65 * mib)}
    assert shop.ask("/backend/admin/import/validate", "POST", body=b"", headers=too_large).status == 413


def test_responses_may_have_long_headers(shop: WebServer) -> None:
    """A Content-Security-Policy and cache tags together. nginx alone answers 502 above 4 KB."""
    _write(
        shop.release / "pub/errors/report.php",
        "<?php foreach (range(1, 12) as $n) { header(\"X-Magento-Tags-$n: \" . str_repeat('c', 8000)); } echo 'whole';",
    )
    answer = shop.ask("/errors/report.php")
    assert (answer.status, answer.body, len(answer.headers["x-magento-tags-12"])) == (200, "whole", 8000)


def test_requests_may_have_long_headers(shop: WebServer) -> None:
    """Cookies as long as the load balancer lets through."""
    assert shop.ask("/", headers={"Cookie": "a=" + "b" * 16000}).status == 200


@pytest.fixture(scope="module")
def load_balancer(shop: WebServer) -> Iterator[LoadBalancer]:
    with load_balancer_of(shop) as asking:
        yield asking


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 10.8.0.6", "10.8.0.6"),
        (None, LoadBalancer.address),
    ],
)
def test_php_sees_the_address_that_the_load_balancer_saw(
    load_balancer: LoadBalancer, forwarded: str | None, address: str
) -> None:
    """Not one that the shopper wrote before it."""
    assert json.loads(load_balancer.ask(forwarded))["address"] == address


def test_an_address_from_outside_of_the_network_cannot_claim_another(shop: WebServer) -> None:
    """Only the private networks of a VPC are believed."""
    assert json.loads(shop.ask("/", headers={"X-Forwarded-For": "203.0.113.7"}).body)["address"] == "127.0.0.1"


@pytest.mark.parametrize(("scheme", "https"), [("https", "on"), ("http", None), (None, None)])
def test_php_knows_that_the_shopper_came_by_https(shop: WebServer, scheme: str | None, https: str | None) -> None:
    answer = shop.ask("/", headers={} if scheme is None else {"X-Forwarded-Proto": scheme})
    assert json.loads(answer.body)["https"] == https


def test_pages_are_compressed_but_not_for_cloudfront(shop: WebServer) -> None:
    """CloudFront says Via, and compresses with Brotli what comes uncompressed."""
    _write(shop.release / "pub/static/frontend/long.js", "let a;" * 1000)
    accepts = {"Accept-Encoding": "gzip"}
    for headers, encoding in ((accepts, "gzip"), ({**accepts, "Via": "2.0 x.cloudfront.net"}, None)):
        assert shop.ask("/static/frontend/long.js", headers=headers).headers.get("content-encoding") == encoding
