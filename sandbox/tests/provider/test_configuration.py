"""The provider's configuration: nothing but this machine is ever an endpoint."""

from __future__ import annotations

import pytest

from sandbox.provider.adapter import Values
from sandbox.provider.configuration import configuration, require_loopback
from sandbox.provider.errors import ConfigurationError
from sandbox.provider.protocol import provider_pb2
from sandbox.provider.servicer import Servicer
from sandbox.provider.values import encode

LOCAL = {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000", "AWS_REGION": "eu-west-3"}


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:5000", "http://localhost:1", "http://[::1]:5000", "https://127.8.9.10/path"]
)
def test_loopback_is_accepted(url: str) -> None:
    require_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://ec2.eu-west-3.amazonaws.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://example.com#127.0.0.1",
        "http://localhost.example.com",
        "http://10.0.0.1:5000",
        "http://169.254.169.254",
        "http://0.0.0.0:5000",
        "http://[::]:5000",
        "http://2130706433",
        "ftp://127.0.0.1",
        "127.0.0.1:5000",
        "",
        "http://[",
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    """The plugin can never touch a real account, however the address is dressed up."""
    with pytest.raises(ConfigurationError, match="loopback"):
        require_loopback(url)


@pytest.mark.parametrize(
    ("settings", "environment"),
    [
        ({}, LOCAL | {"AWS_ENDPOINT_URL": "https://sts.amazonaws.com"}),
        ({"endpoints": '[{"s3": "http://127.0.0.1:1", "ec2": "https://ec2.amazonaws.com"}]'}, LOCAL),
        ({}, {"AWS_REGION": "eu-west-3"}),
        ({"endpoints": "[]"}, {"AWS_REGION": "eu-west-3"}),
    ],
    ids=["environment", "one service of many", "nothing said", "empty list"],
)
def test_configure_refuses_an_endpoint_elsewhere_and_none_at_all(settings: Values, environment: Values) -> None:
    servicer = Servicer("aws", "1.2.3", environment)
    with pytest.raises(ConfigurationError):
        servicer.configure(provider_pb2.ConfigureRequest(args=encode(settings)))


def test_nested_settings_arrive_as_json_text() -> None:
    settings = {
        "region": "us-east-1",
        "defaultTags": '{"tags": {"Client": "c"}}',
        "endpoints": '[{"s3": "http://localhost:2"}]',
    }
    found = configuration(settings, LOCAL)
    assert found.region == "us-east-1"
    assert found.default_tags == {"Client": "c"}
    assert found.endpoints == {"s3": "http://localhost:2"}
    assert found.endpoint == LOCAL["AWS_ENDPOINT_URL"]


def test_a_stack_file_for_a_real_account_works_unmodified() -> None:
    """Who the caller is has no meaning here: there is one account, and no credentials are read."""
    settings = {"profile": "client-prod", "allowedAccountIds": '["111122223333"]', "skipRegionValidation": "true"}
    assert configuration(settings, LOCAL).region == "eu-west-3"


@pytest.mark.parametrize(
    ("settings", "environment", "said"),
    [
        ({"httpProxy": "http://proxy"}, LOCAL, "aws:httpProxy"),
        ({"defaultTags": "{"}, LOCAL, "aws:defaultTags"),
        ({}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "aws:region"),
    ],
    ids=["not handled", "not JSON", "no region"],
)
def test_a_bad_setting_is_named(settings: Values, environment: Values, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        configuration(settings, environment)
