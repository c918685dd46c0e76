"""A stack that is up keeps its listener rules: other ones are refused before a DNS record changes."""

from __future__ import annotations

from typing import Any

import pytest

from settings import stack_file, standing_rules
from tests.unit.program import build, program, stack_config
from tests.unit.settings.stack_faults import GRAMMAR, put

NAMES = ["client.url", "www.client.url", "origin.client.url"]
STANDING = {"listener_rules": {"host_names": NAMES, "back_office_path": "backend"}}


def checked(path: str, value: Any, standing: dict[str, Any]) -> None:
    config = stack_config("prod")
    put(path, value)(config)
    build(lambda: standing_rules.check(stack_file.load()), stack="prod", config=config, standing=standing)


@pytest.mark.parametrize(
    ("path", "value", "got"),
    [
        ("site.back_office_path", "admin", 'got "admin", expected backend, since'),
        (
            "site.host_names",
            [*NAMES[::2], "shop.client.url"],
            'got ["client.url", "origin.client.url", "shop.client.url"], expected client.url, www.client.url, '
            "origin.client.url, since",
        ),
    ],
)
def test_other_rules_are_refused_with_what_to_do(
    path: str, value: Any, got: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(stack_file.SettingsError) as error:
        checked(path, value, STANDING)
    _, line = str(error.value).splitlines()
    assert GRAMMAR.fullmatch(line.strip())
    assert line.strip() == (
        f"magento:{path}: {got} Beanstalk cannot change the listener rules of an environment. To replace both "
        "environments, read docs/operations.md, Host names and the back office's path."
    )
    monkeypatch.setenv(standing_rules.REPLACING, "1")
    checked(path, value, STANDING)


@pytest.mark.parametrize("standing", [{}, STANDING, {"listener_rules": {}}], ids=["first run", "same", "older program"])
def test_the_same_rules_in_any_order_are_fine(standing: dict[str, Any]) -> None:
    """The first host name is the site's address, which may change."""
    checked("site.host_names", [NAMES[1], NAMES[0], NAMES[2]], standing)


def test_the_program_exports_what_the_next_run_compares() -> None:
    assert {"listener_rules": program("prod").exports["listener_rules"]} == STANDING
