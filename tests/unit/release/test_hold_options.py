"""Wrong options of `./shop release hold`: each is one line that names the option, before AWS is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.errors import CannotRunError
from release import hold_commands
from release.hold import MOST_PAGE_BYTES


@pytest.fixture(autouse=True)
def no_site(monkeypatch: pytest.MonkeyPatch) -> None:
    def of(_stack: str) -> None:
        raise AssertionError("the stack was read")

    monkeypatch.setattr("release.hold_commands.Site.of", of)


@pytest.mark.parametrize(
    ("allow", "says"),
    [
        (["everyone"], "got 'everyone', expected an IPv4 address or network"),
        (["0.0.0.0/0"], 'got "0.0.0.0/0", expected less than everybody'),
        ([f"192.0.2.{number}" for number in range(5)], "got 5 networks, expected at most 4"),
    ],
)
def test_wrong_addresses(allow: list[str], says: str) -> None:
    with pytest.raises(CannotRunError, match=f"^--allow: {says}"):
        hold_commands.on(stack="prod", reason="Wrong prices", allow=allow)
    assert len(hold_commands.networks(["192.0.2.1"] * 4)) == 4


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "\x1b[2J"])
def test_a_reason_is_a_line_that_harms_no_terminal(reason: str) -> None:
    """`./shop release history` prints it, to others."""
    with pytest.raises(CannotRunError, match=r"^--reason: got .*, expected a line of text$"):
        hold_commands.on(stack="prod", reason=reason)
    with pytest.raises(CannotRunError, match=r"^--reason: got .*, expected a line of text$"):
        hold_commands.off(stack="prod", reason=reason)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "got bytes, expected a text in UTF-8"),
        (b"\n", "got 1 bytes, expected a page of at most 1024 bytes"),
        (b"x" * (MOST_PAGE_BYTES + 1), "got 1025 bytes, expected a page of at most 1024 bytes"),
    ],
)
def test_a_page_that_cannot_be_shown(content: bytes, says: str, tmp_path: Path) -> None:
    """Also an empty one: shoppers would see nothing at all."""
    page = tmp_path / "page.html"
    page.write_bytes(content)
    with pytest.raises(CannotRunError, match=rf"^--page .*page\.html: {says}$"):
        hold_commands.on(stack="prod", reason="Wrong prices", page=page)
