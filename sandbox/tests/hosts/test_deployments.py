"""Deployments on a real host: nginx, Apache, php-fpm and hooks, as on Beanstalk's PHP platform."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.hosts.host import Host
from sandbox.tests.hosts.bundles import PAGE, PHP_INI, PROXY, bundle, deployment, hook

TOLD = "/var/tmp/told"
TELL = f'echo "$0 $PWD $(id -un) ${{COLOR:-}} ${{HOME-nowhere}}" >> {TOLD}'


def fetch(host: Host, path: str, *arguments: str) -> tuple[int, str]:
    """The status and the body of a page, asked for on the host itself."""
    curl = ["curl", "--silent", "--write-out", "\n%{http_code}", *arguments, f"http://127.0.0.1{path}"]
    body, _, status = host.machine.run(curl).standard_output.rpartition("\n")
    return int(status), body


def told(host: Host) -> list[str]:
    """What hooks noted since the last call."""
    lines = (host.machine.read(TOLD) or "").splitlines()
    host.machine.run(["rm", "-f", TOLD])
    return lines


def test_a_bundle_is_served_by_php_with_the_environment_s_properties(host: Host, tmp_path: Path) -> None:
    """The document root and PHP's settings are options; values reach PHP as they are, whatever is in them."""
    color = r"""re'd "x" $HOME \n \\ \" \$ `id` %s"""
    options = {PHP_INI: {"document_root": "/pub", "memory_limit": "300M"}}
    made = bundle(tmp_path, {"pub/index.php": PAGE, "private.txt": "not here", "pub/a.css": "p{}"})

    result = host.deploy(deployment(made, properties={"COLOR": color}, options=options))

    assert result.return_code == 0, result.log
    assert fetch(host, "/") == (200, f"{color} 300M webapp /var/app/current/pub")
    assert fetch(host, "/a.css") == (200, "p{}")
    assert fetch(host, "/private.txt")[0] == 404
    # As a person on the instance finds them.
    asked = "/opt/elasticbeanstalk/bin/get-config environment -k COLOR; cat /opt/elasticbeanstalk/deployment/env"
    assert host.run([asked]).standard_output == f"{color}\nCOLOR={color}\n"
    memory = host.run([f"/opt/elasticbeanstalk/bin/get-config optionsettings -n {PHP_INI} -o memory_limit"])
    assert memory.standard_output == "300M\n"
    assert host.run(["stat -c %U:%G /var/app/current/pub/index.php"]).standard_output == "webapp:webapp\n"
    assert host.run(["id -u webapp"]).standard_output == "900\n"


def test_hooks_run_as_root_in_order_in_the_right_directory(host: Host, tmp_path: Path) -> None:
    first = [f"{number}_prebuild.sh" for number in range(10, 20)]
    names = [*(f"prebuild/{name}" for name in reversed(first)), "predeploy/10_a", "postdeploy/10_a.sh"]
    made = bundle(tmp_path, {"index.php": PAGE} | {f".platform/hooks/{name}": hook(TELL) for name in names})

    result = host.deploy(deployment(made, properties={"COLOR": "red"}))

    assert result.return_code == 0, result.log
    ran = "root red nowhere"
    assert told(host) == [
        *(f"./.platform/hooks/prebuild/{name} /var/app/staging {ran}" for name in first),
        f"./.platform/hooks/predeploy/10_a /var/app/staging {ran}",
        f"./.platform/hooks/postdeploy/10_a.sh /var/app/current {ran}",
    ]
    order = "Following platform hooks will be executed in order: [10_prebuild.sh 11_prebuild.sh"
    assert order in result.log
    assert order in host.log()


