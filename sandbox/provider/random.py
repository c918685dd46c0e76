"""The resource types of pulumi-random that the platform uses."""

from __future__ import annotations

import base64
import secrets
import string
from typing import Final

from sandbox.provider.adapter import Property, Values, adapter
from sandbox.provider.generated import KEEPERS, Generated

_BCRYPT_BYTES: Final = 72
"""All of a password that the algorithm looks at."""
_SPECIAL: Final = "!@#$%&*()-_=+[]{}<>:?"
"""The official provider's own set."""


@adapter
class RandomPassword(Generated):
    """A text of ``length`` characters, of the kinds that are switched on, with a minimum of each."""

    token = "random:index/randomPassword:RandomPassword"
    properties = {
        "keepers": KEEPERS,
        "length": Property(required=True, replaces=True),
        "lower": Property(replaces=True, default=True),
        "minLower": Property(replaces=True, default=0),
        "minNumeric": Property(replaces=True, default=0),
        "minSpecial": Property(replaces=True, default=0),
        "minUpper": Property(replaces=True, default=0),
        "numeric": Property(replaces=True, default=True),
        "overrideSpecial": Property(replaces=True),
        "special": Property(replaces=True, default=True),
        "upper": Property(replaces=True, default=True),
    }
    outputs = ("result", "bcryptHash")
    secret_outputs = ("result", "bcryptHash")

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        if "length" not in inputs:
            return []
        failures = []
        if not any(alphabet for alphabet, _ in _kinds(inputs)):
            failures.append(("length", "got no kind of character, expected at least one that is switched on"))
        least = sum(minimum for _, minimum in _kinds(inputs))
        if inputs["length"] < max(1, least):
            failures.append(("length", f"got {inputs['length']}, expected at least {max(1, least)}"))
        failures += [
            (name, "got a minimum for a kind of character that is switched off, expected 0")
            for name, (alphabet, minimum) in zip(
                ("minLower", "minUpper", "minNumeric", "minSpecial"), _kinds(inputs), strict=True
            )
            if minimum and not alphabet
        ]
        return failures

    def _text(self, inputs: Values) -> str:
        kinds = _kinds(inputs)
        characters = [secrets.choice(alphabet) for alphabet, minimum in kinds for _ in range(minimum)]
        everything = "".join(alphabet for alphabet, _ in kinds)
        characters += [secrets.choice(everything) for _ in range(inputs["length"] - len(characters))]
        secrets.SystemRandom().shuffle(characters)
        return "".join(characters)

    def generate(self, inputs: Values) -> tuple[str, Values]:
        result = self._text(inputs)
        return "none", {"result": result, "bcryptHash": _bcrypt(result)}

    def recognise(self, import_id: str) -> tuple[str, Values]:
        # Never the password itself as the id: ids are not encrypted in the state.
        return "none", {"length": len(import_id), "result": import_id, "bcryptHash": _bcrypt(import_id)}


@adapter
class RandomBytes(Generated):
    token = "random:index/randomBytes:RandomBytes"
    properties = {"length": Property(required=True, replaces=True), "keepers": KEEPERS}
    outputs = ("base64", "hex")
    secret_outputs = ("base64", "hex")

    def generate(self, inputs: Values) -> tuple[str, Values]:
        made = secrets.token_bytes(inputs["length"])
        return "none", {"base64": base64.b64encode(made).decode(), "hex": made.hex()}


@adapter
class RandomId(Generated):
    """Random bytes for names, spelled in several ways. Its id is the spelling that suits addresses."""

    token = "random:index/randomId:RandomId"
    properties = {
        "byteLength": Property(required=True, replaces=True),
        "keepers": KEEPERS,
        "prefix": Property(replaces=True),
    }
    outputs = ("b64Std", "b64Url", "dec", "hex")

    def generate(self, inputs: Values) -> tuple[str, Values]:
        made, prefix = secrets.token_bytes(inputs["byteLength"]), inputs.get("prefix", "")
        url = base64.urlsafe_b64encode(made).decode().rstrip("=")
        spelled = {
            "b64Std": base64.b64encode(made).decode(),
            "b64Url": url,
            "dec": str(int.from_bytes(made)),
            "hex": made.hex(),
        }
        return url, {name: f"{prefix}{text}" for name, text in spelled.items()}


def _kinds(inputs: Values) -> list[tuple[str, int]]:
    """The allowed characters of each kind (none when it is switched off) and how many there are at least."""
    special = inputs.get("overrideSpecial") or _SPECIAL
    return [
        (string.ascii_lowercase if inputs.get("lower", True) else "", inputs.get("minLower", 0)),
        (string.ascii_uppercase if inputs.get("upper", True) else "", inputs.get("minUpper", 0)),
        (string.digits if inputs.get("numeric", True) else "", inputs.get("minNumeric", 0)),
        (special if inputs.get("special", True) else "", inputs.get("minSpecial", 0)),
    ]


def _bcrypt(password: str) -> str:
    import bcrypt  # here, since few programs have a password, and previews never make one

    return bcrypt.hashpw(password.encode()[:_BCRYPT_BYTES], bcrypt.gensalt(rounds=10)).decode()
