"""The resource types of pulumi-random."""

from __future__ import annotations

import base64
import random
import secrets
import string
import uuid
from typing import Final

from sandbox.provider.adapter import Property, Values, adapter
from sandbox.provider.generated import KEEPERS, Generated

_BCRYPT_BYTES: Final = 72
"""All of a password that the algorithm looks at."""
_SPECIAL: Final = "!@#$%&*()-_=+[]{}<>:?"
"""The official provider's own set."""
_ADJECTIVES: Final = (
    "able",
    "brave",
    "calm",
    "eager",
    "fair",
    "glad",
    "keen",
    "lucid",
    "merry",
    "noble",
    "proud",
    "quick",
    "warm",
)
_ANIMALS: Final = (
    "bee",
    "cat",
    "deer",
    "eel",
    "fox",
    "goat",
    "hare",
    "ibex",
    "jay",
    "kite",
    "lynx",
    "mole",
    "newt",
    "otter",
)
_ADVERBS: Final = ("boldly", "calmly", "deeply", "evenly", "firmly", "gently", "highly", "justly", "kindly", "neatly")

_TEXT_PROPERTIES: Final = {
    "keepers": KEEPERS,
    "length": Property(required=True, replaces=True),
    "lower": Property(replaces=True, default=True),
    "minLower": Property(replaces=True, default=0),
    "minNumeric": Property(replaces=True, default=0),
    "minSpecial": Property(replaces=True, default=0),
    "minUpper": Property(replaces=True, default=0),
    "number": Property(replaces=True),
    "numeric": Property(replaces=True),
    "overrideSpecial": Property(replaces=True),
    "special": Property(replaces=True, default=True),
    "upper": Property(replaces=True, default=True),
}


class _Text(Generated):
    """A random text: so many characters, of these kinds, so many of each at least."""

    properties = _TEXT_PROPERTIES

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        if "length" not in inputs:
            return []
        failures = []
        if not any(alphabet for alphabet, _ in _kinds(inputs)):
            failures.append(("length", "no kind of character is allowed"))
        least = sum(minimum for _, minimum in _kinds(inputs))
        if inputs["length"] < max(1, least):
            failures.append(("length", f"must be at least {max(1, least)}, got {inputs['length']}"))
        failures += [
            (name, "asks for characters of a kind that is switched off")
            for name, (alphabet, minimum) in zip(
                ("minLower", "minUpper", "minNumeric", "minSpecial"), _kinds(inputs), strict=True
            )
            if minimum and not alphabet
        ]
        return failures

    def text(self, inputs: Values) -> str:
        kinds = _kinds(inputs)
        characters = [secrets.choice(alphabet) for alphabet, minimum in kinds for _ in range(minimum)]
        everything = "".join(alphabet for alphabet, _ in kinds)
        characters += [secrets.choice(everything) for _ in range(inputs["length"] - len(characters))]
        secrets.SystemRandom().shuffle(characters)
        return "".join(characters)


@adapter
class RandomString(_Text):
    token = "random:index/randomString:RandomString"
    outputs = ("result",)

    def generate(self, inputs: Values) -> tuple[str, Values]:
        result = self.text(inputs)
        return result, _numeric(inputs) | {"result": result}

    def recognise(self, import_id: str) -> tuple[str, Values]:
        return import_id, {"length": len(import_id), "result": import_id}


@adapter
class RandomPassword(_Text):
    token = "random:index/randomPassword:RandomPassword"
    outputs = ("result", "bcryptHash")
    secret_outputs = ("result", "bcryptHash")

    def generate(self, inputs: Values) -> tuple[str, Values]:
        result = self.text(inputs)
        return "none", _numeric(inputs) | {"result": result, "bcryptHash": _bcrypt(result)}

    def recognise(self, import_id: str) -> tuple[str, Values]:
        # Never the password itself as the id: ids are not encrypted in the state.
        return "none", {"length": len(import_id), "result": import_id, "bcryptHash": _bcrypt(import_id)}


