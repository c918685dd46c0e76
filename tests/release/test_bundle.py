"""A bundle as Elastic Beanstalk unpacks it: with `unzip`."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.errors import CannotRunError, CommandError
from release.bundle import PLATFORM_CONFIG, BundleArgs, BundleError, build, newest_configuration, source_date
from release.candidate import ReleaseBundle
from release.content_digest import CONTENT
from tests.servers.programs import require

VERSION = "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"


def application(directory: Path) -> Path:
    """A Magento application as a build leaves it, in small."""
    files = {
        "bin/magento": "#!/usr/bin/env php\n",
        "vendor/autoload.php": "<?php\n",
        "generated/metadata/global.php": "<?php\n",
        "pub/index.php": "<?php\n",
        ".user.ini": "memory_limit = 756M\nmax_execution_time = 18000\n",
        "pub/.user.ini": "memory_limit = 756M\n",
        "vendor/package/.user.ini": "memory_limit = 1M\n",
        ".htaccess": "    php_value memory_limit 756M\nErrorDocument 404 /pub/errors/404.php\n"
        "RedirectPermanent /old /pub/errors/404.php\n"
        "# /pub/errors is documented here\n",
        ".git/HEAD": "ref: refs/heads/main\n",
        "vendor/package/.git/HEAD": "ref: refs/heads/main\n",
        "vendor/submodule/.git": "gitdir: elsewhere\n",
    }
    for path, content in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(content)
    (directory / "bin/magento").chmod(0o755)
    (directory / "vendor/bin").mkdir()
    (directory / "vendor/bin/magento").symlink_to("../../bin/magento")
    (directory / "var").mkdir()
    return directory


def magento(directory: Path, **changes: object) -> BundleArgs:
    arguments: dict[str, object] = {
        "application": directory,
        "name": "magento",
        "release": "2026-11-25_1",
        "configuration_version": VERSION,
    }
    return BundleArgs(**{**arguments, **changes})  # type: ignore[arg-type]


def unpacked(bundle: Path, directory: Path) -> Path:
    require("unzip")
    subprocess.run(["unzip", "-q", str(bundle), "-d", str(directory)], check=True, capture_output=True)
    return directory


def names(tree: Path) -> dict[str, str]:
    """What the release says of itself beside the digest of its content."""
    lines = (tree / ".platform/release.env").read_text().splitlines()
    said = dict(line.split("=", 1) for line in lines)
    assert len(said.pop(CONTENT)) == 64
    return said


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return application(tmp_path / "shop")


def test_what_is_in_it(source: Path, tmp_path: Path) -> None:
    tree = unpacked(build(magento(source), tmp_path / "b.zip"), tmp_path / "tree")
    expected = {"RELEASE": "2026-11-25_1", "APPLICATION": "magento", "SITE_CONFIGURATION_VERSION": VERSION}
    assert names(tree) == expected
    assert not list(tree.rglob(".git"))
    assert (tree / "pub/index.php").exists()
    assert (tree / "var").is_dir()
    hooks = {path.relative_to(PLATFORM_CONFIG / "magento") for path in (PLATFORM_CONFIG / "magento").rglob("*.sh")}
    assert hooks
    for hook in hooks:
        assert (tree / hook).read_bytes() == (PLATFORM_CONFIG / "magento" / hook).read_bytes()
        assert os.access(tree / hook, os.X_OK) == os.access(PLATFORM_CONFIG / "magento" / hook, os.X_OK)


def test_execute_bits_and_links_are_kept(source: Path, tmp_path: Path) -> None:
    """Everyone may read, whatever the mask of the build was: nginx is not the files' owner."""
    (source / "pub/index.php").chmod(0o600)
    (source / "bin/magento").chmod(0o700)
    tree = unpacked(build(magento(source), tmp_path / "b.zip"), tmp_path / "tree")
    assert stat.S_IMODE((tree / "bin/magento").stat().st_mode) == 0o755
    assert stat.S_IMODE((tree / "pub/index.php").stat().st_mode) == 0o644
    assert os.readlink(tree / "vendor/bin/magento") == "../../bin/magento"