def test_a_configuration_deployment_restages_and_runs_confighooks_alone(host: Host, tmp_path: Path) -> None:
    """What the application's hooks had added to the release is gone, unless confighooks add it again."""
    stages = ("prebuild", "predeploy", "postdeploy")
    files = {"index.php": PAGE}
    files |= {f".platform/hooks/{stage}/hook.sh": hook(f"{TELL}; touch added") for stage in stages}
    files |= {f".platform/confighooks/{stage}/config.sh": hook(TELL) for stage in stages}
    made = bundle(tmp_path, files)
    assert host.deploy(deployment(made, properties={"COLOR": "red"})).return_code == 0
    assert len(told(host)) == 3

    result = host.deploy(deployment(made, kind="configuration", properties={"COLOR": "blue"}))

    assert result.return_code == 0, result.log
    assert [line.split()[0] for line in told(host)] == [
        f"./.platform/confighooks/{stage}/config.sh" for stage in stages
    ]
    assert host.run(["ls /var/app/current"]).standard_output == "index.php\n"
    assert fetch(host, "/")[1].startswith("blue ")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (hook("echo no space left >&2; exit 3"), "failed with error exit status 3. Stderr:no space left"),
        ("echo no interpreter\n", "fork/exec .platform/hooks/predeploy/10_a.sh: exec format error"),
        ("#!/bin/bash\r\ntrue\r\n", "fork/exec .platform/hooks/predeploy/10_a.sh: no such file or directory"),
    ],
)
def test_a_hook_that_fails_ends_the_deployment(host: Host, tmp_path: Path, script: str, reason: str) -> None:
    """What ran before goes on to run."""
    assert host.deploy(deployment(bundle(tmp_path, {"index.php": "old"}))).return_code == 0
    files = {"index.php": "new", ".platform/hooks/predeploy/10_a.sh": script}
    files[".platform/hooks/postdeploy/10_a.sh"] = hook(TELL)

    result = host.deploy(deployment(bundle(tmp_path, files)))

    assert result.return_code == 1
    assert "[app-deploy] - [RunAppDeployPreDeployHooks]. Stop running the command." in result.log
    assert reason in result.log
    assert reason in host.log()
    assert told(host) == []
    assert fetch(host, "/") == (200, "old")


def test_a_deployment_that_takes_too_long_is_ended_with_all_that_it_started(host: Host, tmp_path: Path) -> None:
    script = "setsid sleep 4321 & sleep 4321"
    made = bundle(tmp_path, {"index.php": PAGE, ".platform/hooks/prebuild/10_a.sh": hook(script)})

    result = host.deploy(deployment(made, timeout_seconds=1))

    assert result.return_code == 124
    assert "Running platform hook: .platform/hooks/prebuild/10_a.sh" in result.log
    assert host.run(["pgrep --full 'sleep 4321' | grep -v $$"]).standard_output == ""


def test_nginx_reads_the_bundle_s_files_where_beanstalk_does(host: Host, tmp_path: Path) -> None:
    files = {
        "index.php": PAGE,
        ".platform/nginx/conf.d/in_http.conf": "map $uri $from_http { default yes; }\n",
        ".platform/nginx/conf.d/elasticbeanstalk/in_server.conf": "location /asked { return 200 $from_http; }\n",
    }
    assert host.deploy(deployment(bundle(tmp_path, files))).return_code == 0
    assert fetch(host, "/asked") == (200, "yes")

    # Files of the release before do not stay.
    del files[".platform/nginx/conf.d/elasticbeanstalk/in_server.conf"]
    assert host.deploy(deployment(bundle(tmp_path, files))).return_code == 0
    assert fetch(host, "/asked")[0] == 404

    files[".platform/nginx/nginx.conf"] = "events {}\nhttp { server { listen 80; return 200 own; } }\n"
    assert host.deploy(deployment(bundle(tmp_path, files))).return_code == 0
    assert fetch(host, "/") == (200, "own")

    files[".platform/nginx/nginx.conf"] = "events {}\nhttp { nonsense; }\n"
    result = host.deploy(deployment(bundle(tmp_path, files)))
    assert result.return_code == 1
    assert "[app-deploy] - [start proxy with new configuration]" in result.log
    assert 'unknown directive "nonsense"' in result.log


