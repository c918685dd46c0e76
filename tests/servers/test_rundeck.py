"""Row 9: what Rundeck's jobs run, by the real AWS CLI against AWS's API. Rundeck itself is not to be had here."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from components.servers.rundeck_server import RundeckServerArgs, boot, configuration
from release import tool
from sandbox.tests.applications.servers import free_port, listens, running, until
from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws
from settings.rundeck import RundeckSettings, RundeckSizeSettings
from tests.release.deployed_site import BACK_OFFICE, BUCKET, DeployedSite, deployed_site
from tests.servers.programs import require
from tests.unit.servers.placement import PLACEMENT

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]

# The one that Debian packages, which is the servers'.
AWS_CLI = "/usr/bin/aws"
ARGS = RundeckServerArgs(
    placement=PLACEMENT,
    rundeck=RundeckSettings(size=RundeckSizeSettings(instance_type="t4g.medium")),
    clients={"vpn": "sg-vpn"},
    releases_bucket=BUCKET,
)
FILES = {
    each.path: each
    for each in (
        *boot(
            ARGS,
            admin_secret="arn:admin",
            release_secret="arn:release",
            storage_secret="arn:storage",
            releases_bucket=BUCKET,
        ).files,
        *configuration(ARGS, ansible_bucket="ansible").files,
    )
}


class Machine:
    """Commands and scripts of the server, and what takes the place of the rest of it, in one directory of programs."""

    def __init__(self, programs: Path, variables: Mapping[str, str] | None = None) -> None:
        self._programs = programs
        self._variables = variables or {}

    def install(self, path: str) -> None:
        self.add(path.rpartition("/")[2], FILES[path].content)

    def add(self, name: str, content: str) -> None:
        (self._programs / name).write_text(content)
        (self._programs / name).chmod(0o755)

    def run(self, name: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._programs / name, *arguments],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
                "PATH": f"{self._programs}:{os.environ['PATH']}",
                **self._variables,
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=300,
        )


class _MetadataHandler(BaseHTTPRequestHandler):
    """The instance metadata service of Rundeck's server, version 2: the credentials of its role."""

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-aws-ec2-metadata-token-ttl-seconds", "600")
        self.end_headers()
        self.wfile.write(text.encode())

    def do_PUT(self) -> None:
        self._answer("token")

    def do_GET(self) -> None:
        credentials = {
            "Code": "Success",
            "Type": "AWS-HMAC",
            "AccessKeyId": "test",
            "SecretAccessKey": "test",
            "Token": "test",
            "LastUpdated": "2026-11-26T00:00:00Z",
            "Expiration": "2096-11-26T00:00:00Z",
        }
        self._answer(json.dumps(credentials) if self.path.endswith("/rundeck") else "rundeck")

    def log_message(self, *_said: Any) -> None: ...


@pytest.fixture(scope="module")
def metadata() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _MetadataHandler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def site(aws: EmbeddedAws) -> Iterator[DeployedSite]:
    """A site, its role, and what `pulumi up` and `./shop release publish` leave in the bucket for releases."""
    with deployed_site(aws) as deployed:
        stack = {"stack": "prod", "region": REGION, "outputs": dict(deployed.stack.outputs)}
        s3, prefix = aws.client("s3"), "client-magento-prod"
        s3.put_object(Bucket=BUCKET, Key=f"{prefix}/stack.json", Body=json.dumps(stack).encode())
        s3.put_object(Bucket=BUCKET, Key=f"{prefix}/tool.zip", Body=tool.archive())
        aws.client("iam").create_role(RoleName="client-prod-releases", AssumeRolePolicyDocument="{}")
        yield deployed