@adapter
class RandomId(Generated):
    token = "random:index/randomId:RandomId"
    properties = {
        "byteLength": Property(required=True, replaces=True),
        "keepers": KEEPERS,
        "prefix": Property(replaces=True),
    }
    outputs = ("b64Std", "b64Url", "dec", "hex")

    def generate(self, inputs: Values) -> tuple[str, Values]:
        return self._spellings(secrets.token_bytes(inputs["byteLength"]), inputs.get("prefix", ""))

    def recognise(self, import_id: str) -> tuple[str, Values]:
        prefix, _, encoded = import_id.rpartition(",")
        made = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        id, spellings = self._spellings(made, prefix)
        return id, {"byteLength": len(made)} | ({"prefix": prefix} if prefix else {}) | spellings

    def _spellings(self, made: bytes, prefix: str) -> tuple[str, Values]:
        """The id, which is unpadded base64url, and the outputs, which carry the prefix."""
        id = base64.urlsafe_b64encode(made).decode().rstrip("=")
        return id, {
            "b64Std": prefix + base64.b64encode(made).decode(),
            "b64Url": prefix + id,
            "dec": f"{prefix}{int.from_bytes(made)}",
            "hex": prefix + made.hex(),
        }


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
class RandomPet(Generated):
    token = "random:index/randomPet:RandomPet"
    properties = {
        "keepers": KEEPERS,
        "length": Property(replaces=True, default=2),
        "prefix": Property(replaces=True),
        "separator": Property(replaces=True, default="-"),
    }

    def generate(self, inputs: Values) -> tuple[str, Values]:
        length = inputs["length"]
        words = [secrets.choice(_ADVERBS) for _ in range(length - 2)]
        words += [secrets.choice(_ADJECTIVES)] if length > 1 else []
        words.append(secrets.choice(_ANIMALS))
        prefix = [inputs["prefix"]] if inputs.get("prefix") else []
        return inputs["separator"].join(prefix + words), {}


@adapter
class RandomInteger(Generated):
    token = "random:index/randomInteger:RandomInteger"
    properties = {
        "keepers": KEEPERS,
        "max": Property(required=True, replaces=True),
        "min": Property(required=True, replaces=True),
        "seed": Property(replaces=True),
    }
    outputs = ("result",)

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        if inputs.get("min", 0) <= inputs.get("max", inputs.get("min", 0)):
            return []
        return [("min", f"must be at most max ({inputs.get('max')}), got {inputs['min']}")]

    def generate(self, inputs: Values) -> tuple[str, Values]:
        result = _source(inputs).randint(inputs["min"], inputs["max"])
        return str(result), {"result": result}


@adapter
class RandomUuid(Generated):
    token = "random:index/randomUuid:RandomUuid"
    properties = {"keepers": KEEPERS}
    outputs = ("result",)

    def generate(self, inputs: Values) -> tuple[str, Values]:
        result = str(uuid.uuid4())
        return result, {"result": result}

    def recognise(self, import_id: str) -> tuple[str, Values]:
        result = str(uuid.UUID(import_id))
        return result, {"result": result}


@adapter
class RandomShuffle(Generated):
    token = "random:index/randomShuffle:RandomShuffle"
    properties = {
        "inputs": Property(required=True, replaces=True),
        "keepers": KEEPERS,
        "resultCount": Property(replaces=True),
        "seed": Property(replaces=True),
    }
    outputs = ("results",)

    def generate(self, inputs: Values) -> tuple[str, Values]:
        count = inputs.get("resultCount", len(inputs["inputs"]))
        source, results = _source(inputs), list[str]()
        while inputs["inputs"] and len(results) < count:  # more than there are: shuffled again, as officially
            results += source.sample(inputs["inputs"], len(inputs["inputs"]))
        return "-", {"results": results[:count]}


def _kinds(inputs: Values) -> list[tuple[str, int]]:
    """The allowed characters of each kind (none when it is switched off) and how many there are at least."""
    special = inputs.get("overrideSpecial") or _SPECIAL
    numeric = _numeric(inputs)["numeric"]
    return [
        (string.ascii_lowercase if inputs.get("lower", True) else "", inputs.get("minLower", 0)),
        (string.ascii_uppercase if inputs.get("upper", True) else "", inputs.get("minUpper", 0)),
        (string.digits if numeric else "", inputs.get("minNumeric", 0)),
        (special if inputs.get("special", True) else "", inputs.get("minSpecial", 0)),
    ]


def _numeric(inputs: Values) -> Values:
    """``numeric`` and its older name ``number`` are one switch, on unless either is off."""
    on = inputs.get("numeric", inputs.get("number", True))
    return {"numeric": on, "number": on}


def _source(inputs: Values) -> random.Random:
    """Repeatable for a seed, as officially, though the values differ from the official provider's."""
    return random.Random(inputs["seed"]) if inputs.get("seed") else secrets.SystemRandom()


def _bcrypt(password: str) -> str:
    import bcrypt  # here, since few programs have a password, and previews never make one

    return bcrypt.hashpw(password.encode()[:_BCRYPT_BYTES], bcrypt.gensalt(rounds=10)).decode()
