"""Rows 1 and 6: what real web servers answer for the version that an environment starts with."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import pytest

from components.beanstalk.placeholder import Placeholder
from tests.servers.web_servers import apache, nginx
from tests.unit.program import stack_config

SITE = stack_config("prod")["magento:site"]
SATELLITES = {each["name"]: each for each in stack_config("prod")["magento:satellites"]}


def unpacked(placeholder: Placeholder, directory: Path) -> Path:
    """The bundle as Beanstalk unpacks it. It has no configuration of the web server."""
    with zipfile.ZipFile(io.BytesIO(placeholder.bundle())) as bundle:
        bundle.extractall(directory)
    (directory / ".platform/nginx/conf.d/elasticbeanstalk").mkdir(parents=True)
    (directory / ".platform/httpd/conf.d").mkdir(parents=True)
    # Apache wants a file.
    (directory / ".platform/httpd/conf.d/none.conf").touch()
    return directory


@pytest.mark.parametrize(
    "environment",
    [SITE, *SATELLITES.values(), {"health_check_path": "/status/", "document_root": "/"}],
    ids=["magento", *SATELLITES, "a directory"],
)
def test_a_new_environment_is_healthy(environment: dict[str, str]) -> None:
    """The health check gets 200 itself, and not a redirect. The start page says that there is no release."""
    path = environment.get("health_check_path", "/")
    document_root = environment["document_root"]
    serve = apache if environment.get("web_server") == "apache" else nginx
    # Apache does not serve as root, and only root reads pytest's own directories.
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        placeholder = Placeholder(document_root=document_root, health_check_path=path)
        release = unpacked(placeholder, directory / "release")
        (directory / "servers").mkdir()
        with serve(release, document_root, directory / "servers") as server:
            for asked in ("/", path):
                answer = server.ask(asked)
                assert answer.status == 200, asked
                assert "has no release yet" in answer.body
            # Beside the pages, the bundle says what it is; that is not for visitors.
            assert server.ask("/README.txt").status == (200 if document_root == "/" else 404)
