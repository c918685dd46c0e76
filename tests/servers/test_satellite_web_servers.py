"""Row 6: what nginx and Apache answer for each satellite's release, with the shipped configuration and real php-fpm."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.namespaces import Network, require_namespaces
from tests.servers.programs import require
from tests.servers.release import Release
from tests.servers.web_servers import WebServer, apache, nginx

FRONT_CONTROLLER = """<?php
header('Content-Type: application/json');
$said = ['uri' => 'REQUEST_URI', 'script' => 'SCRIPT_NAME', 'address' => 'REMOTE_ADDR', 'https' => 'HTTPS'];
$body = ['get' => $_GET, 'body' => strlen(file_get_contents('php://input'))];
echo json_encode(array_map(fn ($name) => $_SERVER[$name] ?? null, $said) + $body);
"""
DOCUMENT_ROOTS = {"pim": "/public", "custom-connection": "/public", "mirakl-cashout": "/web"}
LOAD_BALANCER = "10.0.1.9"


def _lay_out(release: Release, document_root: str) -> None:
    root = release.directory / document_root.removeprefix("/")
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
        (release.directory / name).parent.mkdir(exist_ok=True)
        (release.directory / name).write_text("private")


@pytest.fixture(scope="module", params=list(DOCUMENT_ROOTS))
def served(request: pytest.FixtureRequest) -> Iterator[WebServer]:
    """Each satellite by its web server, with its document root."""
    satellite = request.param
    serve = apache if satellite == "mirakl-cashout" else nginx
    # Apache does not serve as root, and only root reads pytest's own directories.
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory)
        base.chmod(0o755)
        release = Release.of(satellite, base)
        _lay_out(release, DOCUMENT_ROOTS[satellite])
        (base / "servers").mkdir()
        with serve(release.directory, DOCUMENT_ROOTS[satellite], base / "servers") as server:
            yield server


@pytest.mark.row(6)
@pytest.mark.parametrize("path", ["/", "/user/login", "/api/rest/v1/products?limit=10", "/dashboard/", "/index.php/a"])
def test_every_page_is_the_front_controllers(served: WebServer, path: str) -> None:
    answer = served.ask(path)
    assert answer.status == 200, answer.body
    said = json.loads(answer.body)
    assert (said["uri"], said["script"]) == (path, "/index.php")


@pytest.mark.row(6)
def test_the_query_reaches_the_application(served: WebServer) -> None:
    assert json.loads(served.ask("/search?q=red+bag&page=2").body)["get"] == {"q": "red bag", "page": "2"}


@pytest.mark.row(6)
def test_files_are_served_beside_it(served: WebServer) -> None:
    assert served.ask("/app.css").body == "body{}"
    assert served.ask("/.well-known/security.txt").body == "Contact: us"


@pytest.mark.row(6)
@pytest.mark.parametrize(
    "path", ["/info.php", "/info.php?x=1", "/uploads/evil.php", "/uploads/evil.phtml", "/.htpasswd", "/.git/config"]
)
def test_hidden_files_and_other_php_files_are_denied(served: WebServer, path: str) -> None:
    """Partners upload files by FTP: PHP among them must not run."""
    assert served.ask(path).status == 403


@pytest.mark.row(6)
def test_a_file_does_not_run_as_the_directory_of_a_path(served: WebServer) -> None:
    assert "it ran" not in served.ask("/uploads/evil.php/x.css").body


@pytest.mark.row(6)
@pytest.mark.parametrize("path", ["/../.env.local", "/%2e%2e/composer.json", "/config/parameters.yml"])
def test_nothing_outside_of_the_document_root_is_served(served: WebServer, path: str) -> None:
    assert "private" not in served.ask(path).body


@pytest.mark.row(6)
def test_uploads_of_up_to_64_mib_pass(served: WebServer) -> None:
    mib = 2**20
    answer = served.ask("/import", "POST", body=b"x" * 20 * mib)
    assert (answer.status, json.loads(answer.body)["body"]) == (200, 20 * mib)


@pytest.mark.row(6)
def test_nginx_refuses_larger_uploads(tmp_path: Path) -> None:
    """Apache leaves that to PHP's post_max_size."""
    release = Release.of("pim", tmp_path)
    _lay_out(release, "/public")
    (tmp_path / "servers").mkdir()
    with nginx(release.directory, "/public", tmp_path / "servers") as server:
        too_large = {"Content-Length": str(65 * 2**20)}
        assert server.ask("/import", "POST", body=b"", headers=too_large).status == 413