def test_the_same_input_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    first = build(magento(source), tmp_path / "1.zip").read_bytes()
    copy = tmp_path / "copy"
    shutil.copytree(source, copy, symlinks=True)
    (copy / "pub/index.php").chmod(0o664)
    for path in copy.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000), follow_symlinks=False)
    again = build(magento(copy), tmp_path / "2.zip").read_bytes()
    assert hashlib.sha256(first).digest() == hashlib.sha256(again).digest()
    assert build(magento(source, release="other"), tmp_path / "3.zip").read_bytes() != first


def test_the_digest_is_that_of_what_sha256sum_prints(source: Path, tmp_path: Path) -> None:
    """By hand, with nothing of this program. There is neither a link nor an empty directory."""
    for without in ("var", "vendor/bin", "vendor/submodule"):
        shutil.rmtree(source / without)
    bundle = build(magento(source), tmp_path / "b.zip")
    tree = unpacked(bundle, tmp_path / "tree")
    (digest,) = re.findall(rf"^{CONTENT}=(.*)$", (tree / ".platform/release.env").read_text(), re.MULTILINE)
    listed = "find * .[!.]* -type f ! -path .platform/release.env -print0 | LC_ALL=C sort -z | xargs -0 sha256sum"
    command = ["bash", "-c", f"{listed} | sha256sum"]
    printed = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True).stdout
    assert printed.split()[0] == digest


def with_change(bundle: Path, path: str, content: bytes | None) -> Path:
    """The bundle as a zip program would write it after a file was changed, added or (None) taken away."""
    changed = bundle.with_name("changed.zip")
    with zipfile.ZipFile(bundle) as before, zipfile.ZipFile(changed, "w") as after:
        kept = {entry: before.read(entry) for entry in before.infolist() if entry.filename != path}
        for entry, unchanged in kept.items():
            after.writestr(entry, unchanged)
        if content is not None:
            after.writestr(path, content)
    return changed


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("pub/index.php", b"<?php\r"),
        ("pub/index.php", None),
        ("pub/new.php", b"<?php\n"),
        ("vendor/bin/magento", b"../../bin/other"),
        ("pub/empty/", b""),
    ],
    ids=["a byte", "a file that is gone", "a file that is new", "a link", "a directory"],
)
def test_a_bundle_that_was_changed_after_it_was_built(
    source: Path, tmp_path: Path, path: str, content: bytes | None
) -> None:
    bundle = build(magento(source), tmp_path / "b.zip")
    assert ReleaseBundle.read(bundle).release == "2026-11-25_1"
    with pytest.raises(
        CannotRunError, match=r"it was changed after it was built, or an older version .* Build it anew"
    ):
        ReleaseBundle.read(with_change(bundle, path, content))


def test_a_bundle_that_was_only_packed_again(source: Path, tmp_path: Path) -> None:
    """Its content is the same."""
    bundle = build(magento(source), tmp_path / "b.zip")
    with zipfile.ZipFile(bundle) as before:
        content = before.read("pub/index.php")
    assert ReleaseBundle.read(with_change(bundle, "pub/index.php", content)).release == "2026-11-25_1"