def test_apache_takes_the_place_of_nginx(host: Host, tmp_path: Path) -> None:
    files = {
        "web/index.php": PAGE,
        ".platform/httpd/conf.d/own.conf": 'Header always set X-Own "yes"\n'
        '<Directory "/var/www/html/web">\n  FallbackResource /index.php\n</Directory>\n',
    }
    options = {PROXY: {"ProxyServer": "apache"}, PHP_INI: {"document_root": "/web"}}

    result = host.deploy(deployment(bundle(tmp_path, files), properties={"COLOR": "red"}, options=options))

    assert result.return_code == 0, result.log
    status, body = fetch(host, "/no/such/file", "--include")
    assert (status, body.splitlines()[-1]) == (200, "red 256M webapp /var/app/current/web")
    assert "X-Own: yes" in body
    assert host.run(["systemctl is-active httpd nginx"]).standard_output == "active\ninactive\n"


def test_the_sample_application_is_served_where_there_is_no_version_yet(host: Host) -> None:
    assert host.deploy(deployment(None)).return_code == 0
    status, body = fetch(host, "/")
    assert status == 200
    assert "Congratulations" in body


def test_composer_is_not_run_on_the_host(host: Host, tmp_path: Path) -> None:
    files = {"index.php": PAGE, "composer.json": "{}"}
    result = host.deploy(deployment(bundle(tmp_path, files)))
    assert result.return_code == 1
    assert "composer.json without vendor/" in result.log
    assert host.deploy(deployment(bundle(tmp_path, files | {"vendor/autoload.php": ""}))).return_code == 0


def test_what_is_no_zip_fails(host: Host, tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_text("not a zip file")
    result = host.deploy(deployment(tmp_path / "bundle.zip"))
    assert result.return_code == 1
    assert "[app-deploy] - [StageApplication]" in result.log


@pytest.fixture
def aws(network_namespace: str, host: Host) -> Iterator[None]:
    """An AWS at the endpoint that the host's environment names."""
    server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "5000"]
    process = subprocess.Popen(
        ["ip", "netns", "exec", network_namespace, *server], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        ready = (
            "for i in $(seq 300); do curl --silent --output /dev/null http://127.0.0.1:5000 && exit; sleep 0.1; done"
        )
        host.run([ready])
        yield
    finally:
        process.terminate()
        process.wait()


def set_secret(host: Host, command: str, name: str, value: str) -> str:
    ran = host.machine.run(["aws", "secretsmanager", command, *name.split(), "--secret-string", value])
    assert ran.return_code == 0, ran.standard_error
    return str(json.loads(ran.standard_output)["ARN"])


@pytest.mark.usefixtures("aws")
def test_the_host_fetches_secrets_itself_also_at_a_restart(host: Host, tmp_path: Path) -> None:
    """Whole secrets and fields of them; a restart of the application servers fetches them again and runs no hook."""
    odd = "q\"uo\\te'd $HOME"
    database = set_secret(host, "create-secret", "--name database", json.dumps({"password": odd}))
    token = set_secret(host, "create-secret", "--name token", "plain")
    page = '<?php foreach (["PASSWORD", "TOKEN"] as $name) { echo getenv($name), "\\n"; }'
    files = {"index.php": page, ".platform/hooks/prebuild/10_a.sh": hook(f'echo "$PASSWORD" >> {TOLD}')}
    made = bundle(tmp_path, files)
    secrets = {"PASSWORD": f"{database}:password", "TOKEN": token}

    result = host.deploy(deployment(made, secrets=secrets))
    assert result.return_code == 0, result.log
    assert fetch(host, "/") == (200, f"{odd}\nplain\n")
    assert told(host) == [odd]

    set_secret(host, "put-secret-value", f"--secret-id {token}", "changed")
    assert fetch(host, "/") == (200, f"{odd}\nplain\n")
    assert host.deploy(deployment(None, kind="restart", secrets=secrets)).return_code == 0
    assert fetch(host, "/") == (200, f"{odd}\nchanged\n")
    assert told(host) == []

    result = host.deploy(deployment(made, secrets={"PASSWORD": f"{database}:absent"}))
    assert result.return_code == 1
    assert "failed to get the secret of environment variable PASSWORD: 'absent'" in result.log
