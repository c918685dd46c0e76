"""The rehearsal's shoppers: what counts as a failure, and that they ask at their rate however slow the answers are."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from release.hold import PAGE
from sandbox.tests.certificates import self_signed
from tests.rehearsal import load
from tests.rehearsal.answers import Answer, Answers, Class, Verdict
from tests.rehearsal.load import RATES, shoppers

GOOD = {
    "/checkout/cart/add": "302 Found\r\nLocation: https://client.url/checkout/cart/\r\nSet-Cookie: PHPSESSID=a; path=/",
    "/checkout/order/place/": "302 Found\r\nLocation: https://client.url/checkout/onepage/success/",
}
TEXT = (
    'a stand-in, release, sign in, Thank you for your purchase <link rel="stylesheet" '
    'href="https://static.client.url/version1/frontend/styles.css">'
)


@contextmanager
def server(directory: Path, answer: str = "", status: str = "", *, seconds: float = 0, cart: int = 0) -> Iterator[int]:
    """A web server on TLS that answers everything in the same way, after so many seconds. Its port."""
    pair = self_signed("client.url")
    (directory / "certificate.pem").write_text(pair.certificate)
    (directory / "key.pem").write_text(pair.private_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "certificate.pem", directory / "key.pem")
    ready, stop, ports = threading.Event(), threading.Event(), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split()[1].split("?")[0]
        if "Content-Length: " in head and not status.startswith("503"):
            await reader.readexactly(int(head.split("Content-Length: ")[1].split()[0]))
        await asyncio.sleep(seconds)
        body = json.dumps({"cart": {"summary_count": cart}}) if path.startswith("/customer") else (answer or TEXT)
        said = status or GOOD.get(path, "200 OK")
        if said != "none":
            who = "X-Release: one\r\nX-Instance: host"
            writer.write(f"HTTP/1.1 {said}\r\n{who}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
            await writer.drain()
        writer.close()

    async def run() -> None:
        listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        ports.append(listening.sockets[0].getsockname()[1])
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.05)
        listening.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    ready.wait()
    try:
        yield ports[0]
    finally:
        stop.set()
        thread.join()


def asked(port: int, seconds: float = 1.0) -> Answers:
    with shoppers("127.0.0.1", port) as answers:
        time.sleep(seconds)
    return answers


def verdicts(answers: Answers) -> Counter[Verdict]:
    return Counter(each.verdict for each in answers.all if each.kind is not Class.CART)


def test_good_answers_are_good_and_orders_are_known(tmp_path: Path) -> None:
    with server(tmp_path) as port:
        answers = asked(port)
    assert set(verdicts(answers)) == {Verdict.GOOD}, answers.bad()
    assert answers.placed == answers.attempted != set()
    assert {(each.release, each.instance) for each in answers.all} == {("one", "host")}
    answers.write(tmp_path / "answers.jsonl")
    written = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert [Answer(**each) for each in written] == answers.all


def test_requests_are_sent_at_their_rate_while_answers_are_slow(tmp_path: Path) -> None:
    with server(tmp_path, seconds=1.5) as port:
        answers = asked(port, 2)
    assert answers.by_class[Class.PAGE] >= RATES[Class.PAGE] * 2 * 0.8


def test_the_hold_is_no_failure(tmp_path: Path) -> None:
    with server(tmp_path, PAGE, "503 Service Temporarily Unavailable") as port:
        answers = asked(port)
    assert set(verdicts(answers)) == {Verdict.HELD}
    assert answers.attempted == set()


@pytest.mark.parametrize("status", ["503 Service Temporarily Unavailable", "500 Internal Server Error", "none"])
def test_all_else_is_a_failure(tmp_path: Path, status: str) -> None:
    with server(tmp_path, "down", status) as port:
        answers = asked(port)
    assert set(verdicts(answers)) == {Verdict.FAILED}


def test_a_time_out_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "TIMEOUT_SECONDS", 0.5)
    with server(tmp_path, seconds=1) as port:
        answers = asked(port, 0.5)
    assert {each.verdict for each in answers.of(Class.PAGE)} == {Verdict.FAILED}


def test_a_cart_that_is_empty_again_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "SHOPPERS", 4)
    with server(tmp_path, cart=0) as port:
        answers = asked(port, 2)
    looked = [each for each in answers.of(Class.CART) if each.status == 200]
    assert {each.verdict for each in looked} == {Verdict.LOST}


def test_a_page_whose_file_is_gone_is_mixed(tmp_path: Path) -> None:
    with server(tmp_path, status="404 Not Found") as port:
        judged = load._static(asyncio.run(load.Load(address="127.0.0.1", port=port)._exchange("/a", "a", {}, None, 0)))
    assert judged[0] is Verdict.MIXED


def test_the_longest_gap_is_between_good_answers() -> None:
    def answer(at: float, verdict: Verdict) -> Answer:
        return Answer(kind=Class.BACK_OFFICE, at=at, seconds=0, status=200, release="", instance="", verdict=verdict)

    good, held = Verdict.GOOD, Verdict.HELD
    answers = Answers(all=[answer(1, good), answer(2, good), answer(3, held), answer(9, held), answer(10, good)])
    assert answers.gap(Class.BACK_OFFICE) == 8
    assert answers.held_seconds(Class.BACK_OFFICE) == 6