def test_a_bundle_that_is_damaged_and_one_without_a_digest(source: Path, tmp_path: Path) -> None:
    bundle = build(magento(source), tmp_path / "b.zip")
    damaged = bytearray(bundle.read_bytes())
    damaged[len(damaged) // 4] ^= 1
    (tmp_path / "damaged.zip").write_bytes(damaged)
    with pytest.raises(CannotRunError, match=r"damaged\.zip"):
        ReleaseBundle.read(tmp_path / "damaged.zip")
    older = with_change(bundle, ".platform/release.env", b"RELEASE=r1\nSITE_CONFIGURATION_VERSION=v1\n")
    with pytest.raises(CannotRunError, match="expected a bundle that names its own"):
        ReleaseBundle.read(older)


def test_the_files_have_the_time_of_the_release(source: Path, tmp_path: Path) -> None:
    moment = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    bundle = build(magento(source, timestamp=moment), tmp_path / "b.zip")
    listed = subprocess.run(
        [sys.executable, "-m", "zipfile", "--list", str(bundle)], capture_output=True, text=True, check=True
    ).stdout
    assert listed.count("2026-11-25 12:00:00") == len(listed.splitlines()) - 1


def test_the_environments_memory_limit_applies(source: Path, tmp_path: Path) -> None:
    tree = unpacked(build(magento(source), tmp_path / "b.zip"), tmp_path / "tree")
    assert (tree / ".user.ini").read_text() == "max_execution_time = 18000\n"
    assert (tree / "pub/.user.ini").read_text() == ""
    assert "memory_limit" not in (tree / ".htaccess").read_text()
    assert (tree / "vendor/package/.user.ini").read_text() == "memory_limit = 1M\n"


def test_a_memory_limit_of_the_release(source: Path, tmp_path: Path) -> None:
    tree = unpacked(build(magento(source, memory_limit="1G"), tmp_path / "b.zip"), tmp_path / "tree")
    assert (tree / ".user.ini").read_text() == "memory_limit = 1G\nmax_execution_time = 18000\n"
    assert (tree / ".htaccess").read_text().startswith("    php_value memory_limit 1G\n")


def test_paths_of_redirecting_lines(source: Path, tmp_path: Path) -> None:
    args = magento(source, redirections={"/pub/errors": "/errors"})
    tree = unpacked(build(args, tmp_path / "b.zip"), tmp_path / "tree")
    assert (tree / ".htaccess").read_text() == (
        "ErrorDocument 404 /errors/404.php\nRedirectPermanent /old /errors/404.php\n# /pub/errors is documented here\n"
    )


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("pim", ".platform/update_schema.sh"),
        ("mirakl-cashout", ".platform/templates/config/parameters.yml"),
        ("new", ""),
    ],
)
def test_a_satellite_gets_its_layers(name: str, own: str, tmp_path: Path) -> None:
    source = tmp_path / "application"
    (source / "public").mkdir(parents=True)
    (source / "public/index.php").write_text("<?php\n")
    args = BundleArgs(application=source, name=name, release="r1")
    tree = unpacked(build(args, tmp_path / "b.zip"), tmp_path / "tree")
    assert names(tree) == {"RELEASE": "r1", "APPLICATION": name}
    assert (tree / ".platform/fill_in.py").exists()
    assert (tree / ".platform/update_schema.sh").exists() == bool(own)
    assert not own or (tree / own).exists()


def test_a_later_layer_wins(tmp_path: Path) -> None:
    config = tmp_path / "platform_config"
    for directory, content in (("application", "0"), ("satellite", "1"), ("pim", "2")):
        root = tmp_path / directory if directory == "application" else config / directory
        (root / "etc").mkdir(parents=True)
        (root / "etc/file").write_text(content)
    (config / "pim/etc/file").chmod(0o755)
    args = BundleArgs(application=tmp_path / "application", name="pim", release="r1", platform_config=config)
    tree = unpacked(build(args, tmp_path / "b.zip"), tmp_path / "tree")
    assert (tree / "etc/file").read_text() == "2"
    assert os.access(tree / "etc/file", os.X_OK)


@pytest.mark.parametrize("missing", ["vendor", "generated"])
def test_a_magento_that_is_not_built(source: Path, tmp_path: Path, missing: str) -> None:
    shutil.rmtree(source / missing)
    with pytest.raises(BundleError, match=rf"{missing}/.*: missing, expected .*\. Run it"):
        build(magento(source), tmp_path / "b.zip")
    assert not list(tmp_path.glob("*.zip*"))


