"""Shoppers in an open loop: requests are sent at their rate, however long the answers take.

With a closed loop, a shop that stands still is asked nothing, and so seems to fail little.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from typing import Any
from uuid import uuid4

from tests.rehearsal.answers import Answer, Answers, Class, Verdict

RATES: Mapping[Class, float] = {
    Class.PAGE: 28,
    Class.CART: 8,
    Class.SLOW: 2,
    Class.ORDER: 1,
    Class.BACK_OFFICE: 4,
}
"""Requests a second. An order is three, and every second page asks for its static file too: 59 in all."""
TIMEOUT_SECONDS = 30.0
"""Longer is a failure: browsers wait longer, people do not."""
HOLD_TEXT = b"We are back in a few minutes"
PAGES = ("/", "/women.html", "/linen-shirt.html")
SHOPPERS = 40
_SLOW_SECONDS = 0.5
_ATTEMPTS = 5
"""How often a shopper sends an order's form until it is answered."""
_STATIC = re.compile(rb'href="https?://([^/"]+)(/[^"]+\.css)"')


@dataclass(frozen=True, kw_only=True)
class Received:
    """An answer as it came over the wire. Status 0: none came, and `body` says why."""

    status: int
    headers: Message
    body: bytes

    @property
    def is_held(self) -> bool:
        return self.status == 503 and HOLD_TEXT in self.body

    @property
    def release(self) -> str:
        return str(self.headers.get("X-Release", ""))

    @property
    def instance(self) -> str:
        return str(self.headers.get("X-Instance", ""))


@dataclass(kw_only=True)
class Shopper:
    """A session, and what its cart must hold."""

    cookies: dict[str, str] = field(default_factory=lambda: {"form_key": "key"})
    least: int = 0
    """What was put in, and confirmed."""
    most: int = 0
    """And what may have been put in: the answer failed."""
    is_busy: bool = False


