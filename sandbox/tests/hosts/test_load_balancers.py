"""HAProxy as the load balancers of a state document, in front of real web servers."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.hosts.load_balancers import LoadBalancers
from sandbox.hosts.programs import Programs
from sandbox.tests.certificates import self_signed
from sandbox.tests.hosts.surroundings import (
    WebServer,
    balancer,
    eventually,
    forward,
    group,
    listener,
    network,
    require,
    rule,
    state,
    target,
)

ONE, TWO, GONE = "10.0.1.10", "10.0.2.20", "10.0.3.30"


class Shop:
    """A load balancer with two web servers, and a client of it."""

    def __init__(self, balancers: LoadBalancers, servers: dict[str, WebServer]) -> None:
        self.balancers, self.servers = balancers, servers

    def get(
        self, path: str = "/", host: str = "www.client.url", port: int = 80, **headers: str
    ) -> http.client.HTTPResponse:
        place = self.balancers.places()["arn:shop"]
        client: http.client.HTTPConnection
        if port == 443:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            client = http.client.HTTPSConnection(place.outside, place.ports[port], timeout=10, context=context)
        else:
            client = http.client.HTTPConnection(place.outside, place.ports[port], timeout=10)
        client.request("GET", path, headers={"Host": host, **{k.replace("_", "-"): v for k, v in headers.items()}})
        return client.getresponse()

    def text(self, path: str = "/", host: str = "www.client.url", **headers: str) -> str:
        return self.get(path, host, 80, **headers).read().decode()

    def health(self, name: str = "front") -> dict[str, str]:
        return {each["Id"][2:]: each["State"] for each in self.balancers.targets()[f"arn:{name}"]}

    def seen(self, address: str, name: str = "front") -> dict[str, Any]:
        return next(each for each in self.balancers.targets()[f"arn:{name}"] if each["Id"] == f"i-{address}")


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    require("haproxy", "nginx")
    directory = tmp_path_factory.mktemp("balancers")
    with network(directory) as net:
        servers = {address: WebServer(net, directory, address) for address in (ONE, TWO)}
        balancers = LoadBalancers(directory / "haproxy", Programs(), net, name=str(directory))
        balancers.start()
        yield Shop(balancers, servers)
        balancers.stop()
        for server in servers.values():
            server.stop()


@pytest.fixture
def shop(surroundings: Shop) -> Shop:
    """Nothing registered, and both servers healthy."""
    surroundings.balancers.follow(state())
    for server in surroundings.servers.values():
        server.answer_health_with(200)
    return surroundings


def test_requests_go_to_every_healthy_target(shop: Shop) -> None:
    shop.balancers.follow(
        state(
            LoadBalancers=[balancer(listener(rule(forward("front"))))],
            TargetGroups=[group("front", [target(ONE), target(TWO)])],
        )
    )
    eventually(lambda: shop.health() == {ONE: "healthy", TWO: "healthy"})
    assert {shop.text().split("|")[0] for _ in range(4)} == {ONE, TWO}


def test_a_target_hears_who_asked_and_how(shop: Shop) -> None:
    shop.balancers.follow(
        state(LoadBalancers=[balancer(listener(rule(forward("front"))))], TargetGroups=[group("front", [target(ONE)])])
    )
    assert shop.text().split("|")[3:] == ["127.0.0.1", "http", "80"]
    given = shop.text(X_Forwarded_For="192.0.2.7", X_Forwarded_Proto="https").split("|")
    assert given[3:] == ["192.0.2.7, 127.0.0.1", "http", "80"]


HOST = {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.client.url", "client.url"]}}
PATH = {"Field": "path-pattern", "Values": ["/backend", "/backend/*", "/b?r"]}
HEADER = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Team", "Values": ["ops*"]}}
ELSEWHERE = {"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24"]}}
HERE = {"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24", "127.0.0.0/8"]}}
QUERY = {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "page", "Value": "1*"}]}}


def fixed(body: str, code: int = 200) -> dict[str, Any]:
    answer = {"StatusCode": str(code), "MessageBody": body, "ContentType": "text/plain"}
    return {"Type": "fixed-response", "FixedResponseConfig": answer}


@pytest.mark.parametrize(
    ("condition", "host", "path", "headers", "matches"),
    [
        (HOST, "www.client.url", "/", {}, True),
        (HOST, "WWW.client.url:8443", "/", {}, True),
        (HOST, "client.url", "/", {}, True),
        (HOST, "client.url.evil.test", "/", {}, False),
        (HOST, "wwwxclient.url", "/", {}, False),
        (PATH, "a", "/backend", {}, True),
        (PATH, "a", "/backend/admin/?x=1", {}, True),
        (PATH, "a", "/backends", {}, False),
        (PATH, "a", "/Backend", {}, False),
        (PATH, "a", "/bar", {}, True),
        (PATH, "a", "/baar", {}, False),
        (HEADER, "a", "/", {"X_Team": "OPS-1"}, True),
        (HEADER, "a", "/", {"X_Team": "devops"}, False),
        (HEADER, "a", "/", {}, False),
        (ELSEWHERE, "a", "/", {}, False),
        (HERE, "a", "/", {}, True),
        (QUERY, "a", "/?x=2&page=12", {}, True),
        (QUERY, "a", "/?subpage=1", {}, False),
        (QUERY, "a", "/", {}, False),
    ],
)
def test_a_condition(
    shop: Shop, condition: dict[str, Any], host: str, path: str, headers: dict[str, str], matches: bool
) -> None:
    shop.balancers.follow(
        state(LoadBalancers=[balancer(listener(rule(fixed("matched"), condition), rule(fixed("not"))))])
    )
    assert shop.text(path, host, **headers) == ("matched" if matches else "not")


def test_the_first_rule_that_matches_decides_whatever_its_action(shop: Shop) -> None:
    """HAProxy itself would answer and redirect before it chooses a backend."""
    redirect = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Host": "other.url"}}
    shop.balancers.follow(
        state(
            LoadBalancers=[
                balancer(
                    listener(
                        rule(forward("front"), PATH),
                        rule(fixed('closed %[src] "now" $HOME', 503), HOST, HERE),
                        rule(redirect),
                    )
                )
            ],
            TargetGroups=[group("front", [target(ONE)])],
        )
    )
    assert shop.text("/backend").startswith(ONE)
    held = shop.get("/", "www.client.url")
    assert (held.status, held.read().decode(), held.headers["Content-Type"], held.headers["Server"]) == (
        503,
        'closed %[src] "now" $HOME',
        "text/plain",
        "awselb/2.0",
    )
    assert shop.get("/", "elsewhere.test").headers["Location"] == "http://other.url:80/"


@pytest.mark.parametrize(
    ("path", "config", "location"),
    [
        ("/a/b?c=d", {"Protocol": "HTTPS", "Port": "443"}, "https://www.client.url:443/a/b?c=d"),
        ("/", {"Protocol": "HTTPS", "Port": "443"}, "https://www.client.url:443/"),
        ("/a?b=1", {"Host": "www.#{host}", "Path": "/old/#{path}", "Query": ""}, "http://www.www.client.url:80/old/a"),
        ("/a?b=1", {"Query": "from=#{host}&#{query}"}, "http://www.client.url:80/a?from=www.client.url&b=1"),
    ],
)
def test_a_redirect(shop: Shop, path: str, config: dict[str, str], location: str) -> None:
    action = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_302", **config}}
    shop.balancers.follow(state(LoadBalancers=[balancer(listener(rule(action)))]))
    answer = shop.get(path)
    assert (answer.status, answer.headers["Location"]) == (302, location)


def test_weights_share_requests(shop: Shop) -> None:
    groups = [{"TargetGroupArn": "arn:a", "Weight": 1}, {"TargetGroupArn": "arn:b", "Weight": 1}]
    both = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    shop.balancers.follow(
        state(
            LoadBalancers=[balancer(listener(rule(both)))],
            TargetGroups=[group("a", [target(ONE)]), group("b", [target(TWO)])],
        )
    )
    assert {shop.text().split("|")[0] for _ in range(40)} == {ONE, TWO}


def test_a_target_is_initial_then_healthy_then_unhealthy_and_healthy_again(shop: Shop) -> None:
    shop.servers[ONE].answer_health_with(500)
    shop.balancers.follow(
        state(
            LoadBalancers=[balancer(listener(rule(forward("front"))))],
            TargetGroups=[group("front", [target(ONE), target(TWO)])],
        )
    )
    assert shop.seen(ONE)["State"] == "initial"
    assert shop.seen(ONE)["Reason"].startswith("Elb.")
    eventually(lambda: shop.health() == {ONE: "unhealthy", TWO: "healthy"})
    assert shop.seen(ONE)["Reason"] == "Target.ResponseCodeMismatch"
    assert shop.seen(ONE)["Description"] == "Health checks failed with these codes: [500]"
    assert {shop.text().split("|")[0] for _ in range(4)} == {TWO}
    shop.servers[ONE].answer_health_with(200)
    eventually(lambda: shop.health()[ONE] == "healthy")
    assert {shop.text().split("|")[0] for _ in range(4)} == {ONE, TWO}


def test_the_matcher_and_the_port_of_the_check_count(shop: Shop) -> None:
    shop.servers[ONE].answer_health_with(302)
    shop.balancers.follow(
        state(
            LoadBalancers=[balancer(listener(rule(forward("front")), rule(forward("other"))))],
            TargetGroups=[
                group("front", [target(ONE)], Matcher={"HttpCode": "200,300-303"}),
                group("other", [target(ONE)], HealthCheckPort="81"),
            ],
        )
    )
    eventually(lambda: shop.health() == {ONE: "healthy"})
    eventually(lambda: shop.health("other") == {ONE: "unhealthy"})
    assert shop.seen(ONE, "other")["Reason"] == "Target.FailedHealthChecks"


def test_a_group_that_no_rule_names_is_unused(shop: Shop) -> None:
    shop.balancers.follow(state(TargetGroups=[group("front", [target(ONE)])]))
    assert shop.seen(ONE)["State"] == "unused"
    assert shop.seen(ONE)["Reason"] == "Target.NotInUse"


def test_all_unhealthy_fails_open(shop: Shop) -> None:
    for server in shop.servers.values():
        server.answer_health_with(500)
    shop.balancers.follow(
        state(
            LoadBalancers=[balancer(listener(rule(forward("front"))))],
            TargetGroups=[group("front", [target(ONE), target(TWO)])],
        )
    )
    eventually(lambda: shop.health() == {ONE: "unhealthy", TWO: "unhealthy"})
    assert {shop.text().split("|")[0] for _ in range(4)} == {ONE, TWO}


def test_no_target_is_503_and_a_broken_one_502(shop: Shop) -> None:
    balancers = [balancer(listener(rule(forward("front"))))]
    shop.balancers.follow(state(LoadBalancers=balancers, TargetGroups=[group("front", [])]))
    assert shop.get().status == 503
    draining = [target(ONE, "draining")]
    shop.balancers.follow(state(LoadBalancers=balancers, TargetGroups=[group("front", draining)]))
    assert shop.get().status == 503
    shop.balancers.follow(state(LoadBalancers=balancers, TargetGroups=[group("front", [target(ONE)])]))
    assert shop.get().status == 200
    assert shop.get("/broken").status == 502
    refused = [{**target(ONE), "Port": 81}]
    shop.balancers.follow(state(LoadBalancers=balancers, TargetGroups=[group("front", refused)]))
    assert shop.get().status == 502


def test_a_draining_target_ends_what_it_has_begun_and_gets_nothing_new(shop: Shop) -> None:
    balancers = [balancer(listener(rule(forward("front"))))]

    def follow(*targets: dict[str, Any]) -> None:
        shop.balancers.follow(state(LoadBalancers=balancers, TargetGroups=[group("front", targets)]))

    follow(target(ONE))
    eventually(lambda: shop.health() == {ONE: "healthy"})
    begun = shop.get("/slow")
    follow(target(ONE, "draining"), target(TWO))
    assert shop.seen(ONE)["Reason"] == "Target.DeregistrationInProgress"
    assert {shop.text().split("|")[0] for _ in range(6)} == {TWO}
    assert begun.read() == b"x" * 150


def test_a_deregistered_target_is_cut_off(shop: Shop) -> None:
    balancers = [balancer(listener(rule(forward("front"))))]
    shop.balancers.follow(state(LoadBalancers=balancers, TargetGroups=[group("front", [target(ONE)])]))
    begun = shop.get("/slow")
    shop.balancers.follow(state(LoadBalancers=balancers, TargetGroups=[group("front", [])]))
    with pytest.raises(http.client.IncompleteRead):
        begun.read()


def test_no_request_fails_while_rules_change(shop: Shop) -> None:
    groups = [group("front", [target(ONE), target(TWO)])]
    stop, failed, asked = threading.Event(), [], []

    def ask() -> None:
        while not stop.is_set():
            try:
                answer = shop.get()
                answer.read()
                asked.append(answer.status)
            except OSError as error:
                failed.append(error)

    first = [balancer(listener(rule(forward("front"))))]
    shop.balancers.follow(state(LoadBalancers=first, TargetGroups=groups))
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(6):
        changed = [balancer(listener(rule(fixed(f"no {number}"), PATH), rule(forward("front"))))]
        shop.balancers.follow(state(LoadBalancers=changed, TargetGroups=groups))
        assert shop.text("/backend") == f"no {number}"
    stop.set()
    for thread in threads:
        thread.join()
    assert (failed, set(asked)) == ([], {200})


def test_a_request_that_has_begun_is_answered_while_rules_change(shop: Shop) -> None:
    """The HAProxy that ends has it. To a HAProxy that ends, no backend has a server."""
    groups = [group("front", [target(ONE), target(TWO)])]
    shop.balancers.follow(
        state(LoadBalancers=[balancer(listener(rule(forward("front"))))], TargetGroups=groups),
    )
    place = shop.balancers.places()["arn:shop"]
    with socket.create_connection((place.outside, place.ports[80]), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: www.client.url\r\n")
        changed = [balancer(listener(rule(fixed("no"), PATH), rule(forward("front"))))]
        shop.balancers.follow(state(LoadBalancers=changed, TargetGroups=groups))
        assert shop.text("/backend") == "no"
        connection.sendall(b"Connection: close\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_listener_shows_its_first_certificate(shop: Shop) -> None:
    pairs = {name: self_signed(name) for name in ("one.url", "two.url")}
    made = {
        name: {"Certificate": pair.certificate, "Chain": None, "PrivateKey": pair.private_key}
        for name, pair in pairs.items()
    }
    for arns in (["one.url"], ["two.url", "one.url"]):
        shop.balancers.follow(
            state(
                LoadBalancers=[balancer(listener(rule(fixed("secret")), port=443, certificates=arns))],
                Certificates=made,
            )
        )
        place = shop.balancers.places()["arn:shop"]
        shown = ssl.get_server_certificate((place.outside, place.ports[443]))
        assert shown.strip() == pairs[arns[0]].certificate.strip()
    assert shop.get(port=443).read() == b"secret"


def test_a_state_that_haproxy_refuses_leaves_the_old_one(shop: Shop) -> None:
    """And the next one is followed."""
    good = state(LoadBalancers=[balancer(listener(rule(fixed("good"))))])
    shop.balancers.follow(good)
    bad = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "99", "MessageBody": "bad"}}
    with pytest.raises(Exception, match="haproxy"):
        shop.balancers.follow(state(LoadBalancers=[balancer(listener(rule(bad)))]))
    assert shop.text() == "good"
    shop.balancers.follow(good)
    assert shop.text() == "good"


def test_what_was_seen_can_be_sent(shop: Shop) -> None:
    shop.balancers.follow(
        state(LoadBalancers=[balancer(listener(rule(forward("front"))))], TargetGroups=[group("front", [target(ONE)])])
    )
    json.dumps(shop.balancers.targets())
