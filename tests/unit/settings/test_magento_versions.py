"""Versions that Magento does not support together are refused with the row that says what is."""

import pytest

from settings.magento_versions import CacheBackend, cache_backend, faults

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


@pytest.mark.parametrize("magento", ["2.4.7", "2.4.10", "2.4.9-alpha2", "2.4.8-p0", "2.4.8p1", ""])
def test_a_version_without_a_known_answer_is_refused(magento: str) -> None:
    """Older lines are out of support; how an alpha or the next line configures its cache is not known."""
    expected = "expected one of 2.4.8, 2.4.9, with or without a patch level such as -p5"
    assert said(magento=magento) == [f'magento_version: got "{magento}", {expected}']
    with pytest.raises(ValueError, match="magento_version"):
        cache_backend(magento)


@pytest.mark.parametrize(
    ("magento", "backend"),
    [
        ("2.4.8", CacheBackend.REDIS),
        ("2.4.8-p4", CacheBackend.REDIS),
        ("2.4.8-p5", CacheBackend.VALKEY),
        ("2.4.9", CacheBackend.SYMFONY_VALKEY),
        ("2.4.9-p12", CacheBackend.SYMFONY_VALKEY),
    ],
)
def test_the_name_of_the_caches_backend_follows_the_version(magento: str, backend: CacheBackend) -> None:
    """A version that does not know the name would put the cache into files, without a word."""
    assert cache_backend(magento) is backend


def test_the_cache_for_sessions_has_a_supported_version_too() -> None:
    (fault,) = said(session_valkey="7.2")
    assert fault.startswith('session_cache.engine_version: got "7", expected Valkey 8 with Magento 2.4.8')
