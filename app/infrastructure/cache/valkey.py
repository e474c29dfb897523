"""The connection to Valkey: bounded in time, dropped on failure, restored automatically.

Callers must be able to continue without it: a call answers in time or raises ``Away``. When the
server does not answer, no further call waits for it. A background task checks every half second
whether it is back, so no request waits for that check.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any, Final

import structlog
from valkey.asyncio import Valkey
from valkey.exceptions import NoScriptError, ValkeyError

_log = structlog.get_logger("app.valkey")
_RETRY_SECONDS: Final = 0.5
_TIMEOUTS_MAX: Final = 3  # in a row; a single one may be caused by our own busy event loop
_CONNECTIONS_MAX: Final = 512  # one per running call
_PROBE: Final = "tp:probe"


class Away(Exception):
    """Valkey does not answer, or not in time."""


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script: it runs atomically, so its reads are still valid when it writes."""

    text: str
    sha: str = field(init=False, default="")

    def __post_init__(self) -> None:
        digest = sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", digest)


class ValkeyLink:
    """Runs scripts on one server; ``timeout_seconds`` bounds each call, connecting included."""

    def __init__(self, url: str, *, timeout_seconds: float = 0.05) -> None:
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._client: Valkey | None = None
        self._up = False
        self._timeouts = 0
        self._looking: asyncio.Task[None] | None = None

    @property
    def up(self) -> bool:
        """Whether calls are sent to the server."""
        return self._up

    async def start(self) -> None:
        """Connect to the server; the service starts even if that fails."""
        self._client = Valkey.from_url(self._url, max_connections=_CONNECTIONS_MAX)
        if not await self._answers():
            self._lost("no answer at the start")
        else:
            self._up = True

    async def stop(self) -> None:
        """Close the connections."""
        self._up = False
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None
        if self._client is not None:
            client, self._client = self._client, None
            with contextlib.suppress(ValkeyError, OSError):
                await client.aclose()

    async def call(self, script: Script, keys: Sequence[str], *arguments: Any) -> Any:
        """Run the script and return its answer.

        Raises:
            Away: there is no answer; the script may or may not have run.
        """
        client = self._client
        if not self._up or client is None:
            raise Away
        execute: Callable[..., Awaitable[Any]] = client.execute_command
        parts = (len(keys), *keys, *arguments)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                try:
                    answer = await execute("EVALSHA", script.sha, *parts)
                except NoScriptError:  # the server was restarted
                    answer = await execute("EVAL", script.text, *parts)
        except TimeoutError:
            self._timeouts += 1
            if self._timeouts >= _TIMEOUTS_MAX:
                self._lost("too slow")
            raise Away from None
        except (ValkeyError, OSError) as error:
            # Includes "out of memory": what cannot be counted there is counted locally.
            self._lost(type(error).__name__)
            raise Away from error
        self._timeouts = 0
        return answer

    def _lost(self, reason: str) -> None:
        self._up = False
        self._timeouts = 0
        if self._looking is None or self._looking.done():
            _log.warning("valkey_away", reason=reason)
            self._looking = asyncio.create_task(self._look_again())

    async def _look_again(self) -> None:
        while True:
            if self._client is not None:
                # Late answers may still arrive on these connections, so they are closed.
                with contextlib.suppress(ValkeyError, OSError):
                    await self._client.connection_pool.disconnect()
            await asyncio.sleep(_RETRY_SECONDS)
            if await self._answers():
                break
        self._up = True
        _log.info("valkey_back")

    async def _answers(self) -> bool:
        """Whether the server accepts a write in time."""
        if self._client is None:
            return False
        try:
            async with asyncio.timeout(max(self._timeout_seconds, 0.25)):
                await self._client.set(_PROBE, 1, px=1_000)
        except (TimeoutError, ValkeyError, OSError):
            return False
        return True
