"""Magento's crypt key, with which the shop's database is encrypted in part."""

from __future__ import annotations

import base64
import json

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.shared.arguments import refuse
from components.shared.context import Context

_FIELD = "crypt_key"
"""Of the secret, here as in the one that a stack makes."""
_BYTES = 24
"""In Base64, they are the 32 characters that every Magento takes as they are (``KeyValidator``)."""
_CHARACTERS = 32
_PREFIX = "base64"
"""Before a key that Magento 2.4.7 and later decode first ("Encryption key")."""
_NOT_THERE = ("couldn't find resource", "InvalidRequestException")
"""What the provider says of a secret that is not there or has no value, and AWS of one that is being deleted."""


def own_crypt_key(name: str, context: Context, parent: pulumi.Resource) -> pulumi.Output[str]:
    """A key that the stack makes, as ``env.php`` has it."""
    # Without it, encrypted data in the database is lost. So it is protected like the database, and a key that is
    # there keeps its length.
    made = random.RandomBytes(
        name,
        length=_BYTES,
        opts=pulumi.ResourceOptions(parent=parent, protect=context.protect, ignore_changes=["length"]),
    )
    return made.base64.apply(as_magento_has_it)


def as_magento_has_it(encoded: str) -> str:
    """The crypt key for ``env.php``, from Base64. Longer ones are of stacks from before."""
    return encoded if len(encoded) == _CHARACTERS else f"{_PREFIX}{encoded}"


def crypt_key_of(secret_arn: str) -> pulumi.Output[str]:
    """The keys of a secret, as ``env.php`` has them: a line each, the newest last.

    Raises ``ArgumentError`` if the secret is not there, or holds no key that Magento can encrypt with.
    """
    path = "site.crypt_key_secret"
    try:
        # AWS has it where its ARN says, and Pulumi looks in the stack's region.
        said = aws.secretsmanager.get_secret_version(secret_id=secret_arn, region=secret_arn.split(":")[3])
    except Exception as error:  # the SDK's own, without a type
        if not any(words in str(error) for words in _NOT_THERE):
            raise
        refuse(path, got=secret_arn, expected="the ARN of a secret that exists and has a value")
    keys = _keys_in(said.secret_string)
    if not (keys and _is_key(keys[-1])):
        refuse(
            path,
            got=secret_arn,
            expected=f"a secret with a JSON object whose {_FIELD} ends with a key of {_CHARACTERS} characters, or with "
            f"{_PREFIX} and {_CHARACTERS} bytes in Base64",
        )
    return pulumi.Output.secret("\n".join(keys))


def _keys_in(secret_string: str) -> list[str]:
    try:
        said = json.loads(secret_string)
    except ValueError:
        return []
    keys = said.get(_FIELD) if isinstance(said, dict) else None
    return keys.split() if isinstance(keys, str) else []


def _is_key(key: str) -> bool:
    """Whether Magento encrypts with it. Older ones of a list may have another length: some older ciphers took them."""
    if not key.startswith(_PREFIX):
        return len(key) == _CHARACTERS
    try:
        return len(base64.b64decode(key.removeprefix(_PREFIX), validate=True)) == _CHARACTERS
    except ValueError:
        return False
