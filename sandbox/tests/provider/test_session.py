"""The clients that adapters get, and waiting."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.provider.adapter import Cancelled
from sandbox.provider.configuration import Configuration
from sandbox.provider.session import Region, Session

ENDPOINT = "http://127.0.0.1:1"


@pytest.fixture
def session() -> Session:
    return Session(
        Configuration(region="eu-west-3", endpoint=ENDPOINT, endpoints={"s3": "http://localhost:2"}, default_tags={})
    )


def test_clients_go_to_the_configured_endpoint_with_path_style_buckets(session: Session) -> None:
    aws = Region(session=session, region="us-east-1")
    assert aws.client("sqs").meta.endpoint_url == ENDPOINT
    assert aws.client("sqs").meta.region_name == "us-east-1"
    assert aws.client("sqs", "eu-west-3").meta.region_name == "eu-west-3"
    assert aws.client("s3").meta.endpoint_url == "http://localhost:2"
    url = aws.client("s3").generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    assert url.startswith("http://localhost:2/b/k?")


def test_threads_share_one_client_a_service_and_region(session: Session) -> None:
    aws = Region(session=session, region="eu-west-3")
    with ThreadPoolExecutor(8) as threads:
        clients = set(threads.map(lambda _: id(aws.client("sqs")), range(32)))
    assert len(clients) == 1
    assert aws.client("sqs", "us-east-1") is not aws.client("sqs")


def test_no_credentials_profile_or_proxy_of_the_user_are_used(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person's own ``~/.aws`` and ``AWS_PROFILE`` are neither needed nor looked at, and a key never leaves them."""
    (tmp_path / "config").write_text(
        "[profile mine]\nregion = eu-north-1\n[default]\nendpoint_url = https://example.com\n"
    )
    (tmp_path / "credentials").write_text("[mine]\naws_access_key_id = REAL\naws_secret_access_key = REAL\n")
    for name, value in {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_PROFILE": "no-such-profile",
        "AWS_ACCESS_KEY_ID": "REAL",
        "AWS_SECRET_ACCESS_KEY": "REAL",
        "AWS_SESSION_TOKEN": "REAL",
        "AWS_ENDPOINT_URL_SQS": "https://sqs.example.com",
        "HTTP_PROXY": "http://proxy.example.com:3128",
    }.items():
        monkeypatch.setenv(name, value)
    client = Region(session=session, region="eu-west-3").client("sqs")
    sent: list[bytes] = []
    client.meta.events.register("before-send.*.*", lambda request, **_: sent.append(repr(request.headers).encode()))
    with pytest.raises(Exception, match=re.escape(ENDPOINT)):
        client.list_queues()
    assert sent
    assert client.meta.endpoint_url == ENDPOINT
    assert not any(b"REAL" in headers for headers in sent)


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-3", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_the_partition_follows_the_region(session: Session, region: str, partition: str) -> None:
    assert Region(session=session, region=region).partition == partition


def test_waiting_ends_when_it_is_ready(session: Session) -> None:
    answers = iter([False, False, True])
    Region(session=session, region="eu-west-3").wait("it", lambda: next(answers), interval=0)


def test_waiting_ends_at_the_resource_s_own_timeout(session: Session) -> None:
    with pytest.raises(TimeoutError, match=r"the database: not ready after 0.05 s"):
        Region(session=session, region="eu-west-3", timeout_s=0.05).wait("the database", lambda: False, interval=0.01)


def test_ctrl_c_ends_waiting_at_once(session: Session) -> None:
    """Also in the middle of a long interval: the engine kills a plugin that does not come back."""
    threading.Timer(0.05, session.cancelled.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled, match="the database"):
        Region(session=session, region="eu-west-3").wait("the database", lambda: False, interval=60)
    assert time.monotonic() - began < 10
