"""PHP and the proxy server in front of it: their configuration, and when they start and stop."""

from __future__ import annotations

import shutil
from pathlib import Path

from sandbox.hosts.beanstalk_platform import engine_log
from sandbox.hosts.beanstalk_platform.request import PHP_INI, Request

_PRIVATE = Path("/opt/elasticbeanstalk/config/private")
_STAGING = Path("/var/proxy/staging")
_WEB_ROOT = "/var/www/html"
_INI = Path("/etc/php.ini")
_MARK = "; The environment's options, written by Elastic Beanstalk"
_DIRECTIVES = {"memory_limit": "256M", "max_execution_time": "60", "allow_url_fopen": "On", "display_errors": "Off"} | {
    "zlib.output_compression": "Off"
}
"""The options that are PHP's own directives, and their defaults (Developer Guide, "PHP platform options")."""


def configure_php(request: Request) -> None:
    """Writes the options at the end of /etc/php.ini: files of /etc/php.d are read later, and win."""
    lines = [f"{name} = {request.option(PHP_INI, name, default)}" for name, default in _DIRECTIVES.items()]
    ini = _INI.read_text().split(_MARK)[0].rstrip("\n")
    new = _INI.with_suffix(".ini.new")
    new.write_text("\n".join([ini, _MARK, *lines, ""]))
    new.rename(_INI)


def configure_proxy(request: Request, application: Path) -> None:
    """Puts Beanstalk's files and the bundle's over them into /var/proxy/staging. Nothing that runs is touched."""
    shutil.rmtree(_STAGING, ignore_errors=True)
    if request.proxy_server == "none":
        return
    server = _folder(request)
    staging = _STAGING / server
    shutil.copytree(_PRIVATE / server, staging)
    php = staging / "conf.d/elasticbeanstalk/php.conf"
    root = f"{_WEB_ROOT}/{request.option(PHP_INI, 'document_root', '/').strip('/')}".rstrip("/")
    php.write_text(php.read_text().replace("@DOCUMENT_ROOT@", root))
    own = application / ".platform" / server
    if own.is_dir():
        engine_log.command(["cp", "-rp", f"{own}/.", str(staging)])


def stop_proxy() -> None:
    for service in ("httpd", "nginx"):
        if _is_active(service):
            engine_log.command(["systemctl", "stop", f"{service}.service"])


def start_php() -> None:
    """Stops and starts it: requests that run are cut off, which is why the proxy is stopped before."""
    if _is_active("php-fpm"):
        engine_log.command(["systemctl", "stop", "php-fpm.service"])
    _start("php-fpm")


def start_proxy(request: Request) -> None:
    """Checks the new configuration, puts it in the place of the old one, and starts the server."""
    if request.proxy_server == "none":
        return
    server = _folder(request)
    staging = _STAGING / server
    if server == "nginx":
        engine_log.command(["/usr/sbin/nginx", "-t", "-c", str(staging / "nginx.conf")])
    target = Path("/etc") / server
    shutil.rmtree(target / "conf.d", ignore_errors=True)
    engine_log.command(["cp", "-rp", f"{staging}/.", str(target)])
    _start("nginx" if server == "nginx" else "httpd")


def restart(request: Request) -> None:
    """What RestartAppServer does: fpm, then the proxy, with the configuration that is there."""
    engine_log.command(["systemctl", "restart", "php-fpm.service"])
    if request.proxy_server != "none":
        engine_log.command(["systemctl", "restart", f"{_folder(request)}.service"])


def _folder(request: Request) -> str:
    return "httpd" if request.proxy_server == "apache" else "nginx"


def _start(service: str) -> None:
    engine_log.command(["systemctl", "reset-failed"])
    engine_log.command(["systemctl", "start", f"{service}.service"])


def _is_active(service: str) -> bool:
    try:
        engine_log.command(["systemctl", "is-active", f"{service}.service"])
    except engine_log.StepError:
        return False
    return True
