"""The metadata service, asked as hosts ask it."""

from __future__ import annotations

import datetime
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from sandbox.hosts.metadata import Credentials, Metadata, serve
from sandbox.hosts.state_document import Instance

OPEN, STRICT = "10.0.1.1", "10.0.1.2"


def instance(address: str, disable_version_1: str) -> Instance:
    return Instance.of(
        {
            "InstanceId": f"i-{address}",
            "PrivateIpAddress": address,
            "EnvironmentName": "front",
            "ApplicationName": "shop",
            "InstanceProfile": "web",
            "Region": "eu-west-3",
            "AvailabilityZone": "eu-west-3b",
            "AccountId": "123456789012",
            "Options": {"aws:autoscaling:launchconfiguration": {"DisableIMDSv1": disable_version_1}},
        }
    )


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    credentials = Credentials(role="web-role", access_key="ASIA1", secret_key="secret", token="t", until=until)
    instances = {OPEN: instance(OPEN, "false"), STRICT: instance(STRICT, "true")}
    server = serve(Metadata(instance_at=instances.get, assume_role=lambda _: credentials))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/latest"
    server.shutdown()


def ask(url: str, address: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, headers={"X-Instance-Address": address, **named}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, ""


def token(service: str, address: str, **headers: str) -> tuple[int, str]:
    return ask(f"{service}/api/token", address, "PUT", **{"X_aws_ec2_metadata_token_ttl_seconds": "60", **headers})


def test_version_1_answers_only_where_it_is_allowed(service: str) -> None:
    assert ask(f"{service}/meta-data/instance-id", OPEN) == (200, f"i-{OPEN}")
    assert ask(f"{service}/meta-data/instance-id", STRICT)[0] == 401


def test_a_token_is_for_the_instance_that_asked_for_it(service: str) -> None:
    code, given = token(service, STRICT)
    assert code == 200
    assert ask(f"{service}/meta-data/instance-id", STRICT, X_aws_ec2_metadata_token=given) == (200, f"i-{STRICT}")
    assert ask(f"{service}/meta-data/instance-id", OPEN, X_aws_ec2_metadata_token=given)[0] == 401
    assert ask(f"{service}/meta-data/instance-id", STRICT, X_aws_ec2_metadata_token="made-up")[0] == 401


def test_no_token_without_a_life_time_or_through_a_proxy(service: str) -> None:
    assert ask(f"{service}/api/token", STRICT, "PUT")[0] == 400
    assert token(service, STRICT, X_aws_ec2_metadata_token_ttl_seconds="21601")[0] == 400
    assert token(service, STRICT, X_Forwarded_For="192.0.2.1")[0] == 403


def test_credentials_of_the_role(service: str) -> None:
    role = ask(f"{service}/meta-data/iam/security-credentials/", OPEN)
    assert role == (200, "web-role")
    code, text = ask(f"{service}/meta-data/iam/security-credentials/web-role", OPEN)
    assert (code, json.loads(text)["AccessKeyId"], json.loads(text)["Code"]) == (200, "ASIA1", "Success")
    assert ask(f"{service}/meta-data/iam/security-credentials/another", OPEN)[0] == 404


def test_what_programs_look_up(service: str) -> None:
    # The AWS CLI finds its region by the first, with the slash.
    assert ask(f"{service}/meta-data/placement/availability-zone/", OPEN) == (200, "eu-west-3b")
    assert ask(f"{service}/meta-data/placement/region", OPEN) == (200, "eu-west-3")
    assert "placement" in ask(f"{service}/meta-data/", OPEN)[1].split()
    assert json.loads(ask(f"{service}/dynamic/instance-identity/document", OPEN)[1])["accountId"] == "123456789012"
    assert ask(f"{service}/meta-data/nothing", OPEN)[0] == 404
    assert ask(f"{service}/user-data", OPEN)[0] == 404


def test_an_address_without_an_instance_gets_nothing(service: str) -> None:
    assert ask(f"{service}/meta-data/instance-id", "10.9.9.9")[0] == 404
    assert token(service, "10.9.9.9")[0] == 403
