"""What counts as a credential in the clear, and what only speaks of one."""

from __future__ import annotations

import base64
import gzip

import pytest

from policies.aws.credentials import credentials_in, is_reference, is_secret_name


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
        f"git clone with ghp_{'a1B2' * 9}",
        "mysql://magento:tulip@db.client.url/magento",
        "curl -H 'Authorization: Basic bWFnZW50bzp0dWxpcA=='",
        "CREATE USER magento IDENTIFIED BY 'tulips in june'",
        "mysql --user=magento --password=tulip2026",
        "DB_PASSWORD=tulip2026",
        "'password' => 'correct horse battery',",
        '{"content": "{\\"api_key\\": \\"tulips-in-june\\"}"}',
        "secret_key: 4f9c2e71d0",
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_credential_is_found(text: str, packed: bool) -> None:
    """In the clear, and packed as user data and the files within it are."""
    assert credentials_in(_packed(text) if packed else text)


def test_a_credential_is_found_in_a_file_within_a_script() -> None:
    assert credentials_in(_packed(f"write_files: [{{content: {_packed('DB_PASSWORD=tulip2026')}}}]"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----BEGIN CERTIFICATE-----",
        "arn:aws:secretsmanager:eu-west-3:123456789012:secret:database-1a2b3c4d",
        "https://client.url:8443/@handle",
        "mysql://magento:${PASSWORD}@db.client.url",
        "password=$(aws secretsmanager get-secret-value)",
        'token="$TOKEN_1"',
        "passwordFile: /run/secrets/database1",
        "password: {{ database_password_1 }}",
        "secret: arn:aws:secretsmanager:eu-west-3:1:secret:database1",
        "httpTokens: required",
        "password = read_password(prompt1)",
        "def log_in(token: AuthToken) -> None",
        "minimum password length: 14",
    ],
)
def test_what_only_speaks_of_a_credential_is_not_one(text: str) -> None:
    """Where it is, how it is called and how long it must be may be known to all."""
    assert not credentials_in(text)
    assert not credentials_in(_packed(text))


def test_what_is_packed_small_and_unpacks_large_is_given_up() -> None:
    """A few kilobytes that unpack into gigabytes do not stop a preview."""
    assert not credentials_in(_packed("a " * 50_000_000))


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("masterUserPassword", True),
        ("DB_PASSWORD", True),
        ("privateKey", True),
        ("tunnel1PresharedKey", True),
        ("authToken", True),
        ("X-Origin-Token", True),
        ("password2", True),
        ("passwordLength", False),
        ("secretArn", False),
        ("httpTokens", False),
        ("key", False),
        ("publicKey", False),
        ("kmsKeyId", False),
        ("", False),
    ],
)
def test_names_for_secrets(name: str, is_one: bool) -> None:
    assert is_secret_name(name) is is_one


@pytest.mark.parametrize("text", ["", "${PASSWORD}", "<password>", "/run/password", "{{resolve:secretsmanager:a}}"])
def test_a_reference_is_no_secret(text: str) -> None:
    assert is_reference(text)


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode())).decode()
