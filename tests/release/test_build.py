"""Row 19: a release is built from its code, as far as a build can go without Composer's packages and Magento itself.

git, PHP and the shop's commands are real. Composer is a script that makes the file that Composer makes.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from commands.errors import CannotRunError, CommandError
from release.build import build
from release.bundle import PLATFORM_CONFIG, BundleArgs, BundleError
from release.content_digest import CONTENT
from release.running_configuration import names_in
from release.statics import DEFAULT, Statics
from sandbox.applications import releases
from tests.servers.programs import require

THEMES = [Statics.parse(text) for text in DEFAULT]
COMMITTER = {"NAME": "A developer", "EMAIL": "developer@client.url", "DATE": "2026-11-20T10:00:00Z"}
STYLES = "pub/static/frontend/Client/dlm/fr_FR/css/styles.css"
COMPOSER = """#!/bin/sh
echo "$@" >>"$COMPOSER_LOG"
test "$*" = "install --no-dev --no-interaction --prefer-dist --optimize-autoloader" || exit 3
test "$COMPOSER_ALLOW_SUPERUSER" = 1 || exit 4
echo "Installing dependencies from lock file"
mkdir -p var/log var/view_preprocessed
date +%N | tee var/log/build.log >var/view_preprocessed/template.html
cp -R "$COMPOSER_HAS" vendor
"""


def git(directory: Path, *arguments: str) -> str:
    environment = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in COMMITTER.items()}
    ran = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *arguments],
        cwd=directory,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return ran.stdout.strip()


def committed(directory: Path, message: str = "A change") -> str:
    """Commit everything in the directory, and say which commit it is."""
    if not (directory / ".git").exists():
        git(directory, "init")
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--message", message)
    return git(directory, "rev-parse", "HEAD")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with the shop's code, without what a build makes of it."""
    require("git", "php")
    directory = tmp_path / "shop"
    shutil.copytree(releases.SHOP, directory, symlinks=True)
    committed(directory, "The shop")
    return directory


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a build may have its temporary directory, as long as it runs."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(directory))
    monkeypatch.setenv("TMPDIR", str(directory))
    return directory


