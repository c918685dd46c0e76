"""Physical names for what the program leaves unnamed, as pulumi-aws makes them."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from sandbox.provider.adapter import AutoName

_DIGITS: Final = 7
"""Random hexadecimal digits that the official provider appends."""


def physical_name(rule: AutoName, logical_name: str, seed: bytes) -> str:
    """``<logical name>-<7 hex digits>``: the same for the same seed. Raises ``ValueError`` when it is too long."""
    digits = hashlib.sha256(seed).hexdigest() if seed else secrets.token_hex(_DIGITS)
    name = f"{logical_name}-{digits[:_DIGITS]}"
    if len(name) > rule.max_length:
        raise ValueError(
            f"'{logical_name}' and {_DIGITS + 1} further characters are more than the {rule.max_length} that AWS "
            "allows: shorten the resource's name or set this property"
        )
    return name.lower() if rule.lowercase else name
