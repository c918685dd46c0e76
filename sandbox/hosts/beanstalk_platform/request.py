"""What the engine is asked to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PHP_INI = "aws:elasticbeanstalk:container:php:phpini"
PROXY = "aws:elasticbeanstalk:environment:proxy"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A command of Beanstalk's to an instance."""

    command: str
    """``app-deploy``, ``config-deploy`` or ``restart-app-server``."""
    environment_name: str
    application_name: str
    version_label: str
    properties: Mapping[str, str]
    secrets: Mapping[str, str]
    options: Mapping[str, Mapping[str, str]]

    @staticmethod
    def read(text: str) -> Request:
        document: dict[str, Any] = json.loads(text)
        return Request(**document)

    def option(self, namespace: str, name: str, default: str) -> str:
        return self.options.get(namespace, {}).get(name) or default

    @property
    def proxy_server(self) -> str:
        """``nginx``, ``apache`` or ``none``; ``nginx`` is the default of "General options" in AWS's guide."""
        return self.option(PROXY, "ProxyServer", "nginx")
