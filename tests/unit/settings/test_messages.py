"""Every message about a wrong value has the one grammar: ``<path>: got <value>, expected <what>``."""

from __future__ import annotations

import re
from typing import Any

import pytest

from settings.messages import Words, message, refuse
from tests.unit.settings.stack_faults import BETWEEN_SECTIONS, OF_ONE_SECTION, leave_out, put, refused

GRAMMAR = re.compile(r"(aws|magento):[A-Za-z0-9_.*-]+: (missing|got .+), expected \S.*[^.](\. [A-Z].*[.?])?")
CASES = OF_ONE_SECTION + BETWEEN_SECTIONS


@pytest.mark.parametrize(("path", "value"), [case[:2] for case in CASES])
def test_every_line_has_the_grammar(path: str, value: Any) -> None:
    """The path, what it got and what it expected; at most one more sentence, which says how to correct the value."""
    for line in refused("prod", put(path, value)):
        assert GRAMMAR.fullmatch(line), line
        assert "expected expected" not in line
        assert "object at 0x" not in line


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("client", "the client's short name, in tags and names"),
        ("network", "the network: cidr for one of its own, or stack for that of another stack"),
        ("site", "the shop"),
        ("site.front", "the instances that serve shoppers"),
        ("site.database.storage_gib", "the size of the storage at the start"),
        ("vpn_links.0.peer_address", "the public address of the VPN device at the other end"),
    ],
)
def test_a_missing_key_is_described(path: str, expected: str) -> None:
    """In the words of docs/configuration.md."""
    assert refused("prod", leave_out(path)) == [f"magento:{path}: missing, expected {expected}"]


def test_a_long_value_is_cut() -> None:
    """The line stays readable, whatever somebody put there."""
    assert message("site", got="x" * 500, expected="a section") == f'site: got "{"x" * 119}…, expected a section'


def test_words_are_not_quoted() -> None:
    assert (
        message("a", got=Words("12 entries"), expected="1 to 11 entries")
        == "a: got 12 entries, expected 1 to 11 entries"
    )


def test_a_component_refuses_in_the_same_grammar() -> None:
    with pytest.raises(ValueError, match=r'^volumes: got \["a"\], expected each name once\. Rename one\.$'):
        refuse("volumes", got=["a"], expected="each name once", fix="Rename one.")
    with pytest.raises(ValueError, match=r"^logs_bucket: missing, expected a bucket, since access_logs is set$"):
        refuse("logs_bucket", expected="a bucket, since access_logs is set")
