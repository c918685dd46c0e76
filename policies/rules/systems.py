"""The ``System`` tags that the rules know."""

from __future__ import annotations

SITE = "magento"
SITE_DATABASE = "database"
SHARED_DATABASE = "shared-database"
LOAD_BALANCER = "load-balancer"
FILE_SERVER = "nfs"
GATEWAY = "gateway"
VPN_SERVER = "vpn-access"
PHP_MY_ADMIN = "phpmyadmin"
RUNDECK = "rundeck"
WINDOWS = "windows"
RELEASES = "releases"
"""The role that Rundeck and CI release with."""
