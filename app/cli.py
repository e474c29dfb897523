"""The `tradepost` command."""

import asyncio
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from app.application.reports.ports import Knowledge
from app.bootstrap import Parts, build_parts, sqlite_path
from app.demo import DEMO_EMAIL, DEMO_PASSWORD, make_demo
from app.domain.shared.errors import ServiceUnavailable
from app.infrastructure.db import migrate as migrations
from app.infrastructure.db.health import SchemaOutdated
from app.infrastructure.db.postgres import PrivilegedLogin
from app.infrastructure.identity.companies import tenant_ids
from app.infrastructure.observability.logging import configure_logging
from app.infrastructure.reports.build import DatabaseReports
from app.main import create_app
from app.settings import SettingRefused, Settings

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="The back office of a trading company.",
    pretty_exceptions_enable=False,
)
DatabaseOption = Annotated[
    str, typer.Option("--database-url", help="sqlite:///path or postgresql://…")
]


def _fail(message: str) -> typer.Exit:
    typer.echo(f"tradepost: {message}", err=True)
    return typer.Exit(1)


def _settings(database_url: str) -> Settings:
    try:
        settings = Settings(database_url=database_url) if database_url else Settings()
        settings.refuse_unsafe()
    except SettingRefused as refused:
        raise _fail(str(refused)) from None
    except ValueError as wrong:
        names = sorted({str(each["loc"][0]).upper() for each in getattr(wrong, "errors", list)()})
        raise _fail(f"not valid: {', '.join(names)}") from None
    return settings


def _migrate(settings: Settings) -> None:
    url = settings.database.owner_url
    if url.startswith("sqlite"):
        sqlite_path(url).parent.mkdir(parents=True, exist_ok=True)
    try:
        migrations.upgrade(url)
    except Exception as error:
        # Drivers raise what they like when a server is away; the operator gets one line.
        raise _fail(f"the database cannot be migrated: {_reason(error)}") from None


def _reason(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}".rstrip(": ")


def _with_parts(settings: Settings, work: Callable[[Parts], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        parts = build_parts(settings)
        await parts.database.start()
        try:
            await parts.health.check_schema()
            return await work(parts)
        finally:
            await parts.identity.stop()
            await parts.database.stop()

    try:
        return asyncio.run(run())
    except ServiceUnavailable:
        raise _fail("the database of DATABASE_URL cannot be reached") from None
    except (PrivilegedLogin, SchemaOutdated, SettingRefused) as refused:
        raise _fail(str(refused)) from None


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    database_url: DatabaseOption = "",
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="A demo company.")] = True,
) -> None:
    """Migrate, make a demo company when the database is empty, and serve."""
    settings = _settings(database_url)
    configure_logging(level=settings.log_level)
    _check_port(host, port)
    in_production = settings.environment == "production"
    if not in_production:
        _migrate(settings)
    known = _with_parts(settings, lambda parts: tenant_ids(parts.database))
    with_demo = demo and not in_production
    if with_demo and not known:
        asyncio.run(make_demo(settings))
    shown = f"http://{host}:{port}"
    typer.echo(f"Tradepost serves on {shown}")
    if settings.http.docs_enabled:
        typer.echo(f"API documentation: {shown}/docs")
    if with_demo:
        typer.echo(f"Demo login: {DEMO_EMAIL} / {DEMO_PASSWORD}")
    sys.stdout.flush()
    uvicorn.run(
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


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise _fail(f"cannot listen on {host}:{port}: {error.strerror}") from None


@cli.command()
def migrate(
    database_url: DatabaseOption = "",
    revision: Annotated[str, typer.Option(help="Where to go; a lower one goes back.")] = "head",
    check: Annotated[bool, typer.Option(help="Only compare the migrations with the code.")] = False,
) -> None:
    """Bring the schema of the database to a revision."""
    if check:
        _check_drift()
        return
    settings = _settings(database_url)
    if revision == "head" or revision.startswith("+"):
        _migrate(settings)
        typer.echo(f"at revision {migrations.head()}")
        return
    migrations.downgrade(settings.database.owner_url, revision)
    typer.echo(f"at revision {revision}")


def _check_drift() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'drift.db'}"
        migrations.upgrade(url)
        found = migrations.drift(url)
    for each in found:
        typer.echo(f"  {each}", err=True)
    if found:
        raise _fail("tables and migrations differ")
    typer.echo("tables and migrations agree")


@cli.command()
def demo(database_url: DatabaseOption = "") -> None:
    """Make the demo company, unless it is there."""
    settings = _settings(database_url)
    _migrate(settings)
    asyncio.run(make_demo(settings))
    typer.echo(f"Demo login: {DEMO_EMAIL} / {DEMO_PASSWORD}")


@cli.command("check-books")
def check_books(database_url: DatabaseOption = "") -> None:
    """Check every invariant and reconciliation of every company; exit code 1 when one is broken."""
    settings = _settings(database_url)
    if not _with_parts(settings, _check_all):
        raise typer.Exit(1)


async def _check_all(parts: Parts) -> bool:
    reports = DatabaseReports(parts.database)
    well = True
    for tenant_id in await tenant_ids(parts.database):
        integrity = await reports.integrity(tenant_id)
        reconciliation = await reports.reconciliation(tenant_id, Knowledge())
        well = well and integrity["ok"] and reconciliation["ok"]
        typer.echo(f"tenant {tenant_id.hex()}:")
        for check in integrity["checks"]:
            verdict = "ok" if not check["broken"] else f"BROKEN {check['broken']}: {check['first']}"
            typer.echo(f"  {check['name']:32} {verdict}")
        for line in reconciliation["checks"]:
            sides = f"{line['sub_ledger']} against {line['ledger']}"
            offender = f"  first: {line['first_offender']}" if line["first_offender"] else ""
            typer.echo(f"  {line['name']:32} {sides}, difference {line['difference']}{offender}")
    return well


def main() -> None:
    """Run the command line."""
    cli()


if __name__ == "__main__":
    main()
