"""Real php-fpm, nginx and Apache, set up as Beanstalk's PHP platform sets them up, around the files of a release.

Beanstalk does not publish its configuration. What is here is pieced together from public copies of it:

- `nginx.conf`: several public articles on the platforms of Amazon Linux 2 and 2023 print it, all alike. Its server
  block sets gzip and keepalive_timeout itself, so a file that is included there cannot.
- `conf.d/elasticbeanstalk/php.conf`: a public repository replaces it by a copy that keeps the head "This file is
  managed by Elastic Beanstalk". It has the document root, the index, and one location, which runs every PHP file. It
  has no `location /`, because public repositories add one.
- Apache's `php.conf` hands `.php` files to php-fpm, as the one of Amazon Linux's package does.
"""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.tests.applications.servers import free_port, listens, until
from tests.servers.namespaces import Network, require_namespaces
from tests.servers.programs import SEARCHED, not_installed, require, unavailable

_NGINX = """
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
{user}
events {{ worker_connections 64; }}
http {{
  server_tokens off;
  default_type application/octet-stream;
  types {{ text/css css; application/javascript js; image/jpeg jpg; text/html html; text/plain txt; text/xml xml; }}
  log_format main '$remote_addr - $remote_user [$time_local] "$request" $status "$http_x_forwarded_for"';
  {temporary}
  include {configuration}/conf.d/*.conf;
  map $http_upgrade $connection_upgrade {{ default "upgrade"; }}
  server {{
    listen 127.0.0.1:{port} default_server;
    access_log {directory}/access.log main;
    client_header_timeout 60;
    client_body_timeout 60;
    keepalive_timeout 60;
    gzip off;
    gzip_comp_level 4;
    gzip_types text/plain text/css application/json application/javascript application/x-javascript text/xml
               application/xml application/xml+rss text/javascript;
    include {configuration}/conf.d/elasticbeanstalk/*.conf;
  }}
}}
"""
_PHP_LOCATION = """
root {release}{document_root};
index index.php index.html index.htm;
location ~ \\.(php|phar)(/.*)?$ {{
  fastcgi_split_path_info ^(.+\\.(?:php|phar))(/.*)$;
  fastcgi_intercept_errors on;
  fastcgi_index index.php;
  fastcgi_param QUERY_STRING $query_string;
  fastcgi_param REQUEST_METHOD $request_method;
  fastcgi_param CONTENT_TYPE $content_type;
  fastcgi_param CONTENT_LENGTH $content_length;
  fastcgi_param SCRIPT_NAME $fastcgi_script_name;
  fastcgi_param REQUEST_URI $request_uri;
  fastcgi_param REMOTE_ADDR $remote_addr;
  fastcgi_param HTTPS $https if_not_empty;
  fastcgi_param REDIRECT_STATUS 200;
  fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
  fastcgi_param PATH_INFO $fastcgi_path_info;
  fastcgi_pass php-fpm;
}}
"""
_APACHE_MODULES = (
    *(
        "mpm_event",
        "authz_core",
        "dir",
        "mime",
        "negotiation",
        "proxy",
        "proxy_fcgi",
        "setenvif",
        "remoteip",
        "reqtimeout",
    ),
)
_APACHE = """
{modules}
ServerName localhost
PidFile "{directory}/apache.pid"
ErrorLog "{directory}/error.log"
Listen 127.0.0.1:{port}
{user}
TypesConfig /dev/null
AddType text/css .css
DocumentRoot "{release}{document_root}"
<Directory "{release}">
    Options -Indexes
    AllowOverride None
    Require all granted
</Directory>
DirectoryIndex index.php index.html
<FilesMatch \\.(php|phar)$>
    SetHandler "proxy:unix:{directory}/php-fpm.sock|fcgi://localhost"
</FilesMatch>
Include "{directory}/conf.d/*.conf"
"""


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    headers: Mapping[str, str]
    """Names in lower case."""


@dataclass(frozen=True)
class WebServer:
    """A running web server of one release."""

    release: Path
    port: int
    directory: Path
    """What the servers write: logs, sockets."""
    command: tuple[str, ...]
    """What runs the web server once more in the foreground, in another network."""

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request. The path goes out as it is written."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, answer.read().decode("utf-8", "replace"), fields)


@dataclass(frozen=True)
class LoadBalancer:
    """Asks a web server that runs in a network of its own, from an address of the VPC."""

    address = "10.0.1.9"
    network: Network
    port: int

    def ask(self, forwarded_for: str | None) -> str:
        """The body of the answer for ``/``, with this header."""
        headers = () if forwarded_for is None else ("--header", f"X-Forwarded-For: {forwarded_for}")
        return self.network.run(
            "instance",
            *("curl", "--silent", "--retry", "20", "--retry-connrefused", "--retry-delay", "1"),
            *("--interface", self.address, *headers, f"http://127.0.0.1:{self.port}/"),
        )


