"""Calls to AWS: all pages of an answer, and a refusal that names its call; against a server that speaks as AWS does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from commands.aws_api import AwsApi, RefusedError


class Answering(BaseHTTPRequestHandler):
    """Answers each call with what `answer` says."""

    def answer(self, asked: dict[str, list[str]]) -> tuple[int, str]:
        raise NotImplementedError

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        status, text = self.answer(asked)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None: ...


class Refusing(Answering):
    """AWS's answer to a caller without permission."""

    def answer(self, asked: dict[str, list[str]]) -> tuple[int, str]:
        error = "<Code>UnauthorizedOperation</Code><Message>You are not authorized</Message>"
        return 403, f"<Response><Errors><Error>{error}</Error></Errors><RequestID>1</RequestID></Response>"


class InPages(Answering):
    """Three subnets, one a page."""

    def answer(self, asked: dict[str, list[str]]) -> tuple[int, str]:
        page = int(asked.get("NextToken", ["1"])[0])
        more = f"<nextToken>{page + 1}</nextToken>" if page < 3 else ""
        subnets = f"<subnetSet><item><subnetId>subnet-{page}</subnetId></item></subnetSet>"
        return 200, f"<DescribeSubnetsResponse>{subnets}{more}</DescribeSubnetsResponse>"


@contextmanager
def answering(monkeypatch: pytest.MonkeyPatch, handler: type[Answering]) -> Iterator[None]:
    """boto3 meets that server, and no setting of the caller's."""
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_answer_is_read_to_its_last_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """On an account with many resources, a rule on the second page opens a door as well."""
    with answering(monkeypatch, InPages):
        found = AwsApi("eu-west-3").list("ec2", "describe_subnets", "Subnets")
    assert [each["SubnetId"] for each in found] == ["subnet-1", "subnet-2", "subnet-3"]


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("ec2", "describe_vpcs", "ec2:DescribeVpcs"),
        ("rds", "describe_db_instances", "rds:DescribeDBInstances"),
        ("elbv2", "describe_load_balancers", "elasticloadbalancing:DescribeLoadBalancers"),
    ],
)
def test_a_refusal_names_the_right_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, service: str, operation: str, action: str
) -> None:
    """As a policy of IAM spells it."""
    with answering(monkeypatch, Refusing), pytest.raises(RefusedError, match=f"^{action}: "):
        AwsApi("eu-west-3").list(service, operation, "Any")


def test_the_region_is_that_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """`AWS_REGION` is what a message asks for. boto3 does not look at it."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert AwsApi(None).region == "eu-west-1"
    assert AwsApi("eu-west-3").region == "eu-west-3"
