"""Every message about a wrong value has the one grammar: ``<path>: got <value>, expected <what>``.

``refused`` checks each line that it finds, here and in the other tests, against the grammar. The cases here show the
whole text.
"""

from __future__ import annotations

from typing import Any

import pytest

from settings.messages import Words, message, refuse
from tests.unit.settings.stack_faults import BETWEEN_SECTIONS, GRAMMAR, OF_ONE_SECTION, leave_out, put, refused


@pytest.mark.parametrize(("path", "value", "line"), OF_ONE_SECTION)
def test_a_fault_of_one_key_or_section_is_one_line(path: str, value: Any, line: str) -> None:
    assert refused("prod", put(path, value)) == [f"magento:{line}"]


@pytest.mark.parametrize(("path", "value", "line"), BETWEEN_SECTIONS)
def test_what_sections_ask_of_each_other_is_one_line_each(path: str, value: Any, line: str) -> None:
    """Each section is right by itself. Together they would fail in the middle of a component, or of an ``up``."""
    assert f"magento:{line}" in refused("prod", put(path, value))


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
    """The line stays readable, whatever the value is."""
    assert message("site", got="x" * 500, expected="a section") == f'site: got "{"x" * 79}…, expected a section'


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


@pytest.mark.parametrize(
    "line",
    [
        "site.front: got 0, expected 1 or more",
        "magento:site.front must be 1 or more, got 0",
        "magento:network.cidr: got 5",
        "magento:network.cidr: got , expected a network",
        "magento:network.cidr: missing, expected expected a network",
        "magento:network.cidr: missing, expected a network. maybe",
    ],
)
def test_other_sentences_do_not_have_the_grammar(line: str) -> None:
    assert not GRAMMAR.fullmatch(line)
