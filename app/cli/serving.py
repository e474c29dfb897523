"""`tradepost serve`: migrate, make a demo company, listen, and stop cleanly."""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Annotated

import structlog
import typer
import uvicorn

from app.bootstrap import Parts
from app.cli.common import DatabaseOption, fail, migrate_to, read_settings, with_parts
from app.cli.company import DEMO_LINE
from app.demo import DemoLogin, demo_login, make_demo
from app.infrastructure.identity.companies import companies
from app.infrastructure.observability.logging import configure_logging
from app.main import create_app
from app.settings import Settings

_log = structlog.get_logger("app.serve")


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    database_url: DatabaseOption = "",
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="A demo company.")] = True,
) -> None:
    """Migrate, make a demo company when the database is empty, and serve."""
    settings = read_settings(database_url)
    with _bound(host, port) as listener:
        in_production = settings.environment == "production"
        if not in_production:
            migrate_to(settings)
        with_demo = demo and not in_production
        if not with_parts(settings, _has_companies) and with_demo:
            asyncio.run(make_demo(settings))
        there = with_demo and with_parts(settings, demo_login) is DemoLogin.THERE
        lines = _lines(settings, host, listener.getsockname()[1], with_login=there)
        configure_logging(level=settings.log_level, form=settings.log_format)
        # What uvicorn tells of its start and its end, we say ourselves.
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        tell = _log.info if in_production else typer.echo
        server = _Server(_config(settings, host, port), lambda: [tell(line) for line in lines])
        _calm_collector()
        signal.signal(signal.SIGTERM, server.stop_by)
        signal.signal(signal.SIGINT, server.stop_by)
        server.run(sockets=[listener])
        tell("Tradepost has stopped.")


def _calm_collector() -> None:
    """Let the garbage collector look at less, and less often.

    What stands after the start stays for ever, and a request leaves no cycles worth a search every
    700 objects: a batch of products takes a seventh less time (docs/decisions/0006).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _has_companies(parts: Parts) -> bool:
    """Whether anybody signed up; also opens the signing keys, which a wrong secret cannot."""
    await parts.identity.start()
    return bool(await companies(parts.database))


def _lines(settings: Settings, host: str, port: int, *, with_login: bool) -> list[str]:
    shown = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    lines = [f"Tradepost serves on {shown}"]
    if settings.http.docs_enabled:
        lines.append(f"API documentation: {shown}/docs")
    if with_login:
        lines.append(DEMO_LINE)
    return lines


def _bound(host: str, port: int) -> socket.socket:
    """The socket, before the database is touched: a taken port must change nothing."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise fail(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return listener


def _config(settings: Settings, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings),
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=25,
    )


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it listens and leaves the exit code to us."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], object]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self._listening()

    def stop_by(self, number: int, frame: FrameType | None) -> None:
        """Stop; uvicorn sends a signal on to this handler after it stopped because of it."""
        del number, frame
        self.should_exit = True
