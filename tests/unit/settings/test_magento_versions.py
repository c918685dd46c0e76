"""Versions that Magento does not support together are refused with the row that says what is."""

import pytest

from settings.magento_versions import faults

SHIPPED = {
    "magento": "2.4.8",
    "php": "8.4",
    "mysql": "8.4",
    "valkey": "8.1",
    "opensearch": "3.1",
}


def said(**change: str) -> list[str]:
    return [str(fault) for fault in faults(**{**SHIPPED, **change})]


@pytest.mark.parametrize("magento", ["2.4.8", "2.4.8-p5"])
def test_the_shipped_combination_is_supported(magento: str) -> None:
    assert not said(magento=magento)


@pytest.mark.parametrize(
    ("key", "value", "path", "expected"),
    [
        ("php", "8.2", "php", "PHP 8.3 or 8.4"),
        ("mysql", "8.0", "database.engine_version", "MySQL 8.4"),
        ("valkey", "7.2", "cache.engine_version", "Valkey 8"),
        ("opensearch", "2.19", "search.engine_version", "OpenSearch 3"),
    ],
)
def test_one_unsupported_version_is_named_with_what_is_supported(
    key: str, value: str, path: str, expected: str
) -> None:
    """The message names the key and the whole row of the table."""
    (fault,) = said(**{key: value})
    assert fault.startswith(f"{path}: got ")
    assert f"expected {expected} with Magento 2.4.8" in fault
    assert "php 8.3 or 8.4; mysql 8.4; valkey 8; opensearch 3" in fault


@pytest.mark.parametrize("valkey", ["8.1", "9.0"])
def test_the_next_line_takes_two_versions_of_valkey(valkey: str) -> None:
    assert not said(magento="2.4.9", valkey=valkey)


def test_a_line_out_of_support_is_refused() -> None:
    assert said(magento="2.4.7") == ['magento_version: got "2.4.7", expected one of 2.4.8, 2.4.9']
