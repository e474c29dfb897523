"""`tradepost companies …`: commands on companies, on the database itself."""

import asyncio
from typing import Annotated

import typer

import app.infrastructure.db.tables_of_all_contexts  # noqa: F401 - declares every table
from app.cli.common import DatabaseOption, read_settings
from app.cli.operators import as_owner
from app.domain.shared.clock import SystemClock, milliseconds
from app.domain.shared.ids import UlidFactory, show
from app.infrastructure.db.owner import Owner
from app.infrastructure.db.purge import ROWS_AT_ONCE, due
from app.infrastructure.db.purge import purge as purge_company
from app.infrastructure.storage.folder import CompanyFiles

companies = typer.Typer(no_args_is_help=True, help="Companies, on the database itself.")
_CLOCK = SystemClock()
_new_id = UlidFactory(milliseconds(_CLOCK))


@companies.callback()
def _named() -> None:
    """Keep the command a subcommand, although it is the only one."""


@companies.command()
def purge(
    database_url: DatabaseOption = "",
    rows_at_once: Annotated[
        int, typer.Option(min=1, max=100_000, help="Rows per transaction.")
    ] = ROWS_AT_ONCE,
) -> None:
    """Delete every company whose grace period is over, with its files, permanently.

    Run it by a timer. If it is killed, the next run continues.
    """
    settings = read_settings(database_url)
    files = CompanyFiles(settings.storage.folder)

    async def work(owner: Owner) -> int:
        purged = 0
        for tenant_id, name in await due(owner, _CLOCK.now()):
            counts = await purge_company(
                owner, tenant_id, _CLOCK.now(), _new_id, rows_at_once=rows_at_once
            )
            if counts is None:
                continue
            gone = await asyncio.to_thread(files.remove_all, tenant_id)
            purged += 1
            rows = sum(counts.values())
            typer.echo(f"{show('cmp', tenant_id)} {name}: {rows} rows and {gone} files deleted")
        return purged

    purged = as_owner(settings, work)
    if not purged:
        typer.echo("No company is due for deletion.")
