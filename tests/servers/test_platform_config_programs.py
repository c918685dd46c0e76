"""Row 6: what a satellite's deploy writes, read and run by the real vsftpd."""

from __future__ import annotations

import ftplib
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.tests.applications.servers import free_port, listens, until
from tests.servers.beanstalk_instance import BeanstalkInstance
from tests.servers.programs import require
from tests.servers.release import DATABASE, FTP, satellite_bundle

PASSWORD = "battery-staple"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[BeanstalkInstance]:
    """An instance on which Custom Connection is deployed, with its FTP server asked for."""
    require("vsftpd")
    properties = {
        **DATABASE,
        **FTP,
        "FTP_PASSIVE_ADDRESS": "127.0.0.1",
        "FTP_FIRST_PASSIVE_PORT": "20000",
        "FTP_LAST_PASSIVE_PORT": "20099",
    }
    aws = f"""echo '{{"username": "connection", "password": "{PASSWORD}"}}'"""
    with BeanstalkInstance(tmp_path, properties=properties, stand_ins={"aws": aws}) as instance:
        instance.deploy(satellite_bundle(tmp_path / "bundle", "custom-connection"))
        yield instance


def vsftpd_says(configuration: Path) -> str:
    """What vsftpd complains of first, when it is started with neither a listener nor a connection; it answers on its
    standard input, where a connection would be."""
    answer = configuration.with_name("answer")
    with answer.open("w+") as instead_of_a_connection:
        subprocess.run(["vsftpd", configuration, "-olisten=NO"], stdin=instead_of_a_connection, timeout=10)
    return answer.read_text()


def test_vsftpd_reads_the_configuration_to_its_end(connection: BeanstalkInstance, tmp_path: Path) -> None:
    """All that it misses is a connection; a setting that it does not know it names."""
    configuration = tmp_path / "vsftpd.conf"
    configuration.write_text(connection.read("/etc/vsftpd/vsftpd.conf"))
    assert "must be started from inetd" in vsftpd_says(configuration)
    configuration.write_text(configuration.read_text().replace("allow_writeable_chroot", "allow_writable_chroot"))
    assert "unrecognised variable in config file: allow_writable_chroot" in vsftpd_says(configuration)


@pytest.fixture
def ftp_port(connection: BeanstalkInstance, tmp_path: Path) -> Iterator[int]:
    """The FTP server as the hooks set it up, on a free port of this machine."""
    port = free_port()
    connection.run("mkdir", "--parents", "/var/empty", "/var/app/current/images")
    connection.run("bash", "-c", "echo webapp:also-secret | chpasswd")
    connection.run("bash", "-c", "chown webapp:webapp /var/app/current/images; chmod 2775 /var/app/current/images")
    overrides = {
        "background": "NO",
        "listen_address": "127.0.0.1",
        "listen_port": str(port),
        # Where a distribution keeps its empty directory differs.
        "secure_chroot_dir": "/var/empty",
    }
    options = [f"-o{name}={value}" for name, value in overrides.items()]
    with (tmp_path / "log").open("w") as output:
        server = connection.start("vsftpd", "/etc/vsftpd/vsftpd.conf", *options, output=output)
    try:
        until(lambda: listens(port), server, "vsftpd", tmp_path / "log")
        yield port
    finally:
        server.terminate()
        server.wait(timeout=10)
        print((tmp_path / "log").read_text())


class _Partner(ftplib.FTP):
    """A client that connects to where PASV says, as most do; Python's own keeps to the address that it came by."""

    trust_server_pasv_ipv4_address = True


def logged_in(port: int, user: str = "connection", password: str = PASSWORD) -> ftplib.FTP:
    client = _Partner(timeout=10)
    client.connect("127.0.0.1", port)
    client.login(user, password)
    return client


def test_a_partner_uploads_into_the_web_root(connection: BeanstalkInstance, ftp_port: int) -> None:
    """By the passive address and ports that the gateway forwards; the application may change what came in."""
    with logged_in(ftp_port) as client:
        assert client.pwd() == "/"
        client.mkd("catalogue")
        address, port = client.makepasv()
        assert address == "127.0.0.1"
        assert 20000 <= port <= 20099
        client.storbinary("STOR catalogue/red.jpg", io.BytesIO(b"red"))
        assert client.nlst("catalogue") == ["catalogue/red.jpg"]
    uploaded = "/var/app/current/catalogue/red.jpg"
    assert connection.read(uploaded) == "red"
    assert connection.owner_and_mode(uploaded) == "connection:webapp 664"
    assert connection.owner_and_mode("/var/app/current/catalogue") == "connection:webapp 2775"
    connection.run("bash", "-c", f"echo done >> {uploaded}", user="webapp")


def test_who_came_and_what_went_over_is_in_the_log_that_is_sent(connection: BeanstalkInstance, ftp_port: int) -> None:
    """Also after the log was moved away: a new session opens the new one, without a signal to the server."""
    log = "/var/log/vsftpd.log"
    for name in ("red.jpg", "blue.jpg"):
        with logged_in(ftp_port) as client:
            client.storbinary(f"STOR images/{name}", io.BytesIO(b"red"))
        said = connection.read(log)
        assert '[connection] OK LOGIN: Client "127.0.0.1"' in said
        assert f'[connection] OK UPLOAD: Client "127.0.0.1", "/images/{name}", 3 bytes' in said
        connection.run("mv", log, f"{log}.1")
    with pytest.raises(ftplib.error_perm):
        logged_in(ftp_port, password="wrong")
    assert '[connection] FAIL LOGIN: Client "127.0.0.1"' in connection.read(log)


def test_hidden_files_stay_hidden_from_ftp(connection: BeanstalkInstance, ftp_port: int) -> None:
    """The web root is the application's directory: its credentials and hooks lie there too."""
    assert connection.owner_and_mode("/var/app/current/.env.local") == "webapp:webapp 600"
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
def test_no_other_user_logs_in(ftp_port: int, user: str, password: str) -> None:
    """Not even users of the system whose passwords are right."""
    with pytest.raises(ftplib.error_perm, match="530"):
        logged_in(ftp_port, user, password)
