"""What AWS, an instance or the platform would refuse later is refused before anything is made, at its own key."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.settings.refused_values import REFUSED
from tests.unit.settings.stack_faults import put, refused

CASES = [
    pytest.param(path, value, expected, id=f"{path}={value!a}"[:90])
    for path, values, expected in REFUSED
    for value in values
]


@pytest.mark.parametrize(("path", "value", "expected"), CASES)
def test_it_is_refused_by_its_field(path: str, value: Any, expected: str) -> None:
    """The line about it names the key, the section that it is in, or the entry of it."""
    lines = [line.removeprefix("magento:") for line in refused("prod", put(path, value))]
    said = [line.partition(": ")[0] for line in lines if expected in line]
    assert any(name.startswith(path) or path.startswith(name) for name in said), lines
    assert max(map(len, lines)) <= 420


@pytest.mark.parametrize(("region", "is_refused"), [("eu-west-1", True), ("eu-west-2", False)])
def test_a_bgp_number_is_reserved_in_its_region(region: str, *, is_refused: bool) -> None:
    """Neither region has the zones, so that both files are refused."""

    def change(config: dict[str, Any]) -> None:
        config["aws:region"] = region
        config["magento:vpn_links"][0]["bgp_asn"] = 9059
        config["magento:network"]["zones"] = ["z", "y"]

    said = [line for line in refused("prod", change) if "vpn_links.0.bgp_asn: got 9059" in line]
    assert bool(said) == is_refused
