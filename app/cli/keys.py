"""Commands on the signing keys of access tokens."""

import typer

from app.application.shared.wording import instant
from app.bootstrap import Container
from app.cli.common import DatabaseOption, read_settings, with_container
from app.domain.identity.keys.signing_key import SigningKey
from app.infrastructure.identity.keys.mappings import DatabaseSigningKeys

keys = typer.Typer(no_args_is_help=True, help="The signing keys of access tokens.")


async def _stored(container: Container) -> list[SigningKey]:
    return list(await DatabaseSigningKeys(container.database).signing_keys())


@keys.command("list")
def list_keys(database_url: DatabaseOption = "") -> None:
    """List all keys, newest first, and when they were retired."""
    for key in with_container(read_settings(database_url), _stored):
        retired = "signs" if key.retired_at is None else f"retired {instant(key.retired_at)}"
        typer.echo(f"{key.kid}  made {instant(key.created_at)}  {retired}")


@keys.command()
def rotate(database_url: DatabaseOption = "") -> None:
    """Create a new key; running nodes use it within seconds, and no session ends."""

    async def work(container: Container) -> str:
        await container.identity.signing_keys.rotate()
        return (await _stored(container))[0].kid

    kid = with_container(read_settings(database_url), work)
    typer.echo(f"The new signing key is {kid}; tokens of the one before stay good.")
