"""A resource's inputs as a reviewer reads them: names for ids, no secrets, documents unpacked."""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.unit.graph import STACK_REFERENCE, Graph, Resource
from tests.unit.program import ROOT

SECRET = "<secret>"
CERTIFICATE = "<certificate>"

# Shorter outputs, such as a port or a state, would be found in texts that have nothing to do with them.
_SHORTEST = 8
_LONGEST_ADDRESS = len("255.255.255.255")
_ZIP_IN_BASE64 = "UEsDB"
_COMPARED = {
    "content_origin",
    "listener_rules",
    "standing_settings",
    "public_domain",
    "internal_domain",
    "certified_names",
}
"""Outputs of another stack that settings compare with the stack file's own values, and that no resource is given."""


@dataclass(frozen=True, kw_only=True)
class References:
    """The texts that resources answered with, and the name that each is shown by: ``${network-vpc.id}``."""

    names: Mapping[str, str]

    def shown_in(self, text: str) -> str:
        """The text with names in place of what came from other resources."""
        found = sorted((each for each in self.names if each in text), key=len, reverse=True)
        if not found:
            return text
        # A short one, such as an address, must not be found in a longer one; Magento writes `base64` before a key.
        pattern = "|".join(
            re.escape(each) if len(each) > _LONGEST_ADDRESS else rf"(?<![A-Za-z0-9]){re.escape(each)}" for each in found
        )
        return re.sub(rf"(?:{pattern})(?![A-Za-z0-9])", lambda match: self.names[match[0]], text)


class Names:
    """How the outputs of a graph's resources are called."""

    def __init__(self, graph: Graph) -> None:
        self._outputs = {each.urn: dict(_named_outputs(each)) for each in graph.resources if each.custom}
        self._of = functools.cache(self._merged)

    def of(self, urns: Iterable[str]) -> References:
        """The names of what these resources answered with."""
        return self._of(tuple(sorted(urns)))

    def _merged(self, urns: tuple[str, ...]) -> References:
        merged: dict[str, str] = {}
        for urn in reversed(urns):
            merged.update(self._outputs.get(urn, {}))
        return References(names=merged)


def _named_outputs(resource: Resource) -> Iterator[tuple[str, str]]:
    """Each text that AWS answered, with its name. What the program itself chose, such as a bucket's name, has none."""
    if resource.type == STACK_REFERENCE:
        outputs = _texts(resource.outputs["outputs"], resource.name.rpartition("/")[2])
        found = iter([each for each in outputs if not _COMPARED & set(re.split(r"[.\[]", each[0]))])
        chosen = set()
    else:
        found = _texts(resource.outputs, resource.name)
        chosen = {text for _, text in _texts(resource.inputs, "")}
    # The last of one text wins when these become a dictionary.
    for path, text in sorted(found, key=lambda each: (_preference(*each), each)):
        if len(text) >= _SHORTEST and text not in chosen:
            yield text, f"${{{path}}}"


def _preference(path: str, text: str) -> int:
    """Which of several outputs with one text names it: its ARN, a generated password's ``result``, then its id."""
    wanted = ("arn" if text.startswith("arn:") else "id", "result")
    return wanted.index(path.rpartition(".")[2]) if path.rpartition(".")[2] in wanted else -1


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(each, f"{path}.{key}")
    elif isinstance(value, Sequence):
        for index, each in enumerate(value):
            yield from _texts(each, f"{path}[{index}]")


