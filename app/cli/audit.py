"""Commands on the audit chain: verify it, print its heads, seal new entries."""

import re
from typing import Annotated

import typer

from app.application.identity.audit.entries import (
    AuditVerdictView,
    head_view,
    verdict_view,
)
from app.bootstrap import Container
from app.cli.common import DatabaseOption, fail, read_settings, with_container
from app.domain.shared.errors import DomainError, InvalidValue
from app.domain.shared.ids import NO_ID, Id, read, show
from app.infrastructure.identity.companies.all_companies import companies

audit = typer.Typer(
    no_args_is_help=True, help="The audit chain: verify it, print its heads, seal new entries."
)

CompanyOption = Annotated[
    str, typer.Option("--company", help="Only this company (cmp_…). Default: all.")
]
_HASH = re.compile(r"[0-9a-f]{64}")


@audit.command()
def verify(
    database_url: DatabaseOption = "",
    company: CompanyOption = "",
    head: Annotated[
        str,
        typer.Option(
            help="A hash that `tradepost audit heads` printed before: is it still in the chain of "
            "the company?"
        ),
    ] = "",
    first: Annotated[
        int,
        typer.Option("--from", min=1, help="The seal to start with, such as one after a break."),
    ] = 1,
) -> None:
    """Compare every audit entry with its seal; exit code 1 if entries were changed or removed.

    Only --head reveals that the last entries were removed together with their seals.
    """
    asked = _company(company)
    if head and (asked is None or _HASH.fullmatch(head) is None):
        raise fail("--head takes 64 hexadecimal digits, and --company whose chain it is of")
    settings = read_settings(database_url)
    wanted = bytes.fromhex(head) if head else None
    if not with_container(settings, lambda container: _verify_all(container, asked, wanted, first)):
        raise typer.Exit(1)


@audit.command()
def heads(database_url: DatabaseOption = "", company: CompanyOption = "") -> None:
    """Print the newest seal of each company: company, sequence, hash, instant.

    Store the lines where the users of the database cannot write.
    """
    asked = _company(company)

    async def work(container: Container) -> None:
        for tenant_id, _ in await _asked(container, asked):
            found = await container.audit_chain.head(tenant_id)
            if found is not None:
                line = head_view(tenant_id, found)
                typer.echo(" ".join(str(each) for each in line.values()))

    with_container(read_settings(database_url), work)


@audit.command()
def seal(database_url: DatabaseOption = "", company: CompanyOption = "") -> None:
    """Seal every entry that is more than a minute old. The service does this automatically."""
    asked = _company(company)

    async def work(container: Container) -> int:
        return sum(
            [await container.sealing.seal(each) for each, _ in await _asked(container, asked)]
        )

    try:
        seals = with_container(read_settings(database_url), work)
    except DomainError as error:
        raise fail(f"another process is sealing at the same time ({error.code})") from None
    typer.echo(f"{seals} seals were created")


async def _verify_all(
    container: Container, company: Id | None, head: bytes | None, first: int
) -> bool:
    """Verify and print the chain of one or every company; returns whether all are sound."""
    well = True
    for tenant_id, name in await _asked(container, company):
        found = await container.audit_chain.verify(tenant_id, head=head, first=first)
        well = well and found.ok
        typer.echo(
            f"{show('cmp', tenant_id)} {name}: {verdict_line(verdict_view(tenant_id, found))}"
        )
    return well


def verdict_line(view: AuditVerdictView) -> str:
    """A verdict in one line."""
    broken, head = view["first_break"], view["head"]
    if broken is not None:
        where = [f"seal {broken['sequence']}"]
        if broken["place"] is not None:
            where.append(f"place {broken['place']}")
        if broken["entry_id"] is not None:
            where.append(broken["entry_id"])
        return f"BROKEN: {broken['kind']} at {', '.join(where)}"
    if view["head_included"] is False:
        return "BROKEN: the head is not in the chain: something was cut off or replaced"
    ending = "no seal yet" if head is None else f"head {head['sequence']} {head['hash']}"
    return f"ok, {view['entry_count']} entries sealed, {view['unsealed']} not yet, {ending}"


async def _asked(container: Container, company: Id | None) -> list[tuple[Id, str]]:
    """The selected companies, and the platform for entries without a company."""
    found = [(NO_ID, "(platform)"), *await companies(container.database)]
    chosen = [each for each in found if company is None or each[0] == company]
    if not chosen:
        raise fail("there is no such company")
    return chosen


def _company(text: str) -> Id | None:
    try:
        return read("cmp", text) if text else None
    except InvalidValue:
        raise fail("--company takes an id such as cmp_01JZ8B6Q0G3V5W7X9YABCDEFGH") from None