def test_more_than_beanstalk_takes(source: Path, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_text("the bundle before")
    (source / "media").write_bytes(os.urandom(5000))
    with pytest.raises(BundleError, match="expected at most 5000 bytes"):
        build(magento(source), tmp_path / "b.zip", most_bytes=5000)
    assert (tmp_path / "b.zip").read_text() == "the bundle before"
    assert not (tmp_path / "b.zip.new").exists()


def test_secrets_stay_out(source: Path, tmp_path: Path) -> None:
    (source / "app/etc").mkdir(parents=True)
    (source / "app/etc/env.php").write_text("<?php\n")
    with pytest.raises(BundleError, match=r"env\.php: got a file with secrets, expected none\. Remove it"):
        build(magento(source), tmp_path / "b.zip")


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside"])
def test_a_link_that_leads_out_of_the_application(source: Path, tmp_path: Path, target: str) -> None:
    (source / "link").symlink_to(target)
    with pytest.raises(BundleError, match="expected a link within the application"):
        build(magento(source), tmp_path / "b.zip")


def test_a_link_in_the_place_of_a_layers_directory(source: Path, tmp_path: Path) -> None:
    (source / "config").mkdir()
    (source / ".platform").symlink_to("config")
    with pytest.raises(BundleError, match=r"\.platform: got a link, expected a directory"):
        build(magento(source), tmp_path / "b.zip")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"release": "a b"}, 'release: got "a b", expected 1 to 40 letters'),
        ({"release": "a" * 41}, "expected 1 to 40 letters"),
        ({"name": ""}, '--name: got "", expected magento, or the name of a satellite'),
        ({"name": "../commands"}, '--name: got "../commands", expected magento, or the name of a satellite'),
        ({"configuration_version": None}, "--configuration: missing, expected the address of the site's env"),
        ({"configuration_version": "a\nb"}, "expected an S3 version id"),
        ({"name": "pim"}, "expected none: only Magento"),
        ({"memory_limit": "much"}, '--memory-limit: got "much", expected a size'),
    ],
)
def test_wrong_arguments(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=message):
        magento(tmp_path, **changes)


def test_an_output_within_the_application(source: Path) -> None:
    with pytest.raises(CommandError, match="expected a path outside the application"):
        build(magento(source), source / "b.zip")


@pytest.mark.parametrize(("kind", "got"), [("directory", "a directory"), ("pipe", "a special file")])
def test_an_output_that_a_zip_must_not_replace(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, got: str
) -> None:
    """A device such as `/dev/stdout` would be a file afterwards, for all programs of the computer."""
    place = tmp_path / "place"
    place.mkdir() if kind == "directory" else os.mkfifo(place)
    with pytest.raises(CommandError, match=f"place: got {got}, expected the path of the zip to write"):
        build(magento(source), place)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match=r"^\.: got a directory, expected the path of the zip to write"):
        build(magento(source), Path("."))


def test_texts_that_are_not_utf_8_keep_their_bytes(source: Path, tmp_path: Path) -> None:
    for path in (".user.ini", ".htaccess"):
        (source / path).write_bytes(b"# Gr\xfc\xdfe\n")
    tree = unpacked(build(magento(source), tmp_path / "b.zip"), tmp_path / "tree")
    assert [(tree / path).read_bytes() for path in (".user.ini", ".htaccess")] == [b"# Gr\xfc\xdfe\n"] * 2


