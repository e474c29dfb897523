"""Commands on companies and sign-ins: the demo company, new keys after a leak, reset of factors."""

import asyncio
from typing import Annotated

import typer

from app.bootstrap import Container
from app.cli.common import DatabaseOption, fail, migrate_to, read_settings, with_container
from app.demo.login import DEMO_EMAIL, DEMO_PASSWORD, DemoLogin, demo_login
from app.infrastructure.identity.companies.all_companies import signed_in
from app.settings import Settings

DEMO_LINE = f"Demo login: {DEMO_EMAIL} / {DEMO_PASSWORD}"


def make_demo_company(settings: Settings) -> None:
    """Register the demo owner and create a week of trade."""
    # Imported here, so that the service does not load the HTTP client.
    from app.demo.trade import make_demo  # noqa: PLC0415

    asyncio.run(make_demo(settings))


def demo(database_url: DatabaseOption = "") -> None:
    """Create the demo company, unless it exists."""
    settings = read_settings(database_url)
    if settings.environment == "production":
        raise fail("no demo company in production: its password is public")
    migrate_to(settings)
    found = with_container(settings, demo_login)
    if found is DemoLogin.TAKEN:
        raise fail(f"{DEMO_EMAIL} belongs to another account: no demo company was created")
    if found is DemoLogin.MISSING:
        make_demo_company(settings)
    else:
        typer.echo("The demo company already exists.")
    typer.echo(DEMO_LINE)


def replace_keys(
    database_url: DatabaseOption = "",
    yes: Annotated[bool, typer.Option("--yes", help="Confirm that every session ends.")] = False,
) -> None:
    """Replace the signing keys after a leak of SECRET_KEY, and end every session."""
    settings = read_settings(database_url)
    if not yes:
        raise fail("this ends every session: confirm with --yes; stop the service first")

    async def work(container: Container) -> int:
        return await container.identity.signing_keys.start_anew(await signed_in(container.database))

    ended = with_container(settings, work)
    typer.echo(f"A new signing key is in place; {ended} sessions were ended.")


def reset_mfa(
    email: Annotated[str, typer.Argument(help="The address that the user signs in with.")],
    database_url: DatabaseOption = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Confirm that the user made this request.")
    ] = False,
) -> None:
    """Remove the second factors of a user who lost all of them, and end the user's sessions."""
    settings = read_settings(database_url)
    if not yes:
        raise fail("the password alone then opens the account: verify the request, use --yes")

    async def work(container: Container) -> int | None:
        return await container.identity.enrolment.forget_all(email)

    ended = with_container(settings, work)
    if ended is None:
        raise fail("no member of a company has this address")
    typer.echo(f"The second factors were removed; {ended} sessions were ended.")
