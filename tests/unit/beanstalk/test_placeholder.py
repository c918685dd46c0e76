"""What an environment runs before its first release."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import pulumi_aws as aws
import pytest

from components.beanstalk.placeholder import Placeholder
from tests.unit.graph import Graph, Resource
from tests.unit.program import program

PHP = "aws:elasticbeanstalk:container:php:phpini"
PROCESS = "aws:elasticbeanstalk:environment:process:default"


def environments(graph: Graph) -> tuple[Resource, ...]:
    return tuple(graph.of_type(aws.elasticbeanstalk.Environment))


def option(environment: Resource, namespace: str, name: str) -> Any:
    (value,) = (
        each["value"]
        for each in environment.inputs["settings"]
        if (each["namespace"], each["name"]) == (namespace, name)
    )
    return value


@pytest.mark.parametrize(
    ("document_root", "health_check_path", "health"),
    [
        ("/", "/", "index.php"),
        ("/public", "/", "public/index.php"),
        ("/web/", "/dashboard/login", "web/dashboard/login"),
        ("/pub", "/pub/health_check.php", "pub/pub/health_check.php"),
        ("/pub", "/status/", "pub/status/index.php"),
        ("/pub", "/ping?from=load-balancer", "pub/ping"),
        ("/public", "/../../etc/cron.d/x", "public/etc/cron.d/x"),
        ("/../..", "/x", "x"),
    ],
)
def test_the_page_lies_where_the_web_server_looks(document_root: str, health_check_path: str, health: str) -> None:
    """A file of exactly the health check's name: a directory of that name would be a redirect."""
    files = Placeholder(document_root=document_root, health_check_path=health_check_path).files
    assert "has no release yet" in files[health]
    assert [path for path in files if path.endswith("index.php")]


def test_the_bundle_is_the_same_at_every_run() -> None:
    """Else each `up` would change the object."""
    placeholder = Placeholder(document_root="/pub", health_check_path="/pub/health_check.php")
    with zipfile.ZipFile(io.BytesIO(placeholder.bundle())) as bundle:
        assert {each.date_time for each in bundle.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {each.compress_type for each in bundle.infolist()} == {zipfile.ZIP_STORED}
        assert {each.filename: bundle.read(each).decode() for each in bundle.infolist()} == placeholder.files
    assert placeholder.bundle() == placeholder.bundle()


@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_every_environment_starts_with_a_page_at_its_own_health_path(stack: str) -> None:
    """Otherwise Beanstalk starts its sample application, which has none of the paths, and the first `up` fails."""
    graph = program(stack)
    versions = {each.inputs["application"]: each for each in graph.of_type(aws.elasticbeanstalk.ApplicationVersion)}
    assert environments(graph)
    for environment in environments(graph):
        version = versions[environment.inputs["application"]]
        assert environment.inputs["version"] == version.inputs["name"]
        assert version.urn in environment.dependencies
        assert "version" in environment.ignore_changes
        (stored,) = (
            each for each in graph.of_type(aws.s3.BucketObjectv2) if each.inputs["key"] == version.inputs["key"]
        )
        assert stored.inputs["bucket"] == version.inputs["bucket"]
        served = Placeholder(
            document_root=option(environment, PHP, "document_root"),
            health_check_path=option(environment, PROCESS, "HealthCheckPath"),
        )
        assert base64.b64decode(stored.inputs["contentBase64"]) == served.bundle()


@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_nothing_in_beanstalk_has_the_tag_name(stack: str) -> None:
    """The provider drops it on every resource of the service, and wants to add it again at each run."""
    graph = program(stack)
    for kind in (
        aws.elasticbeanstalk.Application,
        aws.elasticbeanstalk.ApplicationVersion,
        aws.elasticbeanstalk.Environment,
    ):
        for each in graph.of_type(kind):
            assert set(each.inputs["tags"]) == {"Client", "Environment", "System", "ManagedBy"}
