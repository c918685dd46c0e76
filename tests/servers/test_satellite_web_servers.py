"""Row 6: what nginx and Apache answer for each satellite's release, with the shipped configuration and real php-fpm."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.beanstalk_instance import BeanstalkInstance
from tests.servers.release import DATABASE, satellite_bundle
from tests.servers.web_servers import LoadBalancer, WebServer, apache, load_balancer_of, nginx

FRONT_CONTROLLER = """<?php
header('Content-Type: application/json');
$said = ['uri' => 'REQUEST_URI', 'script' => 'SCRIPT_NAME', 'address' => 'REMOTE_ADDR', 'https' => 'HTTPS'];
$body = ['get' => $_GET, 'body' => strlen(file_get_contents('php://input'))];
echo json_encode(array_map(fn ($name) => $_SERVER[$name] ?? null, $said) + $body);
"""
DOCUMENT_ROOTS = {"pim": "/public", "custom-connection": "/public", "mirakl-cashout": "/web"}
FRONT_CONTROLLER_CONF = ".platform/nginx/conf.d/elasticbeanstalk/front_controller.conf"


def release_of(satellite: str, directory: Path) -> Path:
    """A release with files that are for visitors, and others that are not."""
    release = satellite_bundle(directory, satellite)
    root = release / DOCUMENT_ROOTS[satellite].removeprefix("/")
    files = {
        "index.php": FRONT_CONTROLLER,
        "app.css": "body{}",
        "info.php": "<?php echo 'it ran';",
        "uploads/evil.php": "<?php echo 'it ran';",
        "uploads/evil.phtml": "<?php echo 'it ran';",
        ".htpasswd": "private",
        ".git/config": "private",
        ".well-known/security.txt": "Contact: us",
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    for name in (".env.local", "config/parameters.yml", "composer.json"):
        (release / name).parent.mkdir(exist_ok=True)
        (release / name).write_text("private")
    return release


@pytest.fixture(scope="module", params=list(DOCUMENT_ROOTS))
def served(request: pytest.FixtureRequest) -> Iterator[WebServer]:
    """Each satellite by its web server, with its document root."""
    satellite = request.param
    serve = apache if satellite == "mirakl-cashout" else nginx
    # Apache does not serve as root, and only root reads pytest's own directories.
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory)
        base.chmod(0o755)
        release = release_of(satellite, base / "release")
        (base / "servers").mkdir()
        with serve(release, DOCUMENT_ROOTS[satellite], base / "servers") as server:
            yield server


@pytest.mark.parametrize("path", ["/", "/user/login", "/api/rest/v1/products?limit=10", "/dashboard/", "/index.php/a"])
def test_every_page_is_the_front_controllers(served: WebServer, path: str) -> None:
    answer = served.ask(path)
    assert answer.status == 200, answer.body
    said = json.loads(answer.body)
    assert (said["uri"], said["script"]) == (path, "/index.php")


def test_an_identifier_may_begin_with_a_dot(tmp_path: Path) -> None:
    """In nginx's rules. The connector, which Apache serves, has no such paths."""
    release = release_of("pim", tmp_path / "release")
    (tmp_path / "servers").mkdir()
    with nginx(release, "/public", tmp_path / "servers") as server:
        said = json.loads(server.ask("/api/rest/v1/products/.5-inch?limit=1").body)
    assert (said["uri"], said["script"]) == ("/api/rest/v1/products/.5-inch?limit=1", "/index.php")


def test_the_query_reaches_the_application(served: WebServer) -> None:
    assert json.loads(served.ask("/search?q=red+bag&page=2").body)["get"] == {"q": "red bag", "page": "2"}


def test_files_are_served_beside_it(served: WebServer) -> None:
    assert served.ask("/app.css").body == "body{}"
    assert served.ask("/.well-known/security.txt").body == "Contact: us"


@pytest.mark.parametrize(
    "path", ["/info.php", "/info.php?x=1", "/uploads/evil.php", "/uploads/evil.phtml", "/.htpasswd", "/.git/config"]
)
def test_hidden_files_and_other_php_files_are_denied(served: WebServer, path: str) -> None:
    """Partners upload files by FTP: PHP among them must not run."""
    assert served.ask(path).status == 403


def test_a_file_does_not_run_as_the_directory_of_a_path(served: WebServer) -> None:
    assert "it ran" not in served.ask("/uploads/evil.php/x.css").body


