"""A shop that comes with its database keeps the crypt key that it had."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import pulumi_aws as aws
import pulumi_random as random
import pytest

from components.site.crypt_key import as_magento_has_it
from settings.messages import FaultsError
from tests.unit import cloud
from tests.unit.graph import Graph
from tests.unit.program import SITE_ALONE, build_program, stack_config

OLDER = "0123456789abcdef0123456789abcdef"
KEY = "abcdefghijklmnopqrstuvwxyz012345"
LONG = f"base64{b64encode(b'k' * 32).decode()}"
GET_SECRET_VERSION = "aws:secretsmanager/getSecretVersion:getSecretVersion"


@pytest.mark.parametrize(
    ("made", "key"),
    [
        pytest.param(b"k" * 24, "a2tra2tra2tra2tra2tra2tra2tra2tr", id="of a new stack"),
        pytest.param(b"k" * 32, "base64a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=", id="of one that had it longer"),
    ],
)
def test_the_crypt_key_is_of_the_length_that_magento_takes(made: bytes, key: str) -> None:
    """As it is, 32 characters. With the prefix that says that Magento decodes it, 32 bytes."""
    assert as_magento_has_it(b64encode(made).decode()) == key
    assert len(b64decode(key.removeprefix("base64")) if key.startswith("base64") else key) == 32


def site_with(secret: str | None, monkeypatch: pytest.MonkeyPatch, *, why: str = "couldn't find resource") -> Graph:
    """A site whose stack file names this secret, which lies in another region."""
    # A name of its own: graphs are kept by their configuration, and the secret's value is none of it.
    arn = f"arn:aws:secretsmanager:eu-central-1:123456789012:secret:crypt-key-{cloud.hex_of(str(secret))}"

    def answer(arguments: dict[str, Any], region: str) -> dict[str, Any]:
        assert (arguments["secretId"], arguments["region"]) == (arn, "eu-central-1")
        if secret is None:
            raise cloud.ProviderError(f"reading Secrets Manager Secret Version ({arn}|AWSCURRENT): {why}")
        return {"id": arn, "secretString": secret}

    monkeypatch.setattr(cloud, "FUNCTIONS", {**cloud.FUNCTIONS, GET_SECRET_VERSION: answer})
    site = {**stack_config("prod")["magento:site"], "crypt_key_secret": arn}
    return build_program("prod", config={**SITE_ALONE, "magento:site": site})


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (KEY, KEY),
        (LONG, LONG),
        (f"{OLDER}\n{KEY}", f"{OLDER}\n{KEY}"),
        pytest.param(f" {OLDER}\r\n{KEY}\r\n", f"{OLDER}\n{KEY}", id="written on Windows"),
        pytest.param(
            f"of-an-older-cipher\n{KEY}", f"of-an-older-cipher\n{KEY}", id="an older one is of another length"
        ),
    ],
)
def test_the_stack_uses_the_key_of_the_secret(said: str, written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In ``env.php``, in the order in which values in the database count them, and in the secret that the stack keeps.
    It makes none of its own, and the state has it encrypted."""
    graph = site_with(json.dumps({"crypt_key": said}), monkeypatch)
    stored = graph.one(aws.s3.BucketObjectv2, name="site-configuration-env")
    assert f"'key' => '{written}'" in stored.inputs["content"]
    assert stored.is_secret("content")
    kept = graph.one(aws.secretsmanager.SecretVersion, name="site-configuration-crypt-value")
    assert json.loads(kept.inputs["secretString"]) == {"crypt_key": written}
    assert kept.is_secret("secretString")
    assert not graph.of_type(random.RandomBytes)


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(KEY, id="the key alone"),
        pytest.param(json.dumps([KEY]), id="a list"),
        pytest.param(json.dumps({"key": KEY}), id="another field"),
        pytest.param(json.dumps({"crypt_key": 5}), id="a number"),
        pytest.param(json.dumps({"crypt_key": ""}), id="nothing"),
        pytest.param(json.dumps({"crypt_key": KEY[1:]}), id="a character too few"),
        pytest.param(json.dumps({"crypt_key": "base64AAAA"}), id="bytes too few"),
        pytest.param(json.dumps({"crypt_key": f"base64{'*' * 44}"}), id="no Base64"),
        pytest.param(json.dumps({"crypt_key": f"{KEY}\nshort"}), id="the newest too short"),
    ],
)
def test_a_secret_without_a_key_is_refused(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is made, and without what the secret holds."""
    with pytest.raises(FaultsError) as refused:
        site_with(secret, monkeypatch)
    (fault,) = refused.value.faults
    assert fault.path == "site.crypt_key_secret"
    assert "a JSON object whose crypt_key ends with a key of 32 characters" in fault.expected
    assert KEY[1:] not in str(refused.value)


@pytest.mark.parametrize(
    "why",
    [
        "couldn't find resource",
        "operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, "
        "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.",
    ],
)
def test_a_secret_that_is_not_there_is_refused(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FaultsError) as refused:
        site_with(None, monkeypatch, why=why)
    assert [fault.path for fault in refused.value.faults] == ["site.crypt_key_secret"]


def test_what_aws_refuses_otherwise_is_said_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may not read the secret must not look for a wrong ARN."""
    with pytest.raises(Exception, match="AccessDeniedException"):
        site_with(None, monkeypatch, why="AccessDeniedException: not authorized")
