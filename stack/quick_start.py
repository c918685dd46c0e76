"""Makes a run of the program shorter. The program does the same without it.

Two things cost time in Pulumi's Python SDK. When the program has been read to its end, the SDK waits for the first of
its pending outputs, then for the first of those that are left, and asks all of them anew each time: for the 527
resources of production that took 4.1 to 4.5 s of CPU instead of 1.8 to 1.9 s. And Python looks for garbage in a heap
that only grows: 8 to 30 % of the rest.

It works around the loop that pulumi/pulumi#22411 rewrote, and that is still slow in SDK 3.259.0. Delete this file when
a preview of production takes no longer without it.
"""

from __future__ import annotations

import asyncio
import gc

import pulumi


def quick_start() -> None:
    """Waits for all pending outputs together, and stops the garbage collector. Call it once, first in the program.

    It uses private names of the SDK. When a release of the SDK has renamed them, it warns and leaves the wait as it is.
    """
    gc.disable()
    try:
        from pulumi.runtime.settings import SETTINGS, _get_rpc_manager

        # The SDK first waits for the calls to the engine that it knows of: this is one more of them.
        calls, outputs, lock = _get_rpc_manager().rpcs, SETTINGS.outputs, SETTINGS.lock
    except (ImportError, AttributeError):
        pulumi.log.warn("quick_start: the Pulumi SDK has changed, so the program runs without it, and more slowly")
        return

    def pending() -> list[asyncio.Future[object]]:
        with lock:
            return [each for each in outputs if not each.done()]

    async def all_known() -> None:
        while waiting := pending():
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_EXCEPTION)
            # After a failure the rest is the SDK's: it knows what to report and what to go on with.
            if any(each.cancelled() or each.exception() for each in done):
                return

    calls.append(asyncio.ensure_future(all_known()))
