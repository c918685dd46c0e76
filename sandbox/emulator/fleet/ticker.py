"""A thread that moves deployments and Auto Scaling on between requests, while a fleet is registered."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable

from sandbox.emulator.application import APPLICATION
from sandbox.emulator.fleet.registration import FLEET

SECONDS = 0.1
"""Between two ticks. Each asks the fleet for the health of targets."""


class Ticker:
    """Calls its tasks at every tick, with the lock of the application."""

    def __init__(self) -> None:
        self.tasks: list[Callable[[], bool]] = []
        """Each returns whether it may have changed anything that the fleet follows."""
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def start(self) -> None:
        """Start the thread, unless it runs. It ends with the registration of the fleet."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)
                self._thread.start()

    def _is_over(self) -> bool:
        with self._starting:
            if not FLEET.is_registered:
                self._thread = None
            return self._thread is None

    def _run(self) -> None:
        while not self._is_over():
            FLEET.read_targets()
            with APPLICATION.lock:
                self._tick()
            time.sleep(SECONDS)

    def _tick(self) -> None:
        for task in self.tasks:
            try:
                APPLICATION.changes += task()
            except Exception:
                traceback.print_exc(file=sys.stderr)


TICKER = Ticker()