@pytest.mark.parametrize("text", ["x", "4354819199", "99999999999999999999", "-1", "\u00b2"])
def test_a_time_that_no_zip_can_hold(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    with pytest.raises(
        CannotRunError, match=r"SOURCE_DATE_EPOCH: got .*, expected seconds since 1970, up to 4354819198"
    ):
        source_date()


def zip_of(path: Path, changed: Callable[[bytes], bytes] = bytes, **entries: bytes) -> Path:
    """A zip that says of itself what Magento's bundles say."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in {
            ".platform/release.env": b"RELEASE=r1\nSITE_CONFIGURATION_VERSION=v\n",
            ".platform/candidate_facts.php": b"<?php\n",
            **entries,
        }.items():
            made.writestr(name, content)
    path.write_bytes(changed(path.read_bytes()))
    return path


def with_number(at_local: int, at_central: int, number: int) -> Callable[[bytes], bytes]:
    """Changes a number of the first entry's two headers."""

    def changed(content: bytes) -> bytes:
        central = content.index(b"PK\x01\x02")
        written = bytearray(content)
        written[at_local] = written[central + at_central] = number
        return bytes(written)

    return changed


@pytest.mark.parametrize(
    ("changed", "entries", "says"),
    [
        (with_number(6, 8, 1), {}, "is encrypted"),
        (with_number(8, 10, 99), {}, "compression"),
        (bytes, {".platform/release.env": b"RELEASE=\xff\n"}, "not UTF-8"),
        (bytes, {".platform/release.env": b"RELEASE=r1\n" * 10_000}, r"110000 bytes in \.platform/release\.env"),
    ],
)
def test_what_is_no_bundle(
    changed: Callable[[bytes], bytes], entries: dict[str, bytes], says: str, tmp_path: Path
) -> None:
    with pytest.raises(CannotRunError, match=rf"b\.zip: got .*{says}.*, expected a bundle of"):
        ReleaseBundle.read(zip_of(tmp_path / "b.zip", changed, **entries))


def test_a_zip_that_would_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused by what it says of its size, before anything of it is unpacked."""
    monkeypatch.setattr("release.candidate._MOST_UNPACKED_BYTES", 2 * 1024**3)
    tells_three_gib = struct.pack("<I", 3 * 1024**3)

    def larger(content: bytes) -> bytes:
        central = content.rindex(b"PK\x01\x02")
        return content[: central + 24] + tells_three_gib + content[central + 28 :]

    with pytest.raises(CannotRunError, match=r"b\.zip: got 3\.0 GiB when it is unpacked, expected at most 2 GiB"):
        ReleaseBundle.read(zip_of(tmp_path / "b.zip", larger, big=bytes(10)))


def test_a_bundle_of_another_satellite(tmp_path: Path) -> None:
    source = application(tmp_path / "application")
    args = BundleArgs(application=source, name="custom-connection", release="r1")
    bundle = build(args, tmp_path / "b.zip")
    assert ReleaseBundle.read(bundle, "custom-connection").release == "r1"
    with pytest.raises(CannotRunError, match=r"b\.zip: got a bundle of custom-connection, expected one of pim$"):
        ReleaseBundle.read(bundle, "pim")


def test_an_application_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="file: got a file, expected a directory"):
        build(magento(tmp_path / "file"), tmp_path / "b.zip")


def test_an_application_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere: missing, expected a directory"):
        build(magento(tmp_path / "nowhere"), tmp_path / "b.zip")


def test_the_newest_version_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3
    from moto import mock_aws

    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="client-magento-config", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
        s3.put_object(Bucket="client-magento-config", Key="env.php", Body=b"0")
        with pytest.raises(BundleError, match="expected a bucket that keeps versions"):
            newest_configuration("s3://client-magento-config/env.php")
        s3.put_bucket_versioning(Bucket="client-magento-config", VersioningConfiguration={"Status": "Enabled"})
        versions = [
            s3.put_object(Bucket="client-magento-config", Key="env.php", Body=body)["VersionId"]
            for body in (b"1", b"2")
        ]
        assert newest_configuration("s3://client-magento-config/env.php") == versions[1]
        with pytest.raises(CannotRunError, match=r'^--configuration: got "s3://.*/other", expected an object that is'):
            newest_configuration("s3://client-magento-config/other")
    with pytest.raises(CommandError, match="expected an address such as"):
        newest_configuration("https://config/env.php")


def test_the_command(source: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "b.zip"
    words = [str(source), str(bundle), "--name", "magento", "--release", "r1", "--configuration-version", VERSION]
    for program in (["-m", "release.bundle"], ["commands/__main__.py", "release", "bundle"]):
        bundle.unlink(missing_ok=True)
        done = subprocess.run(
            [sys.executable, *program, *words], capture_output=True, text=True, cwd=PLATFORM_CONFIG.parent
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "release r1 of magento" in done.stdout
        assert bundle.exists()
    shutil.rmtree(source / "vendor")
    refused = subprocess.run(
        [sys.executable, "-m", "release.bundle", *words], capture_output=True, text=True, cwd=PLATFORM_CONFIG.parent
    )
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
