"""The servers that people work through, as far as the stack file has them."""

from __future__ import annotations

from dataclasses import dataclass

from settings.gateway import GatewaySettings
from settings.php_my_admin import PhpMyAdminSettings
from settings.rundeck import RundeckSettings
from settings.vpn_access import VpnAccessSettings
from settings.windows import WindowsSettings


@dataclass(frozen=True, kw_only=True)
class OperationsSettings:
    """A server exists where its section does."""

    vpn_access: VpnAccessSettings | None = None
    gateway: GatewaySettings | None = None
    windows: WindowsSettings | None = None
    rundeck: RundeckSettings | None = None
    php_my_admin: PhpMyAdminSettings | None = None