@pytest.fixture
def rundeck(aws: EmbeddedAws, metadata: str, tmp_path: Path) -> Machine:
    """A server with the command that jobs run, whose AWS is the embedded one. It has no Pulumi, and no keys but its
    role's."""
    require(AWS_CLI)
    (tmp_path / "bin").mkdir()
    (tmp_path / "rundeck.env").write_text(FILES["/etc/boot-platform/rundeck.env"].content)
    path = f"{tmp_path / 'bin'}:{Path(sys.executable).resolve().parent}:/usr/bin:/bin"
    assert shutil.which("pulumi", path=path) is None
    machine = Machine(
        tmp_path / "bin",
        {
            "PATH": path,
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata,
            "AWS_PAGER": "",
            "RUNDECK_ENVIRONMENT": str(tmp_path / "rundeck.env"),
            "SHOP_RELEASE_CACHE": str(tmp_path / "cache"),
            "RD_JOB_USERNAME": "ann; reboot",
        },
    )
    # Debian 12's does not know AWS_ENDPOINT_URL yet.
    machine.add("aws", f'#!/bin/sh\nexec {AWS_CLI} --endpoint-url {aws.url} "$@"\n')
    machine.install("/usr/local/bin/shop-release")
    return machine


@pytest.mark.row(19)
@pytest.mark.row(20)
@pytest.mark.long
def test_jobs_work_on_a_stack_with_its_own_tool_and_role(
    site: DeployedSite, rundeck: Machine, aws: EmbeddedAws, tmp_path: Path
) -> None:
    """From the archive and the stack's file alone: neither Pulumi nor a checkout is there."""
    status = rundeck.run("shop-release", "prod", "status")
    assert status.returncode == 0, status.stdout + status.stderr
    assert f"{BACK_OFFICE} runs placeholder" in status.stdout
    assert "The shop is open: nobody is held." in status.stdout

    held = rundeck.run("shop-release", "prod", "hold-on", "--reason", "SHOP-123")
    assert held.returncode == 0, held.stdout + held.stderr
    assert "The shop is held." in rundeck.run("shop-release", "prod", "status").stdout
    assert rundeck.run("shop-release", "prod", "hold-off", "--reason", "SHOP-123").returncode == 0
    s3 = aws.client("s3")
    lock = json.load(s3.get_object(Bucket=BUCKET, Key="client-magento-prod/lock.json")["Body"])
    assert lock["who"].endswith("assumed-role/client-prod-releases/rundeck-annreboot")

    diagnosed = rundeck.run("shop-release", "prod", "diagnose")
    assert diagnosed.returncode == 0, diagnosed.stdout + diagnosed.stderr
    (installed,) = [each for each in (tmp_path / "cache").iterdir() if each.is_dir()]
    assert (installed / "complete").exists()

    # A stack whose tool nobody has published.
    s3.delete_object(Bucket=BUCKET, Key="client-magento-prod/tool.zip")
    refused = rundeck.run("shop-release", "prod", "status")
    assert refused.returncode == 2
    assert "Run ./shop release publish" in refused.stderr


@pytest.mark.parametrize("arguments", [(), ("prod",), ("Prod", "status"), ("a b", "status"), ("../prod", "status")])
def test_what_is_no_environment_reaches_nothing(rundeck: Machine, arguments: tuple[str, ...]) -> None:
    refused = rundeck.run("shop-release", *arguments)
    assert refused.returncode == 2
    assert "usage: shop-release" in refused.stderr


def test_a_repository_key_that_is_not_rundecks_is_refused(tmp_path: Path) -> None:
    """Nothing is installed, and apt never trusts the key: its owner could become root on the server."""
    require("gpg", "gpgconf")
    home, keyring, installed = tmp_path / "gnupg", tmp_path / "rundeck.asc", tmp_path / "installed"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", ""]
    try:
        subprocess.run([*gpg, "--quick-generate-key", "Somebody else", "ed25519", "sign"], check=True)
        key = subprocess.run([*gpg, "--armor", "--export"], check=True, capture_output=True, text=True).stdout
    finally:
        # The agent that gpg starts would stay.
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"], check=True)
    (tmp_path / "key.asc").write_text(key)
    (tmp_path / "rundeck.env").write_text(FILES["/etc/boot-platform/rundeck.env"].content)
    machine = Machine(
        tmp_path,
        {"RUNDECK_KEYRING": str(keyring), "RUNDECK_ENVIRONMENT": str(tmp_path / "rundeck.env"), "GNUPGHOME": str(home)},
    )
    machine.install("/usr/local/sbin/install_rundeck.sh")
    machine.add("dpkg-query", "#!/bin/sh\nexit 1\n")
    machine.add("curl", f'#!/bin/sh\ncp {tmp_path}/key.asc "{keyring}.new"\n')
    machine.add("apt-get", f"#!/bin/sh\ntouch {installed}\n")
    refused = machine.run("install_rundeck.sh")
    assert refused.returncode == 1
    assert "the key of Rundeck's repository should be 0DDD2FA79B15D736ECEA32B89B5206167C5C34C0, got" in refused.stderr
    assert not keyring.exists()
    assert not installed.exists()


