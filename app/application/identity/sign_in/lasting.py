"""An answer whose time does not tell how long the work for it took."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_BY_THREAD_SECONDS: Final = 0.002


@asynccontextmanager
async def lasting(seconds: float) -> AsyncIterator[None]:
    """Let the block end ``seconds`` after it began, or when its work is done, if that is later.

    The event loop rounds what is left of a wait up to whole milliseconds, so the end would show
    when the wait began, and thereby how long the work took. A thread waits for the last two.
    """
    end = time.monotonic() + seconds
    yield
    await asyncio.sleep(max(0.0, end - _BY_THREAD_SECONDS - time.monotonic()))
    left = end - time.monotonic()
    if left > 0:
        await asyncio.to_thread(time.sleep, left)
