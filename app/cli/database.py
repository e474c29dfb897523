"""Commands on a database: migrate its schema, and check its books."""

import contextlib
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.application.identity.audit.entries import verdict_view
from app.application.reports.ports import Knowledge
from app.bootstrap import Container
from app.cli.audit import verdict_line
from app.cli.common import DatabaseOption, fail, migrate_to, read_settings, with_container
from app.domain.shared.ids import show
from app.infrastructure.identity.companies.all_companies import companies


def migrate(
    database_url: DatabaseOption = "",
    revision: Annotated[
        str, typer.Option(help="The target revision; an earlier one downgrades.")
    ] = "head",
    yes_drop_data: Annotated[
        bool, typer.Option(help="Allow a downgrade to delete rows permanently.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            help="Change nothing: compare the migrations with the code, and the database of "
            "--database-url with both."
        ),
    ] = False,
) -> None:
    """Migrate the schema of the database to a revision."""
    if not check:
        settings = read_settings(database_url)
        typer.echo(f"at revision {migrate_to(settings, revision, drop_data=yes_drop_data)}")
        return
    # Imported here, so that the other commands do not load Alembic.
    from app.infrastructure.db.drift import drift, fresh_drift  # noqa: PLC0415

    _report(fresh_drift(), "tables and migrations")
    if database_url:
        settings = read_settings(database_url)
        with_container(settings, lambda container: container.database.ping())
        _report(drift(settings.database.owner_url), "tables and database")


def _report(found: list[object], what: str) -> None:
    for each in found:
        typer.echo(f"  {each}", err=True)
    if found:
        raise fail(f"{what} differ")
    typer.echo(f"{what} agree")


def check_books(
    database_url: DatabaseOption = "",
    recorded_from: Annotated[
        str,
        typer.Option(
            help="Check only what was recorded at or after this instant, and all that it touches: "
            "the one that the last check ended with, such as 2026-03-31T16:30:00Z."
        ),
    ] = "",
) -> None:
    """Check all invariants and reconciliations of all companies; exit code 1 if one fails.

    The last line states the instant for --recorded-from of the next check. Changes to old rows that
    nothing recent touches are found only without --recorded-from.
    """
    start = _instant(recorded_from) if recorded_from else None
    settings = read_settings(database_url)
    if not with_container(settings, lambda container: check_all(container, recorded_from=start)):
        raise typer.Exit(1)


def _instant(text: str) -> datetime:
    with contextlib.suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    raise fail("--recorded-from takes an instant with an offset, such as 2026-03-31T16:30:00Z")


async def check_all(
    container: Container, *, recorded_from: datetime | None = None, broken_only: bool = False
) -> bool:
    """Check the books of every company and print the result, or only the broken ones.

    ``recorded_from`` limits the invariants; reconciliations are sums and always cover everything.
    """
    reports, well = container.reports, True
    recorded_to: list[str] = []
    for tenant_id, name in await companies(container.database):
        integrity = await reports.integrity(tenant_id, recorded_from)
        recorded_to.append(integrity["recorded_to"])
        reconciliation = await reports.reconciliation(tenant_id, Knowledge())
        trail = await container.audit_chain.verify(tenant_id, since=recorded_from)
        sound = integrity["ok"] and reconciliation["ok"] and trail.ok
        well = well and sound
        if sound and broken_only:
            continue
        typer.echo(f"{show('cmp', tenant_id)} {name}:")
        for check in integrity["checks"]:
            verdict = "ok" if not check["broken"] else f"BROKEN {check['broken']}: {check['first']}"
            typer.echo(f"  {check['name']:32} {verdict}")
        typer.echo(f"  {'audit_chain':32} {verdict_line(verdict_view(tenant_id, trail))}")
        for line in reconciliation["checks"]:
            sides = f"{line['sub_ledger']} against {line['ledger']}"
            offender = f"  first: {line['first_offender']}" if line["first_offender"] else ""
            typer.echo(f"  {line['name']:32} {sides}, difference {line['difference']}{offender}")
    if recorded_to and not broken_only:
        typer.echo(f"The next check can go on from here: --recorded-from {recorded_to[0]}")
    return well
