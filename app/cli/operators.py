"""`tradepost operators …`: the operators of the platform. No request can add one."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

import app.infrastructure.db.tables_of_all_contexts  # noqa: F401 - declares every table
from app.cli.common import DatabaseOption, fail, read_settings, reason, with_container
from app.domain.identity.sign_in.user import User
from app.domain.shared.clock import SystemClock, milliseconds
from app.domain.shared.errors import InvalidValue
from app.domain.shared.ids import UlidFactory
from app.domain.shared.texts import folded
from app.infrastructure.db.operators import (
    make_user,
    operators_of,
    switch_operator,
    user_of,
)
from app.infrastructure.db.owner import Owner, owner_of
from app.infrastructure.security.passwords import PooledHasher
from app.settings import Settings

operators = typer.Typer(no_args_is_help=True, help="The operators of the platform.")
EmailArgument = Annotated[str, typer.Argument(help="The operator's e-mail address.")]
_CLOCK = SystemClock()
_new_id = UlidFactory(milliseconds(_CLOCK))


@operators.command()
def add(email: EmailArgument, database_url: DatabaseOption = "") -> None:
    """Make a user an operator. For a new address, create a user with a new password."""
    try:
        user = User.new(_new_id(), email, None, _CLOCK.now())
    except InvalidValue:
        raise fail("this is not an e-mail address") from None

    async def work(owner: Owner) -> tuple[bool, str]:
        known = await user_of(owner, user.email_folded)
        password = ""
        if known is None:
            password = secrets.token_urlsafe(24)
            await make_user(owner, user, await _hashed(password))
        added = await switch_operator(owner, known or user.id, _CLOCK.now(), _new_id, active=True)
        return added, password

    added, password = as_owner(read_settings(database_url), work)
    typer.echo(f"{user.email} {'is an operator now' if added else 'is an operator already'}.")
    if password:
        typer.echo(f"The password, shown this once: {password}")


@operators.command()
def remove(email: EmailArgument, database_url: DatabaseOption = "") -> None:
    """Revoke the operator role of a user; the platform tokens end within five seconds."""

    async def work(owner: Owner) -> bool:
        known = await user_of(owner, folded(email.strip()))
        return known is not None and await switch_operator(
            owner, known, _CLOCK.now(), _new_id, active=False
        )

    if not as_owner(read_settings(database_url), work):
        raise fail(f"{email} is not an operator")
    typer.echo(f"{email} is no longer an operator.")


@operators.command("list")
def list_them(database_url: DatabaseOption = "") -> None:
    """List present and former operators."""
    for email, active in as_owner(read_settings(database_url), operators_of):
        typer.echo(email if active else f"{email} (former)")


def as_owner(settings: Settings, work: Callable[[Owner], Awaitable[Any]]) -> Any:
    """Run ``work`` as the owner of the database, if its schema is compatible."""
    with_container(settings, lambda container: container.database.ping())
    url = settings.database.owner_url

    async def run() -> Any:
        async with owner_of(url) as owner:
            return await work(owner)

    try:
        return asyncio.run(run())
    except typer.Exit:
        raise
    except Exception as error:
        # Drivers raise various errors; the operator gets one line.
        raise fail(f"the database cannot be changed: {reason(error, url)}") from None


async def _hashed(password: str) -> str:
    hasher = PooledHasher(workers=1)
    try:
        return await hasher.hash(password)
    finally:
        hasher.close()
