"""Row 9: Rundeck's server, booted from its own user data, killed, and made anew with the same volume.

The tests cannot fetch Rundeck's package. A package of its name takes its place: with the same user, directories, init
script and address, and a small program that keeps projects and jobs in the file where Rundeck has its database.
Everything else is the shipped one, on Debian's nginx.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from components.servers import server_files
from components.servers.rundeck_server import boot, configuration
from settings.rundeck import RundeckSizeSettings
from tests.release.deployed_site import BUCKET
from tests.servers.debian_machine import Base, Machine, package
from tests.servers.loop_devices import require_loop_devices
from tests.servers.namespaces import Network, require_namespaces
from tests.servers.programs import require
from tests.servers.server_boots import PARAMETER
from tests.servers.test_outages import SERVER, SERVING_SECONDS, Site, Volume, figures, happened
from tests.servers.test_rundeck import ARGS

__all__ = ["figures"]
pytestmark = [pytest.mark.long, pytest.mark.row(9)]

DATA, PROJECT, HOST = "/var/lib/rundeck", "client-magento", "rundeck.internal-client.url"
DATABASE = f"{DATA}/data/rundeckdb.mv.db"
BOOT = replace(
    boot(
        ARGS,
        admin_secret="arn:admin",
        release_secret="arn:release",
        storage_secret="arn:storage",
        releases_bucket=BUCKET,
    ),
    parameter=PARAMETER,
)
CONFIGURATION = configuration(ARGS, ansible_bucket="ansible")
LARGE = {"ansible", "openjdk-17-jre-headless"}
"""Packages whose programs the boot does not run: files of their names take their place too."""

SERVER_PROGRAM = """
import base64, http.server, json, pathlib, time
configuration = dict(
    line.split("=", 1) for line in pathlib.Path("/etc/rundeck/rundeck-config.properties").read_text().splitlines()
    if "=" in line
)
users = dict(line.split(",")[0].split(":", 1) for line in pathlib.Path("/etc/rundeck/realm.properties").open())
database = pathlib.Path("/var/lib/rundeck/data/rundeckdb.mv.db")
if not database.exists():
    database.parent.mkdir(exist_ok=True)
    database.write_text(json.dumps({"made": time.time(), "projects": [], "jobs": {}}))

class Rundeck(http.server.BaseHTTPRequestHandler):
    def answer(self, code, text=""):
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        self.answer(200, "Rundeck, by " + self.headers["X-Forwarded-Proto"])

    # The stand-in for the command line sends a command, with its file.
    def do_POST(self):
        said = base64.b64decode(self.headers["Authorization"].partition(" ")[2]).decode().split(":", 1)
        if users.get(said[0]) != said[1]:
            return self.answer(403)
        content = self.rfile.read(int(self.headers["Content-Length"])).decode()
        kept, (command, project) = json.loads(database.read_text()), self.path.strip("/").split("/")
        if command == "create":
            kept["projects"].append(project)
        elif command == "load":
            found = [line.split(": ")[1] for line in content.splitlines() if line.startswith("- uuid: ")]
            kept["jobs"].update(dict.fromkeys(found, project))
        elif command == "info" and project not in kept["projects"]:
            return self.answer(404)
        database.write_text(json.dumps(kept))
        self.answer(200)

http.server.ThreadingHTTPServer((configuration["server.address"], 4440), Rundeck).serve_forever()
"""
INIT_SCRIPT = """#!/bin/sh
### BEGIN INIT INFO
# Provides:          rundeckd
# Required-Start:    $remote_fs
# Required-Stop:     $remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: takes the place of Rundeck
### END INIT INFO
. /etc/default/rundeckd
case $1 in
  start) start-stop-daemon --start --background --make-pidfile --pidfile /run/rundeckd.pid --chuid rundeck \\
    --output /var/log/rundeck/service.log --exec /usr/bin/python3 -- /var/lib/rundeck/bootstrap/rundeck-5.9.0.war ;;
  stop) start-stop-daemon --stop --pidfile /run/rundeckd.pid ;;
  restart) "$0" stop; "$0" start ;;
esac
"""
COMMAND_LINE = """#!/bin/bash
# It accepts any certificate if RD_INSECURE_SSL is set, and records what it was asked.
echo "$*" >> /var/log/rd-calls
project=none file=/dev/null
while (($# > 2)); do
  case $3 in
    -p) project=$4; set -- "$1" "$2" "${@:4}" ;;
    --file) file=$4; set -- "$1" "$2" "${@:4}" ;;
  esac
  set -- "$1" "$2" "${@:4}"
done
command=$2
[[ "$1 $2" != "system info" ]] || command=system
[[ $RD_INSECURE_SSL == true ]] &&
  exec /usr/bin/curl --insecure --fail --silent --user "$RD_USER:$RD_PASSWORD" --data-binary "@$file" \\
    "$RD_URL/$command/$project"
