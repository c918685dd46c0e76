"""Magento 2.4.9's way to a cache with TLS: the tunnel that a deploy opens, with the real stunnel, Redis and Symfony."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pulumi_aws as aws
import pytest

from sandbox.tests.applications.servers import free_port, listens, running, until
from sandbox.tests.certificates import self_signed
from tests.servers.beanstalk_instance import BeanstalkInstance, killed_everywhere
from tests.servers.programs import not_installed, require, unavailable
from tests.servers.test_env_php import SYMFONY, content, graph_of, loaded

HOOK = "hooks/prebuild/15_open_cache_tunnel.sh"
SOURCE = Path(__file__).resolve().parents[2] / "platform_config/magento/.platform" / HOOK
CONFIGURATION = "/etc/stunnel/magento-cache.conf"
UNIT = "/etc/systemd/system/magento-cache-tunnel.service"
HOST, TOKEN = "cache.test", "a-token"


def env_php(connect: str, accept: int = 6380) -> str:
    return f"<?php return ['platform' => ['cache_tunnel' => ['accept' => {accept}, 'connect' => '{connect}']]];\n"


def stage(instance: BeanstalkInstance, env: str) -> str:
    """The instance with the hook and that env.php in its next release; the hook's path."""
    instance.run("rm", "-rf", "/var/app/staging")
    instance.write(f"/var/app/staging/.platform/{HOOK}", SOURCE.read_text(), mode=0o755)
    instance.write("/var/app/staging/app/etc/env.php", env)
    return HOOK


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[BeanstalkInstance]:
    require("stunnel", "redis-server", "php")
    with BeanstalkInstance(tmp_path, properties={}) as made:
        yield made


def test_what_the_stack_renders_for_2_4_9_is_what_the_hook_reads(instance: BeanstalkInstance) -> None:
    """Both ends: where Magento connects to, and the cache."""
    graph = graph_of("prod", "2.4.9")
    stage(instance, content(graph))
    instance.hook(HOOK)
    configuration = instance.read(CONFIGURATION)
    env = loaded(content(graph))
    options = "cache/frontend/default/backend_options"
    assert f"accept = {env[f'{options}/server']}:{env[f'{options}/port']}\n" in configuration
    address = graph.one(aws.elasticache.ReplicationGroup).outputs["primaryEndpointAddress"]
    assert f"connect = {address}:6379\n" in configuration
    assert f"checkHost = {address}\n" in configuration
    assert ["restart", "magento-cache-tunnel.service"] in instance.calls("systemctl")


def test_2_4_8_speaks_tls_itself_and_gets_no_tunnel(instance: BeanstalkInstance) -> None:
    stage(instance, content(graph_of("prod", "2.4.8")))
    instance.hook(HOOK)
    assert not instance.exists(CONFIGURATION)
    assert not instance.calls("systemctl")


@pytest.fixture
def cache_port(tmp_path: Path) -> Iterator[int]:
    """A cache that takes connections with TLS alone, with the certificate of `cache.test`."""
    require("redis-server")
    pair, port = self_signed(HOST), free_port()
    (tmp_path / "ca").write_text(pair.certificate)
    (tmp_path / "key").write_text(pair.private_key)
    redis = (
        f"redis-server --bind 127.0.0.1 --port 0 --tls-port {port} --requirepass {TOKEN} --dir {tmp_path}"
        f" --tls-cert-file {tmp_path}/ca --tls-key-file {tmp_path}/key --tls-ca-cert-file {tmp_path}/ca"
        " --tls-auth-clients no"
    ).split()
    with running(redis, tmp_path / "redis.log") as cache:
        until(lambda: listens(port), cache, "Redis")
        yield port


@pytest.mark.parametrize(("host", "answer"), [(HOST, "stored"), ("localhost", "")])
def test_symfonys_cache_reaches_valkey_through_the_tunnel(
    instance: BeanstalkInstance, cache_port: int, tmp_path: Path, host: str, answer: str
) -> None:
    """As Magento 2.4.9 connects. A server whose certificate has another name gets nothing."""
    if not SYMFONY.exists():
        unavailable(not_installed("php-symfony-cache"))
    accept = free_port()
    instance.write("/etc/hosts", f"127.0.0.1 localhost {HOST}\n")
    instance.write("/etc/pki/tls/certs/ca-bundle.crt", (tmp_path / "ca").read_text())
    stage(instance, env_php(f"{host}:{cache_port}", accept))
    instance.hook(HOOK)
    started = instance.read(UNIT).partition("ExecStart=")[2].partition("\n")[0].split()
    with (tmp_path / "tunnel.log").open("w") as log:
        tunnel = instance.start("runuser", "-u", "webapp", "--", *started, output=log)
        try:
            until(lambda: listens(accept), tunnel, "the tunnel")
            program = f"""
                require '{SYMFONY}';
                try {{
                    $redis = Symfony\\Component\\Cache\\Adapter\\RedisAdapter::createConnection(
                        'redis://{TOKEN}@127.0.0.1:{accept}/1?persistent=1&timeout=2.5'
                    );
                    $redis->set('a', 'stored');
                    echo $redis->get('a');
                }} catch (Exception $error) {{ fwrite(STDERR, $error->getMessage()); }}
            """
            ran = subprocess.run(["php", "-r", program], capture_output=True, text=True, timeout=30)
            assert ran.stdout == answer, ran.stderr + (tmp_path / "tunnel.log").read_text()
        finally:
            tunnel.terminate()
            tunnel.wait(timeout=10)


def test_it_leaves_the_same_wherever_it_is_killed(tmp_path: Path) -> None:
    require("stunnel")
    undisturbed, disturbed = (BeanstalkInstance(tmp_path, properties={}, instance_id="i-1") for _ in range(2))
    with undisturbed, disturbed:
        assert not killed_everywhere(undisturbed, disturbed, lambda each: stage(each, env_php("cache.test:6379")))


def test_an_unchanged_tunnel_is_not_restarted(instance: BeanstalkInstance) -> None:
    """A change of a property runs the hook too: requests in flight keep their connections."""
    stage(instance, env_php("cache.test:6379"))
    instance.hook(HOOK)
    instance.hook(HOOK)
    assert instance.calls("systemctl").count(["restart", "magento-cache-tunnel.service"]) == 1
    stage(instance, env_php("other.test:6379"))
    instance.hook(HOOK)
    assert instance.calls("systemctl").count(["restart", "magento-cache-tunnel.service"]) == 2


def test_what_is_no_address_stops_the_deploy(instance: BeanstalkInstance) -> None:
    stage(instance, env_php("cache.test; rm"))
    ran = instance.hook(HOOK, check=False)
    assert ran.returncode == 1
    assert ran.stderr.startswith("app/etc/env.php: platform/cache_tunnel: got 6380 cache.test; rm, expected a port")