@pytest.mark.parametrize("path", ["/../.env.local", "/%2e%2e/composer.json", "/config/parameters.yml"])
def test_nothing_outside_of_the_document_root_is_served(served: WebServer, path: str) -> None:
    assert "private" not in served.ask(path).body


def test_uploads_of_up_to_64_mib_pass(served: WebServer) -> None:
    mib = 2**20
    answer = served.ask("/import", "POST", body=b"x" * 20 * mib)
    assert (answer.status, json.loads(answer.body)["body"]) == (200, 20 * mib)


def test_nginx_refuses_larger_uploads(tmp_path: Path) -> None:
    """Apache leaves that to PHP's post_max_size."""
    release = release_of("pim", tmp_path / "release")
    (tmp_path / "servers").mkdir()
    with nginx(release, "/public", tmp_path / "servers") as server:
        too_large = {"Content-Length": str(65 * 2**20)}
        assert server.ask("/import", "POST", body=b"", headers=too_large).status == 413


@pytest.mark.parametrize(("scheme", "https"), [("https", "on"), ("http", None), (None, None)])
def test_php_knows_that_the_visitor_came_by_https(served: WebServer, scheme: str | None, https: str | None) -> None:
    answer = served.ask("/", headers={} if scheme is None else {"X-Forwarded-Proto": scheme})
    assert json.loads(answer.body)["https"] == https


@pytest.fixture(scope="module")
def load_balancer(served: WebServer) -> Iterator[LoadBalancer]:
    with load_balancer_of(served) as asking:
        yield asking


@pytest.mark.parametrize("forwarded", ["203.0.113.7", "198.51.100.1, 203.0.113.7"])
def test_php_sees_the_address_that_the_load_balancer_saw(load_balancer: LoadBalancer, forwarded: str) -> None:
    assert json.loads(load_balancer.ask(forwarded))["address"] == "203.0.113.7"


def test_an_application_without_a_front_controller_keeps_its_paths(tmp_path: Path) -> None:
    """Its PHP files run at their own paths, and hidden files stay hidden."""
    release = release_of("pim", tmp_path / "release")
    (release / FRONT_CONTROLLER_CONF).unlink()
    (tmp_path / "servers").mkdir()
    with nginx(release, "/public", tmp_path / "servers") as server:
        assert server.ask("/info.php").body == "it ran"
        assert server.ask("/user/login").status == 404
        assert server.ask("/.htpasswd").status == 403
        assert server.ask("/.well-known/security.txt").body == "Contact: us"


@pytest.mark.parametrize(
    ("properties", "has_one"),
    [({}, True), ({"FRONT_CONTROLLER": "/index.php"}, True), ({"FRONT_CONTROLLER": "none"}, False)],
)
@pytest.mark.parametrize("kind", ["hooks", "confighooks"])
def test_a_property_leaves_the_front_controller_out(
    tmp_path: Path, properties: dict[str, str], has_one: bool, kind: str
) -> None:
    """At each deployment, and when only the property changes."""
    with BeanstalkInstance(tmp_path, properties={**DATABASE, **properties}) as instance:
        instance.stage(satellite_bundle(tmp_path / "bundle", "pim"))
        for hook in instance.hooks(kind, "prebuild"):
            instance.hook(hook)
        assert instance.exists(f"/var/app/staging/{FRONT_CONTROLLER_CONF}") is has_one


def test_php_takes_the_settings_of_a_satellite(tmp_path: Path) -> None:
    bundle = satellite_bundle(tmp_path / "bundle", "pim")
    with BeanstalkInstance(tmp_path, properties={}) as instance:
        instance.stage(bundle)
        for _ in range(2):
            instance.hook("hooks/prebuild/40_tune_php.sh")
        written = instance.read("/etc/php.d/99-satellite.ini")
    names = ["opcache.memory_consumption", "opcache.max_accelerated_files", "opcache.validate_timestamps"]
    names += ["realpath_cache_size", "realpath_cache_ttl", "post_max_size", "upload_max_filesize"]
    asks = f"<?php echo json_encode(array_map('ini_get', json_decode('{json.dumps(names)}')));"
    (bundle / "public/index.php").write_text(asks)
    for directory in ("servers", "etc/php.d", "etc/php-fpm.d"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "etc/php.d/99-satellite.ini").write_text(written)
    with nginx(bundle, "/public", tmp_path / "servers", etc=tmp_path / "etc") as server:
        assert json.loads(server.ask("/").body) == ["256", "20000", "1", "4096K", "600", "64M", "64M"]
