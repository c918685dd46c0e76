"""Row 6: what a satellite's deploy writes, read and run by the real vsftpd."""

from __future__ import annotations

import ftplib
import io
import os
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import create_connection, create_server

import pytest

from tests.servers.programs import require, unavailable
from tests.servers.release import DATABASE, FTP, Release

PASSWORD = "battery-staple"


@pytest.fixture
def connection(tmp_path: Path) -> Release:
    """Custom Connection's release, with its FTP server asked for."""
    release = Release.of("custom-connection", tmp_path)
    release.variables.update(FTP)
    release.stand_in("aws", f"""echo '{{"username": "connection", "password": "{PASSWORD}"}}'""")
    return release


def free_port() -> int:
    with closing(create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def vsftpd_says(configuration: Path) -> str:
    """What vsftpd complains of first, when it is started with neither a listener nor a connection; it answers on its
    standard input, where a connection would be."""
    answer = configuration.with_name("answer")
    with answer.open("w+") as instead_of_a_connection:
        subprocess.run(["vsftpd", configuration, "-olisten=NO"], stdin=instead_of_a_connection, timeout=10)
    return answer.read_text()


def test_vsftpd_reads_the_configuration_to_its_end(connection: Release) -> None:
    """All that it misses is a connection; a setting that it does not know it names."""
    require("vsftpd")
    result = connection.run("hooks/postdeploy/20_serve_ftp.sh")
    assert result.returncode == 0, result.stderr
    configuration = connection.machine / "etc/vsftpd/vsftpd.conf"
    assert "must be started from inetd" in vsftpd_says(configuration)
    configuration.write_text(configuration.read_text().replace("allow_writeable_chroot", "allow_writable_chroot"))
    assert "unrecognised variable in config file: allow_writable_chroot" in vsftpd_says(configuration)


@pytest.fixture
def ftp_port(connection: Release) -> Iterator[int]:
    """The FTP server as the hooks set it up: real users, PAM and vsftpd, on a copy of /etc that no one else sees."""
    if os.geteuid() != 0:
        unavailable("a mount namespace with its own users needs root")
    require("vsftpd", "unshare", "useradd", "chpasswd")
    port = free_port()
    connection.variables.update(**DATABASE, DESTDIR="", FTP_PASSIVE_ADDRESS="127.0.0.1", FTP_FIRST_PASSIVE_PORT="20000")
    connection.variables.update(FTP_LAST_PASSIVE_PORT="20099")
    for program in ("chown", "chpasswd", "useradd"):
        (connection.programs / program).unlink()
    connection.machine.mkdir()
    log = connection.machine / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            ["unshare", "--mount", "bash", "-euxc", _serve(connection, port)],
            cwd=connection.directory,
            env={**connection.variables, "PATH": f"{connection.programs}:{os.environ['PATH']}"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(port, server, log)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=10)
        print(log.read_text())


def _serve(release: Release, port: int) -> str:
    """A shell script that runs the hooks of a deploy and then becomes the server, on a free port of this machine."""
    etc, var = release.machine / "etc", release.machine / "var"
    hooks = release.directory / ".platform/hooks"
    overrides = {
        "background": "NO",
        "listen_address": "127.0.0.1",
        "listen_port": str(port),
        # Where a distribution keeps its empty directory differs.
        "secure_chroot_dir": "/var/empty",
    }
    server = ["vsftpd", "/etc/vsftpd/vsftpd.conf", *(f"-o{name}={value}" for name, value in overrides.items())]
    deploy = (
        ["cp", "--archive", "/etc", etc],
        ["mount", "--bind", etc, "/etc"],
        ["mkdir", "--parents", var / "app/current", var / "empty", var / "log"],
        ["mount", "--bind", var, "/var"],
        ["mount", "--bind", release.directory, "/var/app/current"],
        ["groupadd", "webapp"],
        ["useradd", "--gid", "webapp", "--no-create-home", "--shell", "/sbin/nologin", "webapp"],
        ["bash", "-c", "echo webapp:also-secret | chpasswd"],
        [hooks / "prebuild/20_write_configuration.sh"],
        [hooks / "predeploy/10_set_ownership.sh"],
        [hooks / "postdeploy/20_serve_ftp.sh"],
        ["exec", *server],
    )
    return "\n".join(shlex.join(map(str, command)) for command in deploy)


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.poll() is None:
        try:
            create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"vsftpd did not come up:\n{log.read_text()}")


class _Partner(ftplib.FTP):
    """A client that connects to where PASV says, as most do; Python's own keeps to the address that it came by."""

    trust_server_pasv_ipv4_address = True


def logged_in(port: int, user: str = "connection", password: str = PASSWORD) -> ftplib.FTP:
    client = _Partner(timeout=10)
    client.connect("127.0.0.1", port)
    client.login(user, password)
    return client


def test_a_partner_uploads_into_the_web_root(connection: Release, ftp_port: int) -> None:
    """By the passive address and ports that the gateway forwards; the application may change what came in."""
    with logged_in(ftp_port) as client:
        assert client.pwd() == "/"
        client.mkd("images")
        address, port = client.makepasv()
        assert address == "127.0.0.1"
        assert 20000 <= port <= 20099
        client.storbinary("STOR images/red.jpg", io.BytesIO(b"red"))
        assert client.nlst("images") == ["images/red.jpg"]
    uploaded = connection.directory / "images" / "red.jpg"
    assert uploaded.read_bytes() == b"red"
    assert connection.mode("images/red.jpg") == 0o664
    assert connection.mode("images") == 0o2775
    web_users = connection.directory.stat().st_gid
    assert uploaded.stat().st_gid == uploaded.parent.stat().st_gid == web_users


def test_hidden_files_stay_hidden_from_ftp(connection: Release, ftp_port: int) -> None:
    """The web root is the application's directory: its credentials and hooks lie there too."""
    assert connection.mode(".env.local") == 0o600
    with logged_in(ftp_port) as client:
        listed = client.nlst("-a")
        assert not [name for name in listed if name.startswith(".") and name not in (".", "..")]
        for forbidden in ("RETR .env.local", "RETR images/../.env.local", "RETR .platform/update_schema.sh"):
            with pytest.raises(ftplib.error_perm):
                client.retrbinary(forbidden, lambda _: None)
        with pytest.raises(ftplib.error_perm):
            client.storbinary("STOR .platform/hooks/postdeploy/99_mine.sh", io.BytesIO(b"id"))
        with pytest.raises(ftplib.error_perm):
            client.cwd("/etc")


@pytest.mark.parametrize(
    ("user", "password"),
    [("connection", "wrong"), ("webapp", "also-secret"), ("anonymous", "me@example.com")],
)
def test_nobody_else_logs_in(ftp_port: int, user: str, password: str) -> None:
    """Not even users of the system whose passwords are right."""
    with pytest.raises(ftplib.error_perm, match="530"):
        logged_in(ftp_port, user, password)