@pytest.mark.parametrize(("architecture", "folder"), [("amd64", "ubuntu_64bit"), ("arm64", "ubuntu_arm64")])
def test_the_session_manager_plugin_is_aws_package_of_the_architecture(
    tmp_path: Path, architecture: str, folder: str
) -> None:
    machine = Machine(tmp_path)
    machine.install("/usr/local/sbin/install_session_manager_plugin.sh")
    machine.add("dpkg-query", f"#!/bin/sh\ncat {tmp_path}/status 2>/dev/null\n")
    machine.add("dpkg", f"#!/bin/sh\necho {architecture}\n")
    machine.add("curl", f'#!/bin/sh\nfor last; do :; done\necho "$last" >>{tmp_path}/fetched\n')
    machine.add("apt-get", f"#!/bin/sh\nprintf installed >{tmp_path}/status\n")
    for _ in range(2):
        assert machine.run("install_session_manager_plugin.sh").returncode == 0
    # At the second boot it is there.
    assert (tmp_path / "fetched").read_text() == (
        f"https://s3.amazonaws.com/session-manager-downloads/plugin/latest/{folder}/session-manager-plugin.deb\n"
    )


@pytest.mark.parametrize("fails", ["curl", "apt-get"])
def test_a_boot_goes_on_without_the_session_manager_plugin(tmp_path: Path, fails: str) -> None:
    """Rundeck and its releases do not need it."""
    machine = Machine(tmp_path)
    machine.install("/usr/local/sbin/install_session_manager_plugin.sh")
    machine.add("dpkg-query", "#!/bin/sh\nexit 1\n")
    machine.add("dpkg", "#!/bin/sh\necho arm64\n")
    for program in ("curl", "apt-get"):
        machine.add(program, f"#!/bin/sh\nexit {int(program == fails)}\n")
    ran = machine.run("install_session_manager_plugin.sh")
    assert ran.returncode == 0
    assert "Ansible reaches no server" in ran.stderr


