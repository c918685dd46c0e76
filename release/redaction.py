"""Takes secrets out of what is printed or written, by their values."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

from commands.errors import CannotRunError

REPLACEMENT = "[secret]"
_OF_THE_STACK = ("Client", "Environment")
_NO_SECRETS = ("host", "port", "dbname", "username", "user")
"""Fields of secrets that anybody may read, and that are ordinary words: a database's user is `magento`."""
_SHORTEST = 6
"""Characters. A shorter value, such as a user's name of three letters, would turn ordinary words into gaps."""
_BREAK = re.compile(r"[ \t\r]*\n\s*")
"""Between the lines of a text. Magento's console breaks long lines, also within a word."""
_OF_MAGENTO = "base64"
"""What a crypt key begins with, to say how it is written. What follows is the key."""
_IN_ADDRESSES = str.maketrans("+/", "-_")
"""Base64 as addresses have it."""
_BASE64_BEGINS = (0, 2, 3)
"""The characters that what is encoded before a text has a part in, by its bytes: none, one or two, and so on."""


@dataclass(frozen=True)
class Redaction:
    """Knows secrets by their values, also as they look in JSON, in an address, in Base64, in PHP's quotes, and broken
    over lines."""

    pattern: re.Pattern[str] | None = None

    @classmethod
    def of_values(cls, values: Iterable[str]) -> Redaction:
        """A redaction of these secrets. Those under six characters are left out."""
        looks = {
            _BREAK.sub("", look)
            for value in values
            # Crypt keys are a line each.
            for line in {value, *value.splitlines()}
            for written in {line, line.removeprefix(_OF_MAGENTO)}
            if len(written) >= _SHORTEST
            for look in _looks(written)
        }
        longest_first = sorted(looks, key=lambda look: (-len(look), look))
        return cls(re.compile("|".join(map(re.escape, longest_first))) if looks else None)

    @classmethod
    def of_everything(cls) -> Redaction:
        """A redaction of any text, for what may hold secrets that nobody here may know."""
        return cls(re.compile(r".+", re.DOTALL))

    @classmethod
    def of_stack(cls, secretsmanager: Any, secret_arn: str) -> Redaction:
        """A redaction of all secrets with the tags `Client` and `Environment` of one of them.

        Raises ``CannotRunError`` when that one has lost a tag: which secrets are the stack's is then not known.
        """
        tags = _tags(secretsmanager.describe_secret(SecretId=secret_arn))
        for name in _OF_THE_STACK:
            if name not in tags:
                raise CannotRunError(
                    f"{secret_arn}: got no tag {name}, expected the tags of its stack. Run pulumi up to set them again."
                )
        pages = secretsmanager.get_paginator("list_secrets").paginate(
            Filters=[{"Key": "tag-value", "Values": [tags["Environment"]]}]
        )
        arns = [
            each["ARN"]
            for page in pages
            for each in page["SecretList"]
            if all(_tags(each).get(name) == tags[name] for name in _OF_THE_STACK)
        ]
        return cls.of_values(
            value
            for arn in arns
            for value in _values(secretsmanager.get_secret_value(SecretId=arn).get("SecretString", ""))
        )

    def text(self, text: str) -> str:
        """The text with a mark in the place of each secret."""
        if self.pattern is None:
            return text
        kept = _without_breaks(text)
        found = [
            (kept[match.start()], kept[match.end() - 1] + 1)
            for match in self.pattern.finditer("".join(text[place] for place in kept))
        ]
        ends = [0, *(end for _, end in found)]
        begins = [*(begin for begin, _ in found), len(text)]
        return REPLACEMENT.join(text[end:begin] for end, begin in zip(ends, begins, strict=True))

    def of(self, value: Any) -> Any:
        """A value of JSON's types, with all its texts redacted, keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.of(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.of(each) for each in value]
        return value


def _tags(described: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in described.get("Tags", ())}


def _values(secret: str) -> list[str]:
    """What is secret in a secret's text: of an object all texts but names of hosts, databases and users."""
    try:
        said = json.loads(secret)
    except ValueError:
        return [secret]
    if not isinstance(said, dict):
        return [secret]
    return [value for name, value in said.items() if isinstance(value, str) and name not in _NO_SECRETS]


def _without_breaks(text: str) -> list[int]:
    """The places of all characters but those between lines."""
    places: list[int] = []
    end = 0
    for found in _BREAK.finditer(text):
        places.extend(range(end, found.start()))
        end = found.end()
    places.extend(range(end, len(text)))
    return places


def _looks(secret: str) -> Iterable[str]:
    yield secret
    for in_json in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield in_json
        # As PHP writes it.
        yield in_json.replace("/", "\\/")
    yield quote(secret, safe="")
    yield quote_plus(secret)
    # As a page of PHP shows it, and as a shell's trace does.
    yield escape(secret).replace("&#x27;", "&#039;")
    yield secret.replace("'", "'\\''")
    yield secret.replace("\\", "\\\\").replace("'", "\\'")
    raw = secret.encode()
    for before, begin in enumerate(_BASE64_BEGINS):
        # What stands before it, such as `user:` in a header of HTTP, moves it, and shares a character with it. So does
        # what follows.
        encoded = base64.b64encode(b" " * before + raw).decode()
        look = encoded[begin : (before + len(raw)) * 8 // 6]
        yield look
        yield look.translate(_IN_ADDRESSES)
