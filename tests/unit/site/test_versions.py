"""Versions that Magento does not support together are refused with the row that says what is."""

import pytest

from components.site import versions as magento_versions

SHIPPED = {"magento": "2.4.8", "php": "8.4", "mysql": "8.4", "valkey": "8.1", "opensearch": "3.1"}


def test_the_shipped_combination_is_supported() -> None:
    magento_versions.check(**SHIPPED)
    magento_versions.check(**{**SHIPPED, "magento": "2.4.8-p5"})


@pytest.mark.parametrize(
    ("software", "version"), [("php", "8.2"), ("mysql", "8.0"), ("valkey", "7.2"), ("opensearch", "2.19")]
)
def test_one_unsupported_version_is_named_with_what_is_supported(software: str, version: str) -> None:
    """The message names the software, the version and the whole row, so that nobody has to look it up."""
    with pytest.raises(ValueError, match=f"2.4.8 does not run with {software}") as refused:
        magento_versions.check(**{**SHIPPED, software: version})
    assert "php: 8.3 or 8.4; mysql: 8.4; valkey: 8; opensearch: 3" in str(refused.value)


def test_a_line_out_of_support_is_refused() -> None:
    with pytest.raises(ValueError, match=r"one of 2\.4\.8, 2\.4\.9, got 2\.4\.7"):
        magento_versions.check(**{**SHIPPED, "magento": "2.4.7"})


def test_the_php_version_is_the_platforms() -> None:
    """Beanstalk's platform decides PHP, so the check reads it from there; anything else is refused."""
    assert magento_versions.php_of("64bit Amazon Linux 2023 v4.13.7 running PHP 8.4") == "8.4"
    with pytest.raises(ValueError, match="solution_stack must read like"):
        magento_versions.php_of("64bit Amazon Linux 2 v3.5.0 running PHP 8.1")