def test_people_who_may_only_release_have_a_password_each(tmp_path: Path) -> None:
    """Beside the administrator's, in the file that Rundeck reads. What it would read as something else is refused, and
    the file stays as it was."""
    require("jq")
    machine = configured(tmp_path)
    realm = tmp_path / "realm.properties"

    def configure(users: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        (tmp_path / "arn:release").write_text(json.dumps(users))
        return machine.run("configure_rundeck.sh")

    done = configure({"release": "z" * 40, "jane.doe": "{safe}-#1:word"})
    assert done.returncode == 0, done.stderr
    written = "admin:of-admin,user,admin\nrelease:" + "z" * 40 + ",user,release\njane.doe:{safe}-#1:word,user,release\n"
    assert realm.read_text() == written
    assert (realm.stat().st_mode & 0o777) == 0o640
    assert (tmp_path / "release.aclpolicy").read_text() == FILES["/etc/boot-platform/release.aclpolicy"].content
    for users in (
        {"admin": "z" * 40},
        {"Jane": "z" * 40},
        {"a b": "z" * 40},
        {"jane": "short"},
        {"jane": "password,admin,"},
        {"jane": "back\\slash-long"},
        {"jane": "line\nadmin2:long-enough"},
    ):
        refused = configure(users)
        assert refused.returncode != 0
        assert "arn:release: got " in refused.stderr
        assert realm.read_text() == written
    assert configure({}).returncode == 0
    assert realm.read_text().strip() == "admin:of-admin,user,admin"


def test_a_later_boot_goes_on_without_secrets_manager(tmp_path: Path) -> None:
    """With the passwords of the boot before. Those that the package brings are everybody's: they start nothing."""
    require("jq")
    machine, realm, release = configured(tmp_path), tmp_path / "realm.properties", tmp_path / "arn:release"
    realm.write_text("admin:admin,user,admin,architect,deploy,build\n")
    machine.add("systemctl", f'#!/bin/sh\necho "$*" >>{tmp_path}/units\n')
    assert machine.run("configure_rundeck.sh").returncode != 0
    assert not (tmp_path / "units").exists()
    release.write_text("{}")
    assert machine.run("configure_rundeck.sh").returncode == 0
    before = realm.read_text()
    release.unlink()
    (tmp_path / "units").unlink()
    later = machine.run("configure_rundeck.sh")
    assert later.returncode == 0, later.stderr
    assert realm.read_text() == before
    assert "start rundeckd" in (tmp_path / "units").read_text()


def test_what_rundecks_service_prints_is_rotated(tmp_path: Path) -> None:
    """By the real logrotate, while the service has the file open."""
    require("logrotate")
    log, rotation = tmp_path / "service.log", tmp_path / "logrotate.conf"
    rotation.write_text(FILES["/etc/logrotate.d/rundeck-service"].content.replace("/var/log/rundeck", str(tmp_path)))
    rotation.chmod(0o644)
    with log.open("a") as service:
        service.write("before\n")
        service.flush()
        forced = ("logrotate", "--force", "--state", str(tmp_path / "state"), str(rotation))
        subprocess.run(forced, check=True, timeout=60)
        service.write("after\n")
    assert (tmp_path / "service.log.1").read_text() == "before\n"
    assert log.read_text() == "after\n"


def test_a_running_rundeck_takes_new_jobs_over(tmp_path: Path) -> None:
    """Rundeck reads them from the new file, before it is in place. A file that is none changes nothing, and a boot only
    puts them in place: Rundeck is not there yet. If it does not run at another time, they wait for it."""
    machine, new = configured(tmp_path), tmp_path / "new"
    for file in configuration(ARGS, ansible_bucket="ansible").files:
        path = new / file.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content)
    machine.install("/usr/local/sbin/apply_jobs.sh")
    machine.add("load_jobs.sh", f'#!/bin/sh\necho "$RUNDECK_JOBS" >>{tmp_path}/loaded\n')
    root, loaded, status = tmp_path / "root", tmp_path / "loaded", tmp_path / "status"
    root.mkdir()
    status.write_text("booting\t\t\n")

    def apply(is_active: bool) -> subprocess.CompletedProcess[str]:
        machine.add("systemctl", f"#!/bin/sh\nexit {int(not is_active)}\n")
        return machine.run("apply_jobs.sh", str(new), RUNDECK_ROOT=str(root), BOOT_STATUS=str(status))

    jobs = new / "etc/boot-platform/rundeck-jobs.yaml"
    good = jobs.read_text()
    jobs.write_text("- {")
    refused = apply(True)
    assert refused.returncode == 1
    assert "rundeck-jobs.yaml" in refused.stdout
    assert not loaded.exists()
    assert list(root.iterdir()) == []
    jobs.write_text(good)
    assert apply(False).returncode == 0
    assert not loaded.exists()
    for path, file in (
        (root / file.path.lstrip("/"), file) for file in FILES.values() if (new / file.path[1:]).exists()
    ):
        assert path.read_text() == file.content
    status.write_text("ready\t\t\n")
    waits = apply(False)
    assert (waits.returncode, waits.stdout) == (75, "Rundeck does not run: it gets its jobs when it does\n")
    assert not loaded.exists()
    applied = apply(True)
    assert applied.returncode == 0, applied.stderr
    assert loaded.read_text() == f"{jobs}\n"
    assert (tmp_path / "release.aclpolicy").read_text() == FILES["/etc/boot-platform/release.aclpolicy"].content


