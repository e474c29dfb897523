"""Commands on companies and their sign-ins: the demo company, and what follows a leak."""

import asyncio
from typing import Annotated

import typer

from app.bootstrap import Parts
from app.cli.common import DatabaseOption, fail, migrate_to, read_settings, with_parts
from app.demo.login import DEMO_EMAIL, DEMO_PASSWORD, DemoLogin, demo_login
from app.infrastructure.identity.companies import signed_in
from app.settings import Settings

DEMO_LINE = f"Demo login: {DEMO_EMAIL} / {DEMO_PASSWORD}"


def make_demo_company(settings: Settings) -> None:
    """Let the demo owner sign up and trade."""
    # Its HTTP client is nothing that a service has to carry along.
    from app.demo.trade import make_demo  # noqa: PLC0415

    asyncio.run(make_demo(settings))


def demo(database_url: DatabaseOption = "") -> None:
    """Make the demo company, unless it is there."""
    settings = read_settings(database_url)
    if settings.environment == "production":
        raise fail("no demo company in production: everybody knows its password")
    migrate_to(settings)
    found = with_parts(settings, demo_login)
    if found is DemoLogin.TAKEN:
        raise fail(f"somebody else signs in as {DEMO_EMAIL}: no demo company was made")
    if found is DemoLogin.MISSING:
        make_demo_company(settings)
    else:
        typer.echo("The demo company is there already.")
    typer.echo(DEMO_LINE)


def replace_keys(
    database_url: DatabaseOption = "",
    yes: Annotated[bool, typer.Option("--yes", help="Everybody is signed out. Go on.")] = False,
) -> None:
    """After a leak of SECRET_KEY: new signing keys under the present one, every session ended."""
    settings = read_settings(database_url)
    if not yes:
        raise fail("this signs everybody out: say --yes; stop the service before, start it after")

    async def work(parts: Parts) -> int:
        ended: int = await parts.identity.signing.start_anew(await signed_in(parts.database))
        return ended

    ended = with_parts(settings, work)
    typer.echo(f"A new signing key is in place; {ended} sessions were ended.")


def reset_mfa(
    email: Annotated[str, typer.Argument(help="The address that the user signs in with.")],
    database_url: DatabaseOption = "",
    yes: Annotated[bool, typer.Option("--yes", help="It is the user who asks. Go on.")] = False,
) -> None:
    """Take the second factors of a user away who lost them all; his sessions end."""
    settings = read_settings(database_url)
    if not yes:
        raise fail("the password alone opens the account then: make sure who asks, and say --yes")

    async def work(parts: Parts) -> int | None:
        ended: int | None = await parts.identity.enrolling.forget_all(email)
        return ended

    ended = with_parts(settings, work)
    if ended is None:
        raise fail("nobody with this address works for a company")
    typer.echo(f"The second factors are gone; {ended} sessions were ended.")