def readable(inputs: Mapping[str, Any], *, secrets: frozenset[str], names: Mapping[str, References]) -> dict[str, Any]:
    """The inputs, sorted. Keys say what was done to a value: ``policy (JSON)``, ``content (secret)``.

    ``secrets`` are the dotted paths of secret values, and ``names`` those of what each input was taken from.
    """
    nothing = References(names={})
    found: dict[str, Any] = {}
    for key in sorted(inputs):
        label, value = _Reading(references=names.get(key, nothing), secrets=secrets).entry(key, inputs[key], key)
        found[label] = value
    return found


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """How the value of one input is read."""

    references: References
    secrets: frozenset[str]

    def entry(self, key: str, value: Any, path: str) -> tuple[str, Any]:
        """A key and its value as they are shown."""
        if path in self.secrets:
            hidden = self._secret(value)
            return (key, hidden) if hidden == SECRET else (f"{key} (secret)", hidden)
        if isinstance(value, str):
            how, shown = self._text(value)
            return f"{key} ({how})" if how else key, shown
        return key, self._value(value, path)

    def _value(self, value: Any, path: str) -> Any:
        if isinstance(value, Mapping):
            return dict(self.entry(key, value[key], f"{path}.{key}") for key in sorted(value))
        if isinstance(value, list) and value and all(map(_is_option, value)):
            return self._options(value, path)
        if isinstance(value, list):
            return [self.entry("", each, f"{path}.{index}")[1] for index, each in enumerate(value)]
        return self.entry("", value, path)[1] if isinstance(value, str) else value

    def _options(self, options: list[Any], path: str) -> dict[str, Any]:
        """Beanstalk's option settings, one a line: ``aws:autoscaling:asg MinSize: "4"``."""
        found: dict[str, Any] = {}
        for index, each in enumerate(options):
            name = f"{each['namespace']} {each['name']}"
            if "resource" in each:
                name = f"{name} of {each['resource']}"
            label, value = self.entry(name, each["value"], f"{path}.{index}.value")
            # AWS takes the last of two; a reviewer wants to see that there are two.
            found[label if label not in found else f"{label} again, {index}"] = value
        return dict(sorted(found.items()))

    def _secret(self, value: Any) -> Any:
        """A secret document with the names of the secrets that it is made of; ``<secret>`` if it names none.

        What a person put into config as a secret is ciphertext in these graphs: unit tests cannot decrypt it. What a
        server applies is encrypted, because all parameters are, and has no secret in it.
        """
        if isinstance(value, str) and (files := _configuration(value)):
            return self._value(files, "")
        _, shown = self._text(value) if isinstance(value, str) else ("", None)
        return shown if "${" in str(shown) else SECRET

    def _text(self, text: str) -> tuple[str, Any]:
        """How a text is packed, and what is in it."""
        if text.startswith("-----BEGIN"):
            return "", CERTIFICATE
        if (document := _json(text)) is not None:
            return "JSON", _Reading(references=self.references, secrets=frozenset())._value(document, "")
        if (files := _zipped(text)) is not None:
            return "unzipped", files
        if (packed := _unpacked(text)) is not None:
            head, _, body = packed.partition("\n")
            cloud_config = _json(body) if head == "#cloud-config" else None
            shown = _cloud_config(cloud_config) if cloud_config else packed
            return "unpacked", _Reading(references=self.references, secrets=frozenset()).entry("", shown, "")[1]
        return "", self.references.shown_in(text)


def _is_option(value: Any) -> bool:
    return isinstance(value, dict) and {"namespace", "name", "value"} <= value.keys()


def _json(text: str) -> Any:
    """The object or list in a text; None when there is none."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return None


def _unpacked(text: str) -> str | None:
    """User data's text, from base64 with or without gzip; None for any other text."""
    if len(text) < 64 or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", text):
        return None
    try:
        packed = base64.b64decode(text, validate=True)
        return (gzip.decompress(packed) if packed.startswith(b"\x1f\x8b") else packed).decode()
    except ValueError:
        return None


def _zipped(text: str) -> dict[str, str] | None:
    """The texts of a zip file in base64, by path; None for any other text."""
    if not text.startswith(_ZIP_IN_BASE64):
        return None
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(text))) as bundle:
        return {name: bundle.read(name).decode() for name in sorted(bundle.namelist())}


def _cloud_config(document: Mapping[str, Any]) -> dict[str, Any]:
    """A server's files by path and mode. A copy of a file of ``components/`` is its digest: git shows its changes."""
    files = {f"{each['path']} {each['permissions']}": _file(each["content"]) for each in document["write_files"]}
    rest = {key: value for key, value in document.items() if key != "write_files"}
    return {**rest, "write_files": files}


def _configuration(text: str) -> dict[str, str]:
    """The files of a server's configuration by path and mode; empty for any other text."""
    document = _json(_unpacked(text) or "")
    if not isinstance(document, dict) or document.keys() != {"files"}:
        return {}
    return {f"{each['path']} {each['mode']}": _file(each["content"]) for each in document["files"]}


def _file(content: str) -> str:
    source = _sources().get(content)
    return f"{source}, SHA-256 {hashlib.sha256(content.encode()).hexdigest()[:12]}" if source else content


@functools.cache
def _sources() -> dict[str, str]:
    """The files that components hand on as they are, by their text."""
    return {
        path.read_text(): str(path.relative_to(ROOT))
        for path in sorted((ROOT / "components").rglob("*"))
        if path.is_file() and path.suffix not in {".py", ".pyc"} and path.stat().st_size
    }