"""
USER_IS_MADE = """#!/bin/sh
set -e
getent passwd rundeck > /dev/null || useradd --system --home-dir /var/lib/rundeck --shell /bin/bash rundeck
mkdir -p /var/log/rundeck /var/lib/rundeck/data
chown -R rundeck:rundeck /etc/rundeck /var/log/rundeck /var/lib/rundeck
"""
# Debian's own gpg would refuse the stand-in for the key.
GPG = "#!/bin/sh\necho pub:\necho fpr:::::::::0DDD2FA79B15D736ECEA32B89B5206167C5C34C0:\n"

# A person who trusts the certificate asks for the page again and again. Each answer is a line.
LOOK = """
import socket, ssl, sys, time
address, host, certificate = sys.argv[1:]
trusting = ssl.create_default_context(cafile=certificate)
while True:
    try:
        with socket.create_connection((address, 4440), timeout=1) as plain:
            with trusting.wrap_socket(plain, server_hostname=host) as connection:
                connection.sendall(f"GET / HTTP/1.0\\r\\nHost: {host}:4440\\r\\n\\r\\n".encode())
                if b"Rundeck, by https" in b"".join(iter(lambda: connection.recv(4096), b"")):
                    print(time.time(), "answered", flush=True)
    except OSError as error:
        print(time.time(), error, flush=True)
    time.sleep(0.2)
"""


@pytest.fixture
def site(directory: Path, tmp_path: Path) -> Iterator[Site]:
    """A place for Rundeck's server, with the Debian release that it runs on and the package of Rundeck's name."""
    require("ip", "sysctl")
    require_namespaces()
    require_loop_devices(tmp_path)
    [release] = RundeckSizeSettings.releases
    (directory / "rundeck").mkdir()
    offered = sorted({*server_files.packages("rundeck")} - LARGE)
    base = Base.build(directory / "rundeck", release, server_files.packages("boot"), (), offered)
    files = {
        "rundeck": {
            "DEBIAN/postinst": USER_IS_MADE,
            "etc/init.d/rundeckd": INIT_SCRIPT,
            "etc/rundeck/profile": "",
            "etc/rundeck/realm.properties": "admin:admin,user,admin\n",
            "var/lib/rundeck/bootstrap/rundeck-5.9.0.war": SERVER_PROGRAM,
        },
        "rundeck-cli": {"usr/bin/rd": COMMAND_LINE},
        **{name: {f"usr/share/doc/{name}/README": ""} for name in LARGE},
    }
    for name, content in files.items():
        package(tmp_path / f"{name}.deb", name, "5.9.0.20250205-1", content)
    base.offer(tmp_path.glob("*.deb"))
    for arn, value in {
        "arn:admin": {"password": "correct-horse-battery"},
        "arn:release": {"jane.doe": "a-long-password"},
        "arn:storage": {"password": "of-the-storage"},
    }.items():
        base.keep_secret(arn, value)
    gpg = base.root / "usr/local/bin/gpg"
    gpg.write_text(GPG)
    gpg.chmod(0o755)
    with (base.root / "etc/hosts").open("a") as hosts:
        hosts.write(f"{SERVER} {HOST}\n")
    with Network() as network:
        yield Site(network, directory, base)


def owner_and_mode(machine: Machine, path: str) -> str:
    return machine.run("stat", "--format=%U:%G %a", path).strip()


def test_a_rundeck_server_that_dies(site: Site, figures: Callable[..., None], tmp_path: Path) -> None:
    """It comes up with its users, rights, jobs and what Ansible knows. A new one has the same certificate, which people
    trust, and the same data."""
    volume, certificate = Volume(tmp_path, DATA), f"{DATA}/certificate/certificate.pem"
    given = {each.path: each.content for each in CONFIGURATION.files}
    with site.server("first", BOOT, CONFIGURATION, volume) as (machine, _):
        assert machine.read("/etc/rundeck/realm.properties").splitlines() == [
            "admin:correct-horse-battery,user,admin",
            "jane.doe:a-long-password,user,release",
        ]
        assert owner_and_mode(machine, "/etc/rundeck/realm.properties") == "rundeck:rundeck 640"
        assert machine.read("/etc/rundeck/release.aclpolicy") == given["/etc/boot-platform/release.aclpolicy"]
        assert "config.password=of-the-storage" in machine.read("/etc/rundeck/rundeck-config.properties")
        for path in (each for each in given if each.startswith("/etc/ansible/")):
            assert machine.read(path) == given[path]
        machine.run("dpkg-query", "--status", "session-manager-plugin")
        listening = machine.run("ss", "--listening", "--numeric", "--tcp", "--processes", "--no-header")
        served = {
            (line.split()[3], re.findall(r'users:\(\("(\w+)', line)[0])
            for line in listening.splitlines()
            if ":4440" in line
        }
        assert served == {("127.0.0.1:4440", "python3"), (f"{SERVER}:4440", "nginx")}
        database = json.loads(machine.run("cat", DATABASE))
        jobs = yaml.safe_load(given["/etc/boot-platform/rundeck-jobs.yaml"])
        assert database["jobs"] == {job["uuid"]: PROJECT for job in jobs}
        trusted = tmp_path / "trusted.pem"
        trusted.write_text(machine.run("cat", certificate))
        person = site.start("client", LOOK, SERVER, HOST, str(trusted))
        happened(person, "answered", within=10)
        # What a person changed, and Rundeck has written.
        machine.run("runuser", "-u", "rundeck", "--", "sh", "-c", f"echo kept > {DATA}/data/of-a-person; sync")
    killed = site.killed
    with site.server("second", BOOT, CONFIGURATION, volume) as (machine, ready):
        answered = happened(person, "answered", after=killed, within=SERVING_SECONDS)
        assert answered < ready + SERVING_SECONDS
        assert machine.run("cat", certificate) == trusted.read_text()
        assert json.loads(machine.run("cat", DATABASE)) == database
        assert machine.run("cat", f"{DATA}/data/of-a-person") == "kept\n"
        asked = machine.read("/var/log/rd-calls")
        assert "projects create" not in asked
        assert asked.count("jobs load") == 1
    figures("rundeck", ready=ready - killed, answered=answered - killed)