@dataclass(kw_only=True)
class Load:
    """What asks the shop. Its answers grow while it runs."""

    address: str
    port: int
    answers: Answers = field(default_factory=Answers)
    host: str = "client.url"
    origin: str = "origin.client.url"
    """What CloudFront asks for static files."""
    static_prefix: str = "/static"
    _shoppers: list[Shopper] = field(default_factory=lambda: [Shopper() for _ in range(SHOPPERS)])
    _context: ssl.SSLContext = field(default_factory=lambda: _unchecked())
    _run: str = field(default_factory=lambda: uuid4().hex[:8])
    """Makes the numbers of this load's orders its own."""

    async def until(self, stop: threading.Event) -> None:
        """Ask until told to stop, and then wait for the answers."""
        under_way: set[asyncio.Task[None]] = set()

        def begin(what: Coroutine[Any, Any, None]) -> None:
            task = asyncio.get_running_loop().create_task(what)
            under_way.add(task)
            task.add_done_callback(under_way.discard)

        loops = [
            asyncio.create_task(_at_rate(RATES[kind], begin, what))
            for kind, what in {
                Class.PAGE: self._page,
                Class.CART: self._cart,
                Class.SLOW: self._slow,
                Class.ORDER: self._order,
                Class.BACK_OFFICE: self._back_office,
            }.items()
        ]
        while not stop.is_set():
            await asyncio.sleep(0.1)
            for loop in loops:
                if loop.done():
                    loop.result()
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*under_way)

    async def _page(self, number: int) -> None:
        # Every other one is not in the page cache of the shop.
        path = PAGES[number // 2 % len(PAGES)] + (f"?visit={self._run}{number}" if number % 2 else "")
        received = await self._ask(Class.PAGE, path, _is(200, b"stand-in"))
        if received.status == 200 and number % 2 and (named := _STATIC.search(received.body)):
            await self._ask(Class.STATIC, self.static_prefix + named[2].decode(), _static, host=self.origin)

    async def _slow(self, number: int) -> None:
        path = f"/women.html?slow={self._run}{number}"
        await self._ask(Class.SLOW, path, _is(200, b"stand-in"), form="q=linen", form_after=_SLOW_SECONDS)

    async def _back_office(self, number: int) -> None:
        path = f"/backend/?visit={self._run}{number}"
        await self._ask(Class.BACK_OFFICE, path, _is(200, b"sign in"))

    async def _cart(self, number: int) -> None:
        shopper = self._shoppers[number % len(self._shoppers)]
        if shopper.is_busy:
            return
        shopper.is_busy = True
        try:
            if number // len(self._shoppers) % 3 == 0:
                await self._add(Class.CART, shopper)
            else:
                await self._look(shopper)
        finally:
            shopper.is_busy = False

    async def _add(self, kind: Class, shopper: Shopper) -> bool:
        form = "form_key=key&sku=LINEN-SHIRT"
        received = await self._ask(kind, "/checkout/cart/add", _leads_to("checkout/cart/"), shopper=shopper, form=form)
        added = _leads_to("checkout/cart/")(received) == (Verdict.GOOD, "")
        shopper.least += added
        shopper.most += not received.is_held
        return added

    async def _look(self, shopper: Shopper) -> None:
        def judge(received: Received) -> tuple[Verdict, str]:
            if received.status != 200:
                return Verdict.FAILED, _said(received)
            count = json.loads(received.body)["cart"].get("summary_count", 0)
            if shopper.least <= count <= shopper.most:
                return Verdict.GOOD, ""
            return Verdict.LOST, f"got {count} in the cart, expected {shopper.least} to {shopper.most}"

        await self._ask(Class.CART, "/customer/section/load/?sections=cart", judge, shopper=shopper)

    async def _order(self, number: int) -> None:
        shopper, own_number = Shopper(), f"{self._run}-{number}"
        if not await self._add(Class.ORDER, shopper):
            return
        form = f"form_key=key&payment[po_number]={own_number}"
        judge = _leads_to("checkout/onepage/success/")
        for _ in range(_ATTEMPTS):
            received = await self._ask(Class.ORDER, "/checkout/order/place/", judge, shopper=shopper, form=form)
            if received.is_held:
                return
            self.answers.attempted.add(own_number)
            if judge(received) == (Verdict.GOOD, ""):
                self.answers.placed.add(own_number)
                await self._ask(
                    Class.ORDER, "/checkout/onepage/success/", _is(200, b"Thank you for your purchase"), shopper=shopper
                )
                return
            await asyncio.sleep(1)

    async def _ask(
        self,
        kind: Class,
        path: str,
        judge: Callable[[Received], tuple[Verdict, str]],
        *,
        host: str = "",
        shopper: Shopper | None = None,
        form: str | None = None,
        form_after: float = 0,
    ) -> Received:
        """Ask, judge, and keep it."""
        at, begun = time.time(), time.monotonic()
        cookies = shopper.cookies if shopper else {}
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                received = await self._exchange(path, host or self.host, cookies, form, form_after)
            verdict, why = (Verdict.HELD, "") if received.is_held else judge(received)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            received = Received(status=0, headers=Message(), body=repr(error).encode())
            verdict, why = Verdict.FAILED, repr(error)
        if shopper:
            shopper.cookies |= _cookies(received.headers)
        self.answers.all.append(
            Answer(
                kind=kind,
                at=at,
                seconds=time.monotonic() - begun,
                status=received.status,
                release=received.release,
                instance=received.instance,
                verdict=verdict,
                why=f"{path}: {why}" if why else "",
            )
        )
        return received

    async def _exchange(
        self, path: str, host: str, cookies: Mapping[str, str], form: str | None, form_after: float
    ) -> Received:
        lines = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
        if cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()))
        if form is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}"]
        async with self._connection(host) as (reader, writer):
            writer.write("\r\n".join([*lines, "", ""]).encode())
            await writer.drain()
            if form is not None:
                await asyncio.sleep(form_after)
                # A load balancer that holds answers before the form is there.
                with suppress(ConnectionError):
                    writer.write(form.encode())
                    await writer.drain()
            return _parsed(await reader.read())

    @asynccontextmanager
    async def _connection(self, host: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection(self.address, self.port, ssl=self._context, server_hostname=host)
        try:
            yield reader, writer
        finally:
            writer.close()


@contextmanager
def shoppers(address: str, port: int) -> Iterator[Answers]:
    """Shoppers on a load balancer's listener while the block runs. All of them are answered when it is left."""
    load, stop = Load(address=address, port=port), threading.Event()
    raised: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(load.until(stop))
        except BaseException as error:  # Raised again below, in the thread that can end the rehearsal.
            raised.append(error)

    thread = threading.Thread(target=run, name="shoppers")
    thread.start()
    try:
        yield load.answers
    finally:
        stop.set()
        thread.join()
    if raised:
        raise raised[0]


async def _at_rate(
    rate: float, begin: Callable[[Coroutine[Any, Any, None]], None], what: Callable[[int], Coroutine[Any, Any, None]]
) -> None:
    begun = time.monotonic()
    for number in itertools.count():
        await asyncio.sleep(max(0.0, begun + number / rate - time.monotonic()))
        begin(what(number))


def _unchecked() -> ssl.SSLContext:
    """The certificate is not checked: its authority is the sandbox's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _parsed(raw: bytes) -> Received:
    """Raises ``EOFError`` for an answer that is cut off."""
    head, separator, body = raw.partition(b"\r\n\r\n")
    if not separator:
        raise EOFError(f"got {len(raw)} bytes, expected an answer")
    line, _, fields = head.partition(b"\r\n")
    headers = BytesParser().parsebytes(fields + b"\r\n\r\n", headersonly=True)
    length = headers.get("Content-Length")
    if length is not None and len(body) < int(length):
        raise EOFError(f"got {len(body)} bytes of the body, expected {length}")
    if headers.get("Transfer-Encoding") == "chunked" and not body.endswith(b"0\r\n\r\n"):
        raise EOFError(f"got {len(body)} bytes of the body, expected its end")
    if headers.get("Transfer-Encoding") == "chunked":
        body = b"".join(_chunks(body))
    return Received(status=int(line.split()[1]), headers=headers, body=body)


def _chunks(body: bytes) -> Iterator[bytes]:
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        yield rest[:length]
        body = rest[length + 2 :]
        if length == 0:
            return


def _cookies(headers: Message) -> dict[str, str]:
    set_by = [str(each).partition(";")[0].partition("=") for each in headers.get_all("Set-Cookie", [])]
    return {name: value for name, _, value in set_by}


def _said(received: Received) -> str:
    return f"{received.status} {received.body[:120].decode(errors='replace')!r}"


def _is(status: int, text: bytes) -> Callable[[Received], tuple[Verdict, str]]:
    def judge(received: Received) -> tuple[Verdict, str]:
        if received.status == status and text in received.body:
            return Verdict.GOOD, ""
        return Verdict.FAILED, _said(received)

    return judge


def _leads_to(path: str) -> Callable[[Received], tuple[Verdict, str]]:
    def judge(received: Received) -> tuple[Verdict, str]:
        location = str(received.headers.get("Location", ""))
        if received.status != 302:
            return Verdict.FAILED, _said(received)
        if not location.endswith(path):
            return Verdict.LOST, f"led to {location}, expected {path}"
        return Verdict.GOOD, ""

    return judge


def _static(received: Received) -> tuple[Verdict, str]:
    if received.status == 404:
        return Verdict.MIXED, _said(received)
    return _is(200, b"")(received)
