"""Finds credentials in texts: by their form, or by the name in front of a value."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator
from functools import lru_cache

_SECRET_NAMES = frozenset({"password", "passwd", "passphrase", "pwd", "secret", "token", "psk"})
_SECRET_KEYS = frozenset({"access", "api", "auth", "crypt", "preshared", "private", "secret", "shared"})
"""Words before "key" in names of secret keys, such as ``api_key``."""

_FORMS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "an AWS access key": re.compile(r"(?<![A-Z0-9])A(?:KIA|SIA)[0-9A-Z]{16}(?![A-Z0-9])"),
    "a GitHub token": re.compile(r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{40})"),
    "a Slack token": re.compile(r"(?<!\w)xox[abeoprs]-[A-Za-z0-9-]{10}"),
    "a Stripe key": re.compile(r"(?<!\w)[rs]k_live_[A-Za-z0-9]{16}"),
    "a Google key": re.compile(r"(?<!\w)AIza[\w-]{35}"),
    "a signed token": re.compile(r"(?<!\w)eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10}"),
}
_VALUE = r"""\\*(?:["'](?P<quoted>[^"'`\\\n]{6,})|(?P<bare>[^\s"'`,;|\\]{6,}))"""
_PAIRS = {
    "a URL with a password": re.compile(r"://[^\s/:@\"'<>]*:(?P<quoted>(?P<bare>[^\s/@\"'<>]{3,}))@"),
    "an Authorization header": re.compile(r"(?i)authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer)\s+" + _VALUE),
    "an SQL password": re.compile(r"(?i)identified\s+(?:with\s+\S+\s+)?by\s+" + _VALUE),
    "a password on a command line": re.compile(r"(?i)--(?:[a-z]+-)*(?:password|passphrase|secret|token)[= ]" + _VALUE),
    "a password or key": re.compile(
        r"(?i)(?<!\d:)(?:password|passwd|passphrase|secret|token|(?:access|api|auth|crypt|preshared|private|secret)[_.-]?key)"
        r"\\*[\"']?\]?\s*(?:=>|=|:)\s*" + _VALUE
    ),
}
# Variables, templates, paths and placeholders in documentation begin like this.
_OPEN = re.compile(r"[$<{%(\[/@*~&!]|arn:|https?:", re.IGNORECASE)
_ENCODED = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_LARGEST = 1 << 20
"""Bytes of a decompressed text that are searched; user data is at most 16 KB compressed."""
_DEEPEST = 3
"""A file in base64 within a script in base64 within user data in base64."""


# The same names and tags come with every resource.
@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a name is one of a secret: ``masterUserPassword``, ``DB_PASSWORD``, ``privateKey``; but not a name about
    one, such as ``passwordLength`` or ``secretArn``."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    *before, last = re.split(r"[^a-z]+", words.rstrip("0123456789_-."))
    return last in _SECRET_NAMES or (last == "key" and bool(before) and before[-1] in _SECRET_KEYS)


def is_reference(text: str) -> bool:
    """Whether a text only refers to a secret: an ARN, a variable, a placeholder, or an empty text."""
    return not text or bool(_OPEN.match(text))


@lru_cache(maxsize=4096)
def credentials_in(text: str) -> tuple[str, ...]:
    """The kinds of credentials that a text holds in plain text, also inside gzip or base64."""
    return tuple(dict.fromkeys(_found(text, depth=0)))


def _found(text: str, *, depth: int) -> Iterator[str]:
    for kind, form in _FORMS.items():
        if form.search(text):
            yield kind
    for kind, pair in _PAIRS.items():
        if any(_is_value(match) for match in pair.finditer(text)):
            yield kind
    if depth < _DEEPEST:
        for encoded in _ENCODED.finditer(text):
            yield from _found(_unpacked(encoded.group()), depth=depth + 1)


def _is_value(match: re.Match[str]) -> bool:
    value = match["quoted"] or match["bare"]
    if is_reference(value) or "${" in value or "$(" in value:
        return False
    # Without quotes it may be code, such as a type, a call or another name.
    return bool(match["quoted"]) or (any(each.isdigit() for each in value) and "(" not in value)


def _unpacked(encoded: str) -> str:
    """The text that was encoded; empty if it was not text."""
    try:
        # Base64 has full groups of four characters; other matches are mostly parts of identifiers.
        content = base64.b64decode(encoded, validate=True)
        if content.startswith(b"\x1f\x8b"):
            content = zlib.decompressobj(wbits=31).decompress(content, _LARGEST)
        return content.decode()
    except (ValueError, zlib.error):
        return ""