def configured(directory: Path) -> Machine:
    """A server whose secrets are files of their own ARNs, in one directory with what the scripts write."""
    for name in ("rundeck.env", "rundeck-config.properties", "release.aclpolicy", "https.conf"):
        prepared = directory / "prepared" / name
        prepared.parent.mkdir(exist_ok=True)
        prepared.write_text(FILES[f"/etc/boot-platform/{name}"].content)
    machine = Machine(
        directory,
        {
            "RUNDECK_ENVIRONMENT": str(directory / "prepared" / "rundeck.env"),
            "RUNDECK_PREPARED": str(directory / "prepared"),
            "RUNDECK_CONFIGURATION": str(directory),
            "RUNDECK_DATA": str(directory / "data"),
            "RUNDECK_HTTPS": str(directory / "prepared" / "https.conf"),
            "SHOP_RELEASE_CACHE": str(directory / "cache"),
        },
    )
    (directory / "data").mkdir()
    for label in ("admin", "storage"):
        (directory / f"arn:{label}").write_text(json.dumps({"password": f"of-{label}"}))
    machine.install("/usr/local/sbin/configure_rundeck.sh")
    machine.install("/usr/local/sbin/serve_https.sh")
    machine.install("/usr/local/bin/make_certificate.sh")
    machine.add("aws", f'#!/bin/sh\ncat "{directory}/$4"\n')
    machine.add("systemctl", "#!/bin/sh\n")
    # Its user is not on this computer.
    machine.add("find", "#!/bin/sh\n")
    machine.add("install", '#!/bin/bash\nexec /usr/bin/install $(sed "s/-[og] rundeck//g" <<<"$*")\n')
    return machine


class Certificate:
    """What openssl says of Rundeck's certificate."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "data" / "certificate"
        self.path, self.key = self.directory / "certificate.pem", self.directory / "key.pem"

    def put(self, name: str, days: int, *signed: str) -> bytes:
        """In place of the one that is there."""
        self.directory.mkdir(exist_ok=True)
        made = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", *signed)
        names = ("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-days", str(days))
        openssl(*made, *names, "-keyout", str(self.key), "-out", str(self.path))
        return self.path.read_bytes()


def openssl(*arguments: str) -> str:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True).stdout


def test_rundecks_certificate_is_made_once_and_renewed(tmp_path: Path) -> None:
    """People trust it by hand. So it stays until the last third of its life, and as long as the name is its own. One of
    somebody's authority always stays."""
    require("openssl")
    machine, certificate = configured(tmp_path), Certificate(tmp_path)
    name = "rundeck.internal-client.url"

    def make() -> bytes:
        done = machine.run("make_certificate.sh")
        assert done.returncode == 0, done.stderr
        return certificate.path.read_bytes()

    first = make()
    assert make() == first
    assert certificate.key.stat().st_mode & 0o777 == 0o600
    assert openssl("pkey", "-in", str(certificate.key), "-pubout") == openssl(
        "x509", "-in", str(certificate.path), "-noout", "-pubkey"
    )
    assert "CA:FALSE" in openssl("x509", "-in", str(certificate.path), "-noout", "-text")
    assert certificate.put(name, 280) == make()
    assert certificate.put(name, 270) != make()
    assert certificate.put("rundeck.elsewhere.url", 800) != make()
    authority = ("-keyout", str(tmp_path / "authority.key"), "-out", str(tmp_path / "authority.pem"))
    openssl("req", "-x509", "-newkey", "rsa:2048", "-noenc", "-subj", "/CN=Authority", *authority)
    signed = ("-CA", str(tmp_path / "authority.pem"), "-CAkey", str(tmp_path / "authority.key"))
    assert certificate.put("rundeck.client.url", 5, *signed) == make()


class _Rundeck(BaseHTTPRequestHandler):
    """Says what it was asked for, as Rundeck sees it."""

    def do_GET(self) -> None:
        said = {
            name: self.headers[name] for name in ("Host", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For")
        }
        text = json.dumps({"path": self.path, **said})
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_said: Any) -> None: ...


