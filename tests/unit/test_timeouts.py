"""How long each program on the way of a request waits: PHP, then the web server, then the load balancer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from components.beanstalk.load_balancer import IDLE_TIMEOUT_SECONDS
from components.beanstalk.options import EnvironmentOptions

LAYERS = Path(__file__).resolve().parents[2] / "platform_config"
PHP_SECONDS = EnvironmentOptions.php_max_execution_seconds


def seconds(directive: str, *files: str) -> int:
    """The one value that the files of a layer give to a directive of nginx, Apache or php-fpm."""
    written = "\n".join(path.read_text() for file in files for path in LAYERS.glob(file))
    [value] = re.findall(rf"^\s*{directive}\s+(?:=\s*)?(\d+)s?;?$", written, flags=re.MULTILINE)
    return int(value)


@pytest.mark.parametrize(
    ("waits", "keeps", "files"),
    [
        ("fastcgi_read_timeout", "keepalive_timeout", "magento/.platform/nginx/**/*.conf"),
        ("fastcgi_read_timeout", "keepalive_timeout", "satellite/.platform/nginx/**/*.conf"),
        ("Timeout", "KeepAliveTimeout", "mirakl-cashout/.platform/httpd/**/*.conf"),
    ],
)
def test_the_program_that_knows_the_reason_answers_first(waits: str, keeps: str, files: str) -> None:
    """A request that takes too long ends in PHP, else in the web server, and in the load balancer last. The web server
    keeps idle connections longer than the load balancer, which else sends a request into one that has just closed."""
    assert PHP_SECONDS < seconds(waits, files) < IDLE_TIMEOUT_SECONDS < seconds(keeps, files)


@pytest.mark.parametrize("layer", ["magento", "satellite"])
def test_php_fpm_ends_a_request_that_nginx_has_given_up(layer: str) -> None:
    """max_execution_time does not count waiting. Such requests would fill the pool."""
    given_up = seconds("fastcgi_read_timeout", f"{layer}/.platform/nginx/**/*.conf")
    assert given_up < seconds("request_terminate_timeout", f"{layer}/.platform/hooks/prebuild/40_tune_php.sh")
