"""`tradepost serve`: migrate, create a demo company, listen, and stop cleanly."""

import contextlib
import ctypes
import gc
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import Process
from types import FrameType
from typing import Annotated

import structlog
import typer
import uvicorn
from fastapi import FastAPI

from app.bootstrap import Container
from app.cli.common import DatabaseOption, fail, migrate_to, read_settings, with_container
from app.cli.company import DEMO_LINE, make_demo_company
from app.cli.connection import HEAD_SECONDS_MAX, Connection
from app.demo.login import DEMO_EMAIL, DemoLogin, demo_login
from app.infrastructure.identity.companies.all_companies import companies
from app.infrastructure.observability.logging import configure_logging
from app.main import create_app
from app.settings import Settings

_log = structlog.get_logger("app.serve")


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    database_url: DatabaseOption = "",
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Create a demo company.")] = True,
) -> None:
    """Migrate, create a demo company if the database is empty, and serve."""
    settings = read_settings(database_url)
    with _bound(host, port) as listener:
        in_production = settings.environment == "production"
        if not in_production:
            _migrate(settings)
        with_demo = demo and not in_production
        if not with_container(settings, _has_companies) and with_demo:
            make_demo_company(settings)
        there = (with_demo or in_production) and _demo_login_works(settings)
        if there and in_production:
            raise fail(
                f"{DEMO_EMAIL} signs in with the public demo password: change it, or "
                "use another database for production"
            )
        lines = _lines(settings, host, listener.getsockname()[1], with_login=there)
        configure_logging(level=settings.log_level, form=settings.log_format)
        # We print our own messages at start and stop.
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        tell = _log.info if in_production else typer.echo
        server = _Server(settings, host, port, lambda: [tell(line) for line in lines])
        _calm_collector()
        # uvicorn re-raises the signal that ended it; ignore it, so that the exit code stays ours.
        signal.signal(signal.SIGTERM, server.handle_exit)
        signal.signal(signal.SIGINT, server.handle_exit)
        server.run(sockets=[listener])
        tell("Tradepost has stopped.")


def _migrate(settings: Settings) -> None:
    """Migrate in a process of its own: Alembic and the ORM take 18 MB that serving never needs.

    Raises:
        typer.Exit: it failed; the reason is printed.
    """
    child = Process(target=_migrate_and_exit, args=(settings,))
    child.start()
    child.join()
    if child.exitcode != 0:
        raise typer.Exit(1)


def _migrate_and_exit(settings: Settings) -> None:
    try:
        migrate_to(settings)
    except typer.Exit as failed:
        sys.exit(failed.exit_code)


def _calm_collector() -> None:
    """Reduce garbage collection, and return memory that only the start needed.

    Objects that exist after the start live for ever, and a request leaves few cycles, so collecting
    every 700 objects is wasteful: a batch of products takes a seventh less time
    (docs/decisions/0006). Freed memory stayed with the process, 18 of 150 MB, until glibc is asked
    to return it.
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _demo_login_works(settings: Settings) -> bool:
    return with_container(settings, demo_login) is DemoLogin.THERE


async def _has_companies(container: Container) -> bool:
    """Whether any company exists; also opens the signing keys, which fails with a wrong secret."""
    await container.identity.start()
    return bool(await companies(container.database))


def _lines(settings: Settings, host: str, port: int, *, with_login: bool) -> list[str]:
    shown = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    lines = [f"Tradepost serves on {shown}"]
    if settings.http.docs_enabled:
        lines.append(f"API documentation: {shown}/docs")
    if with_login:
        lines.append(DEMO_LINE)
    return lines


def _bound(host: str, port: int) -> socket.socket:
    """The socket, bound before the database is touched: if the port is taken, nothing changes."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise fail(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return listener


def _config(application: FastAPI, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        loop="uvloop",
        http=partial(  # type: ignore[arg-type]  # made for each connection
            Connection, problems=application.state.problems, head_seconds_max=HEAD_SECONDS_MAX
        ),
        access_log=False,
        log_config=None,
        # By default uvicorn believes forwarded addresses from 127.0.0.1 or FORWARDED_ALLOW_IPS;
        # here only TRUSTED_PROXIES counts (app/api/middleware/client.py).
        proxy_headers=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=25,
    )


class _Server(uvicorn.Server):
    """uvicorn's server, which reports when it listens and stops without aborting requests.

    When asked to stop, uvicorn closes the listener and idle connections at once, and requests sent
    at that moment are lost. So the first SIGTERM only turns readiness to 503 and makes every answer
    close its connection. The server stops after the grace period, or at once on a second signal or
    on SIGINT (Ctrl-C).
    """

    def __init__(
        self, settings: Settings, host: str, port: int, listening: Callable[[], object]
    ) -> None:
        self._application = create_app(settings)
        super().__init__(_config(self._application, host, port))
        self._listening = listening
        self._grace_seconds = settings.http.stop_grace_seconds
        self._ends_at: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then report it."""
        await super().startup(sockets)
        self._listening()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Start draining, or stop."""
        if sig == signal.SIGTERM and self._ends_at is None and self._grace_seconds:
            self._ends_at = time.monotonic() + self._grace_seconds
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second: returns whether to stop."""
        if self._ends_at is not None and not self.should_exit:
            self._send_away()
            self.should_exit = time.monotonic() >= self._ends_at
        return await super().on_tick(counter)

    def _send_away(self) -> None:
        close = (b"connection", b"close")
        if close not in self.config.encoded_headers:
            self._application.state.container.health.drain()
            self.config.encoded_headers.append(close)
            self.server_state.default_headers = [*self.server_state.default_headers, close]