@contextmanager
def load_balancer_of(server: WebServer) -> Iterator[LoadBalancer]:
    """One that asks another instance of the web server."""
    require_namespaces()
    require("curl")
    with Network() as network:
        network.add_machine("instance")
        network.run("instance", "ip", "address", "add", f"{LoadBalancer.address}/32", "dev", "lo")
        network.start("instance", *server.command)
        yield LoadBalancer(network, server.port)


def php_fpm() -> str:
    """The program php-fpm, whose name has PHP's version on Debian."""
    found = [program for directory in SEARCHED.split(":") for program in sorted(Path(directory).glob("php-fpm*"))]
    if not found:
        unavailable(not_installed("php-fpm"))
    return str(found[0])


@contextmanager
def nginx(release: Path, document_root: str, directory: Path, etc: Path | None = None) -> Iterator[WebServer]:
    """Serve a release with nginx, with the files of its `.platform/nginx` where Beanstalk copies them.

    From ``etc``, PHP takes `php.d` and `php-fpm.d` too, after what it has.
    """
    require("nginx")
    configuration = directory / "etc-nginx"
    shutil.copytree(release / ".platform/nginx", configuration)
    conf_d = configuration / "conf.d"
    (conf_d / "php-fpm.conf").write_text(f"upstream php-fpm {{ server unix:{directory}/php-fpm.sock; }}\n")
    (conf_d / "elasticbeanstalk/php.conf").write_text(
        _PHP_LOCATION.format(release=release, document_root=document_root)
    )
    port = free_port()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    whole = directory / "nginx.conf"
    whole.write_text(
        _NGINX.format(
            directory=directory,
            configuration=configuration,
            port=port,
            user="user root;" if os.geteuid() == 0 else "",
            temporary="".join(f"{kind}_temp_path {directory}/{kind};" for kind in kinds),
        )
    )
    command = (str(shutil.which("nginx", path=SEARCHED)), "-p", str(directory), "-c", str(whole))
    with _fpm(directory, etc), _running(command, directory, port):
        yield WebServer(release, port, directory, command)


@contextmanager
def apache(release: Path, document_root: str, directory: Path) -> Iterator[WebServer]:
    """Serve a release with Apache, with the files of its `.platform/httpd/conf.d`, which name /var/www/html."""
    require("apache2")
    conf_d = directory / "conf.d"
    shutil.copytree(release / ".platform/httpd/conf.d", conf_d)
    for file in conf_d.glob("*.conf"):
        file.write_text(file.read_text().replace("/var/www/html", str(release)))
    port = free_port()
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in _APACHE_MODULES)
    whole = directory / "httpd.conf"
    whole.write_text(
        _APACHE.format(
            modules=modules,
            directory=directory,
            port=port,
            release=release,
            document_root=document_root,
            user="User www-data\nGroup www-data" if os.geteuid() == 0 else "",
        )
    )
    program = str(shutil.which("apache2", path=SEARCHED))
    command = (program, "-d", str(directory), "-f", str(whole), "-DFOREGROUND")
    with _fpm(directory), _running(command, directory, port):
        again = (*command, "-c", f"PidFile {directory}/again.pid")
        yield WebServer(release, port, directory, again)


@contextmanager
def _fpm(directory: Path, etc: Path | None = None) -> Iterator[None]:
    socket = directory / "php-fpm.sock"
    user = "user = root\ngroup = root" if os.geteuid() == 0 else ""
    pool = directory / "php-fpm.conf"
    pool.write_text(
        f"[global]\nerror_log = {directory}/php-fpm.log\ndaemonize = no\n"
        f"[www]\nlisten = {socket}\nlisten.mode = 0666\n{user}\npm = static\npm.max_children = 2\n"
        + (f"include = {etc}/php-fpm.d/*.conf\n" if etc else "")
    )
    # PHP's own directory, then the other.
    scanned = {"PHP_INI_SCAN_DIR": f":{etc}/php.d"} if etc else {}
    command = [php_fpm(), "--nodaemonize", "--fpm-config", str(pool)]
    if os.geteuid() == 0:
        command.append("--allow-to-run-as-root")
    with _process(command, directory, scanned) as server:
        until(socket.exists, server, "php-fpm", directory / "php-fpm.log", directory / "output")
        yield


@contextmanager
def _running(command: Sequence[str], directory: Path, port: int) -> Iterator[None]:
    with _process(command, directory) as server:
        until(lambda: listens(port), server, command[0], directory / "output")
        yield


@contextmanager
def _process(
    command: Sequence[str], directory: Path, variables: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, **(variables or {})}
    with (directory / "output").open("ab") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        yield server
    finally:
        server.terminate()
        server.wait(timeout=20)