@pytest.mark.row(6)
@pytest.mark.parametrize(("scheme", "https"), [("https", "on"), ("http", None), (None, None)])
def test_php_knows_that_the_visitor_came_by_https(served: WebServer, scheme: str | None, https: str | None) -> None:
    answer = served.ask("/", headers={} if scheme is None else {"X-Forwarded-Proto": scheme})
    assert json.loads(answer.body)["https"] == https


@pytest.fixture(scope="module")
def inside_the_network(served: WebServer) -> Iterator[Network]:
    """A machine that runs the web server again, with an address of the VPC from which to ask it."""
    require_namespaces()
    require("curl")
    with Network() as network:
        network.add_machine("instance")
        network.run("instance", "ip", "address", "add", f"{LOAD_BALANCER}/32", "dev", "lo")
        network.start("instance", *served.command)
        yield network


@pytest.mark.row(6)
@pytest.mark.parametrize("forwarded", ["203.0.113.7", "198.51.100.1, 203.0.113.7"])
def test_php_sees_the_address_that_the_load_balancer_saw(
    served: WebServer, inside_the_network: Network, forwarded: str
) -> None:
    body = inside_the_network.run(
        "instance",
        *("curl", "--silent", "--retry", "20", "--retry-connrefused", "--retry-delay", "1"),
        *("--interface", LOAD_BALANCER, "--header", f"X-Forwarded-For: {forwarded}"),
        f"http://127.0.0.1:{served.port}/",
    )
    assert json.loads(body)["address"] == "203.0.113.7"


@pytest.mark.row(6)
def test_an_application_without_a_front_controller_says_so(tmp_path: Path) -> None:
    """Its PHP files then run at their own paths, and hidden files stay hidden."""
    release = Release.of("pim", tmp_path)
    _lay_out(release, "/public")
    chosen = release.run("hooks/prebuild/40_choose_front_controller.sh", FRONT_CONTROLLER="none")
    assert chosen.returncode == 0, chosen.stderr
    (tmp_path / "servers").mkdir()
    with nginx(release.directory, "/public", tmp_path / "servers") as server:
        assert server.ask("/info.php").body == "it ran"
        assert server.ask("/user/login").status == 404
        assert server.ask("/.htpasswd").status == 403
        assert server.ask("/.well-known/security.txt").body == "Contact: us"


@pytest.mark.row(6)
@pytest.mark.parametrize("variables", [{}, {"FRONT_CONTROLLER": "/index.php"}])
def test_a_front_controller_is_the_rule(tmp_path: Path, variables: dict[str, str]) -> None:
    release = Release.of("pim", tmp_path)
    assert release.run("hooks/prebuild/40_choose_front_controller.sh", **variables).returncode == 0
    assert (release.directory / ".platform/nginx/conf.d/elasticbeanstalk/front_controller.conf").exists()


@pytest.mark.row(6)
def test_php_takes_the_settings_of_a_satellite(tmp_path: Path) -> None:
    release = Release.of("pim", tmp_path)
    for _ in range(2):
        tuned = release.run("hooks/prebuild/40_tune_php.sh")
        assert tuned.returncode == 0, tuned.stderr
    names = ["opcache.memory_consumption", "opcache.max_accelerated_files", "opcache.validate_timestamps"]
    names += ["realpath_cache_size", "realpath_cache_ttl", "post_max_size", "upload_max_filesize"]
    public = release.directory / "public"
    public.mkdir()
    asks = f"<?php echo json_encode(array_map('ini_get', json_decode('{json.dumps(names)}')));"
    (public / "index.php").write_text(asks)
    (tmp_path / "servers").mkdir()
    (release.machine / "etc/php-fpm.d").mkdir()
    with nginx(release.directory, "/public", tmp_path / "servers", etc=release.machine / "etc") as server:
        assert json.loads(server.ask("/").body) == ["256", "20000", "1", "4096K", "600", "64M", "64M"]