@pytest.fixture
def composer(tmp_path: Path, shop: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a `composer` on PATH, and gives the file that has the arguments of each call."""

    def install(script: str = COMPOSER) -> Path:
        log, directory = tmp_path / "composer.log", tmp_path / "bin"
        directory.mkdir()
        (directory / "composer").write_text(script)
        (directory / "composer").chmod(0o755)
        monkeypatch.setenv("COMPOSER_LOG", str(log))
        monkeypatch.setenv("COMPOSER_HAS", str(releases.SHOP / "vendor"))
        monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
        return log

    return install


def magento(**changes: object) -> BundleArgs:
    arguments = {"application": Path(), "name": "magento", "release": "2026-11-25_1", "configuration_version": "v1"}
    return BundleArgs(**{**arguments, **changes})  # type: ignore[arg-type]


def built(code: Path | str, tmp_path: Path, ref: str | None = None, **changes: object) -> Path:
    output = tmp_path / "shop.zip"
    build(str(code), ref, magento(**changes), THEMES, output)
    return output


def files_of(bundle: Path) -> Mapping[str, str]:
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


def said(bundle: Path) -> Mapping[str, str]:
    """What the release says of itself beside the digest of its content."""
    with zipfile.ZipFile(bundle) as archive:
        return {name: value for name, value in names_in(archive).items() if name != CONTENT}


def test_a_release_from_a_repository(shop: Path, tmp_path: Path, temporary: Path) -> None:
    files = files_of(built(shop.as_uri(), tmp_path))
    assert said(tmp_path / "shop.zip") == {
        "RELEASE": "2026-11-25_1",
        "APPLICATION": "magento",
        "SITE_CONFIGURATION_VERSION": "v1",
        "COMMIT": git(shop, "rev-parse", "HEAD"),
        "PLATFORM_COMMIT": said(tmp_path / "shop.zip")["PLATFORM_COMMIT"],
    }
    commit, _, _ = said(tmp_path / "shop.zip")["PLATFORM_COMMIT"].partition("-")
    assert commit == git(PLATFORM_CONFIG, "rev-parse", "HEAD")
    assert "Client" in files["generated/metadata/global.php"]
    assert files["pub/static/deployed_version.txt"] == "2026.11.25_1"
    assert {name.rpartition("/")[0] for name in files if name.endswith("requirejs-config.js") and "pub/" in name} == {
        "pub/static/frontend/Client/dlm/fr_FR",
        "pub/static/adminhtml/Magento/backend/en_US",
        "pub/static/adminhtml/Magento/backend/fr_FR",
    }
    assert ".platform/hooks/predeploy/20_place_statics.sh" in files
    assert not [name for name in files if ".git/" in name or name.endswith("env.php")]
    assert not list(temporary.iterdir())


def test_the_scripts_of_all_themes_have_their_hashes(shop: Path, tmp_path: Path, temporary: Path) -> None:
    """Magento removes all of them when it writes one theme's files."""
    files = files_of(built(shop, tmp_path))
    found = {name: json.loads(files[f"pub/static/{name}/sri-hashes.json"]) for name in ("frontend", "adminhtml")}
    assert [sorted(hashes) for hashes in found.values()] == [
        ["frontend/Client/dlm/fr_FR/requirejs-config.js"],
        [f"adminhtml/Magento/backend/{locale}/requirejs-config.js" for locale in ("en_US", "fr_FR")],
    ]


def test_the_same_commit_gives_the_same_bytes_of_its_time(shop: Path, tmp_path: Path, temporary: Path) -> None:
    first = built(shop.as_uri(), tmp_path).read_bytes()
    (shop / "pub/new.php").write_text("<?php\n")
    assert built(shop, tmp_path, ref="main").read_bytes() == first
    with zipfile.ZipFile(tmp_path / "shop.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 11, 20, 10, 0, 0)}


def test_a_time_that_is_given(shop: Path, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    with zipfile.ZipFile(built(shop, tmp_path, ref="main")) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2001, 9, 9, 1, 46, 40)}


def test_a_branch_a_tag_and_a_commit(shop: Path, tmp_path: Path, temporary: Path) -> None:
    """A short commit and one that no branch ends with too, from a path and from an address."""
    git(shop, "tag", "--annotate", "--message", "The first", "1.0")
    first = git(shop, "rev-parse", "HEAD")
    git(shop, "switch", "--quiet", "--create", "feature/next")
    (shop / "next.txt").write_text("next\n")
    middle = committed(shop)
    (shop / "next.txt").write_text("after next\n")
    last = committed(shop)
    expected = {"1.0": first, "main": first, "feature/next": last, middle: middle, middle[:9]: middle}
    for ref, commit in expected.items():
        for code in (shop, shop.as_uri()):
            assert said(built(code, tmp_path, ref=ref))["COMMIT"] == commit, ref


def test_submodules_come_along(shop: Path, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"COUNT": "1", "KEY_0": "protocol.file.allow", "VALUE_0": "always"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    module = tmp_path / "module"
    module.mkdir()
    (module / "registration.php").write_text("<?php\n")
    committed(module)
    git(shop, "submodule", "add", "--quiet", "../module", "app/code/Client/Module")
    committed(shop)
    assert "app/code/Client/Module/registration.php" in files_of(built(shop.as_uri(), tmp_path))


def test_a_directory_is_taken_as_it_is(shop: Path, tmp_path: Path, temporary: Path) -> None:
    """Files that git does not have go in, the bundle says so, and the directory stays as it was."""
    (shop / "pub/new.php").write_text("<?php\n")
    before = {path: path.stat().st_mtime_ns for path in shop.rglob("*") if ".git" not in path.parts}
    bundle = built(shop, tmp_path)
    assert "pub/new.php" in files_of(bundle)
    assert said(bundle)["COMMIT"] == git(shop, "rev-parse", "HEAD") + "-dirty"
    assert {path: path.stat().st_mtime_ns for path in shop.rglob("*") if ".git" not in path.parts} == before
    assert not list(temporary.iterdir())


def test_an_artifact_that_brings_everything(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither git nor PHP is needed, and its own version of the static files stays."""
    releases.build(tmp_path / "artifact", statics_version=7)
    monkeypatch.setenv("PATH", str(tmp_path))
    bundle = built(tmp_path / "artifact", tmp_path)
    assert set(said(bundle)) == {"RELEASE", "APPLICATION", "SITE_CONFIGURATION_VERSION"}
    assert files_of(bundle)["pub/static/deployed_version.txt"] == "7"


def test_packages_by_composer(
    shop: Path, tmp_path: Path, temporary: Path, composer: Callable[[], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(shop / "vendor")
    committed(shop)
    log = composer()
    files = files_of(built(shop.as_uri(), tmp_path))
    assert {"vendor/autoload.php", "var/view_preprocessed/template.html"} <= files.keys()
    assert "var/log/build.log" not in files
    assert log.read_text().splitlines() == ["install --no-dev --no-interaction --prefer-dist --optimize-autoloader"]
    assert "Installing dependencies from lock file" in capfd.readouterr().out


def test_a_satellite(tmp_path: Path, temporary: Path, shop: Path, composer: Callable[[], Path]) -> None:
    """It has packages if it has a `composer.json`, and no static files."""
    application = tmp_path / "pim"
    (application / "public").mkdir(parents=True)
    (application / "public/index.php").write_text("<?php\n")
    args = BundleArgs(application=Path(), name="pim", release="r1")
    build(str(application), None, args, (), tmp_path / "pim.zip")
    assert "vendor/autoload.php" not in files_of(tmp_path / "pim.zip")
    (application / "composer.json").write_text("{}\n")
    log = composer()
    build(str(application), None, args, (), tmp_path / "pim.zip")
    assert "vendor/autoload.php" in files_of(tmp_path / "pim.zip")
    assert len(log.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("without", "says"),
    [
        ("vendor", r"composer: missing, expected a program on PATH that makes vendor/autoload\.php\. Install composer"),
        ("generated", r"php: missing, expected a program on PATH that makes generated/metadata/global\.php\. Install"),
        ("pub/static", r"php: missing, expected a program on PATH that makes pub/static/deployed_version\.txt\. Inst"),
    ],
)
def test_a_program_that_is_missing(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, without: str, says: str
) -> None:
    releases.build(tmp_path / "artifact")
    shutil.rmtree(tmp_path / "artifact" / without)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotRunError, match=says):
        built(tmp_path / "artifact", tmp_path)
    assert not (tmp_path / "shop.zip").exists()


def test_a_program_that_fails(shop: Path, tmp_path: Path, temporary: Path, composer: Callable[[str], Path]) -> None:
    shutil.rmtree(shop / "vendor")
    composer("#!/bin/sh\necho 'Your lock file does not contain a compatible set of packages.'\nexit 2\n")
    with pytest.raises(BundleError, match=r"^`composer install .*` failed with exit code 2.*\nYour lock file does not"):
        built(shop, tmp_path)
    assert not (tmp_path / "shop.zip").exists()
    assert not list(temporary.iterdir())


def test_commands_of_the_shop_that_fail(shop: Path, tmp_path: Path, temporary: Path) -> None:
    theme = Statics.parse("frontend/Client/other:fr_FR")
    with pytest.raises(BundleError, match=r"exit code 1.*\nNo theme of that area and name is registered"):
        build(str(shop), None, magento(), [theme], tmp_path / "shop.zip")


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        (STYLES, "", rf"^{STYLES}: got an empty file, expected its content$"),
        (STYLES, None, r"^pub/static/frontend/Client/dlm/fr_FR/css: got no \.css file, expected the theme's styles$"),
        (
            "pub/static/adminhtml/Magento/backend/en_US/requirejs-config.js",
            None,
            r"en_US/requirejs-config\.js: missing",
        ),
        ("pub/static/adminhtml/Magento/backend/fr_FR", None, r"^pub/static/adminhtml/Magento/backend/fr_FR: missing"),
        ("pub/static/deployed_version.txt", "", r"^pub/static/deployed_version\.txt: missing, expected the version"),
    ],
)
def test_static_files_that_are_missing_or_empty(
    tmp_path: Path, temporary: Path, path: str, content: str | None, says: str
) -> None:
    """Magento's command can end with 0 although a theme failed."""
    artifact = releases.build(tmp_path / "artifact")
    if content is not None:
        (artifact / path).write_text(content)
    elif (artifact / path).is_dir():
        shutil.rmtree(artifact / path)
    else:
        (artifact / path).unlink()
    with pytest.raises(BundleError, match=says):
        built(artifact, tmp_path)
    assert not (tmp_path / "shop.zip").exists()


def test_static_files_whose_sources_are_empty(tmp_path: Path, temporary: Path) -> None:
    """Modules have empty files, and a `.less` file with variables alone becomes an empty `.css` file."""
    artifact = releases.build(tmp_path / "artifact")
    statics = artifact / "pub/static/frontend/Client/dlm/fr_FR"
    for source, static in {"none.js": "none.min.js", "email-fonts.less": "css/email-fonts.css"}.items():
        (artifact / "vendor" / source).write_text("@font: Arial;\n" if source.endswith(".less") else "")
        (statics / static).touch()
    built(artifact, tmp_path)
    (statics / "other.js").touch()
    with pytest.raises(BundleError, match=r"^\S*/other\.js: got an empty file, expected its content$"):
        built(artifact, tmp_path)


@pytest.mark.parametrize(
    ("code", "ref", "kind", "says"),
    [
        ("nowhere", None, CannotRunError, r"^nowhere: missing, expected a directory, or the address of a git repos"),
        ("", None, CannotRunError, r'^code: got "", expected a directory, or the address of a git repository$'),
        ("SHOP/composer.json", None, CannotRunError, r"json: got a file, expected a directory, or the address of a g"),
        ("ext::sh -c true", None, CannotRunError, "expected a directory, or the address of a git repository"),
        ("SHOP", "none", CannotRunError, r"^--ref: got \"none\", expected a branch, a tag or a commit of .*/shop$"),
        (
            "file://SHOP",
            "none",
            CannotRunError,
            r"^--ref: got \"none\", expected a branch, a tag or a commit of file:/",
        ),
        (
            "file://SHOP",
            "abcdef0",
            CannotRunError,
            r"^--ref: got \"abcdef0\", expected a branch, a tag or a commit of f",
        ),
        ("SHOP", "--upload-pack=true", CannotRunError, "expected a branch, a tag or a commit$"),
        ("SHOP", "main:other", CannotRunError, "expected a branch, a tag or a commit$"),
        ("SHOP/pub", "main", CannotRunError, r"pub: got \"no .git\", expected a git repository, because of --ref$"),
        ("file://SHOP/pub", None, CommandError, "pub: git could not fetch it:\n.*not appear to be a git repository"),
    ],
)
def test_code_that_is_not_there(
    shop: Path, tmp_path: Path, temporary: Path, code: str, ref: str | None, kind: type[CommandError], says: str
) -> None:
    with pytest.raises(CommandError, match=says) as caught:
        built(code.replace("SHOP", str(shop)), tmp_path, ref=ref)
    assert type(caught.value) is kind
    assert not (tmp_path / "shop.zip").exists()
    assert not list(temporary.iterdir())


def test_credentials_of_an_address_are_not_printed(tmp_path: Path, temporary: Path) -> None:
    require("git")
    with pytest.raises(CommandError, match=r"https://127\.0\.0\.1:9/shop\.git: git could not fetch it") as caught:
        built("https://builder:token-4711@127.0.0.1:9/shop.git", tmp_path)
    assert "token-4711" not in str(caught.value)


def test_secrets_are_refused_before_anything_runs(
    shop: Path, tmp_path: Path, temporary: Path, composer: Callable[[], Path]
) -> None:
    shutil.rmtree(shop / "vendor")
    (shop / "app/etc/env.php").write_text("<?php return [];\n")
    log = composer()
    with pytest.raises(BundleError, match=r"env\.php: got a file with secrets"):
        built(shop, tmp_path)
    assert not log.exists()


@pytest.mark.parametrize("text", ["frontend", "frontend/dlm:fr_FR", "base/Client/dlm:fr_FR", "frontend/Client/dlm:fr"])
def test_a_theme_that_cannot_be(text: str) -> None:
    with pytest.raises(CannotRunError, match=r"--statics: got .*, expected a theme and its locales, such as adminhtml"):
        Statics.parse(text)


def command(*words: str) -> list[str]:
    return [sys.executable, "commands/__main__.py", "release", "build", *words]


def test_the_command(shop: Path, tmp_path: Path, temporary: Path) -> None:
    words = [str(shop), str(tmp_path / "b.zip"), "--name", "magento", "--release", "r1", "--configuration-version", "v"]
    ran = subprocess.run(command(*words), capture_output=True, text=True, cwd=PLATFORM_CONFIG.parent)
    assert (ran.returncode, ran.stderr) == (0, "")
    commit = git(shop, "rev-parse", "HEAD")
    assert f"Code: commit {commit}\n" in ran.stdout
    sums = subprocess.run(["sha256sum", str(tmp_path / "b.zip")], capture_output=True, text=True, check=True)
    assert f"SHA-256: {sums.stdout.split()[0]}\n" in ran.stdout
    for wrong in (["--statics", "frontend"], ["--ref", "none"], ["--name", "pim"]):
        ran = subprocess.run(command(*words, *wrong), capture_output=True, text=True, cwd=PLATFORM_CONFIG.parent)
        assert (ran.returncode, len(ran.stderr.splitlines())) == (2, 1), wrong


@pytest.mark.parametrize("request_to_stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_nothing(
    shop: Path, tmp_path: Path, temporary: Path, composer: Callable[[str], Path], request_to_stop: signal.Signals
) -> None:
    """Neither its directory nor a program that it started, though that one ignores Ctrl-C."""
    shutil.rmtree(shop / "vendor")
    log = composer("#!/bin/sh\ntrap '' INT\nmkdir vendor\nsleep 300 &\necho $$ $! >>\"$COMPOSER_LOG\"\nwait\n")
    words = [str(shop), str(tmp_path / "b.zip"), "--name", "magento", "--release", "r1", "--configuration-version", "v"]
    with subprocess.Popen(
        command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=PLATFORM_CONFIG.parent
    ) as running:
        until = time.monotonic() + 60
        while not (log.exists() and log.read_text().endswith("\n")) and time.monotonic() < until:
            time.sleep(0.05)
        running.send_signal(request_to_stop)
        _, errors = running.communicate(timeout=60)
    assert (running.returncode, errors) == (130, "Interrupted.\n")
    assert not list(temporary.iterdir())
    assert not list(tmp_path.glob("b.zip*"))
    processes = [Path("/proc", process) for process in log.read_text().split()]
    assert len(processes) == 2
    assert not [process for process in processes if process.exists() and "Z (" not in (process / "status").read_text()]