def test_rundeck_is_opened_by_https_alone(tmp_path: Path) -> None:
    """By real nginx, with the certificate that people trust. Rundeck hears that it was HTTPS, and who asked. Who types
    http:// is sent on."""
    require("nginx", "openssl")
    machine = configured(tmp_path)
    nginx = tmp_path / "etc"
    for directory in ("conf.d", "sites-enabled"):
        (nginx / directory).mkdir(parents=True)
    (nginx / "sites-enabled" / "default").write_text("nginx's own page")
    machine.add("instance-metadata", "#!/bin/sh\necho 127.0.0.1\n")
    # As the unit does, which runs it before nginx.
    machine.add(
        "systemctl",
        f'#!/bin/sh\n[ "$1 $2" != "start rundeck-certificate.service" ] || {tmp_path}/make_certificate.sh\n',
    )
    machine.add("nginx", "#!/bin/sh\n")
    served = machine.run("serve_https.sh", NGINX_CONFIGURATION=str(nginx))
    assert served.returncode == 0, served.stderr
    assert not list((nginx / "sites-enabled").iterdir())

    rundeck = ThreadingHTTPServer(("127.0.0.1", 0), _Rundeck)
    threading.Thread(target=rundeck.serve_forever, args=(0.05,), daemon=True).start()
    port = free_port()
    site = (nginx / "conf.d" / "rundeck.conf").read_text()
    for old, new in (
        ("listen 127.0.0.1:4440", f"listen 127.0.0.1:{port}"),
        ("http://127.0.0.1:4440", f"http://127.0.0.1:{rundeck.server_port}"),
    ):
        assert site.count(old) == 1
        site = site.replace(old, new)
    site = site.replace("/var/lib/rundeck", str(tmp_path / "data"))
    main = f"daemon off; pid {tmp_path}/nginx.pid; error_log stderr; events {{}}\nhttp {{ access_log off;\n{site} }}\n"
    (tmp_path / "nginx.conf").write_text(main)
    command = ["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    with running(command, tmp_path / "nginx.log") as process:
        trusting = ssl.create_default_context(cafile=str(tmp_path / "data" / "certificate" / "certificate.pem"))
        host = f"rundeck.internal-client.url:{port}"
        until(lambda: listens(port), process, "nginx")
        with trusting.wrap_socket(
            socket.create_connection(("127.0.0.1", port)), server_hostname="rundeck.internal-client.url"
        ) as connection:
            connection.sendall(f"GET /menu?x=1 HTTP/1.0\r\nHost: {host}\r\nX-Forwarded-For: 8.8.8.8\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        assert json.loads(answer.partition("\r\n\r\n")[2]) == {
            "path": "/menu?x=1",
            "Host": host,
            "X-Forwarded-Host": host,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "127.0.0.1",
        }
        plain = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        plain.request("GET", "/menu", headers={"Host": host})
        redirected = plain.getresponse()
        assert (redirected.status, redirected.headers["Location"]) == (308, f"https://{host}/menu")
    rundeck.shutdown()
    rundeck.server_close()


def test_the_database_is_copied_before_another_version_changes_it(tmp_path: Path) -> None:
    """Once for each version, and the three newest copies stay: of the versions that wrote what is in them."""
    require("dpkg-query")
    data, packages = tmp_path / "rundeck", tmp_path / "dpkg"
    (data / "data").mkdir(parents=True)
    packages.mkdir()
    machine = Machine(tmp_path, {"RUNDECK_DATA": str(data), "DPKG_ADMINDIR": str(packages)})
    machine.install("/usr/local/sbin/keep_database.sh")
    database, copies = data / "data" / "rundeckdb.mv.db", data / "copies"

    def start(version: str) -> None:
        """As systemd starts it, and then the database is one of this version."""
        fields = "Status: install ok installed\nMaintainer: Rundeck\nArchitecture: all\nDescription: Rundeck\n"
        (packages / "status").write_text(f"Package: rundeck\n{fields}Version: {version}\n")
        started = machine.run("keep_database.sh")
        assert started.returncode == 0, started.stderr
        if not database.exists() or database.read_text() != version:
            database.write_text(version)

    start("5.8.0.20241205-1")
    assert not copies.exists()
    for version in (
        "5.9.0.20250205-1",
        "5.9.0.20250205-1",
        "5.10.0.20250407-1",
        "5.11.0.20250513-1",
        "5.12.0.20250602-1",
    ):
        start(version)
    assert {each.name: each.read_text() for each in copies.iterdir()} == {
        f"rundeckdb-{version}.mv.db": version
        for version in ("5.9.0.20250205-1", "5.10.0.20250407-1", "5.11.0.20250513-1")
    }
    assert database.read_text() == "5.12.0.20250602-1"
