"""Commands on the signing keys of access tokens."""

import typer

from app.application.shared.wording import instant
from app.bootstrap import Parts
from app.cli.common import DatabaseOption, read_settings, with_parts
from app.domain.identity.keys.signing_key import SigningKey
from app.infrastructure.identity.keys.mappings import DatabaseSigningKeys

keys = typer.Typer(no_args_is_help=True, help="The signing keys of access tokens.")


async def _stored(parts: Parts) -> list[SigningKey]:
    return list(await DatabaseSigningKeys(parts.database).signing_keys())


@keys.command("list")
def list_keys(database_url: DatabaseOption = "") -> None:
    """List all keys, newest first, and when they were retired."""
    for key in with_parts(read_settings(database_url), _stored):
        retired = "signs" if key.retired_at is None else f"retired {instant(key.retired_at)}"
        typer.echo(f"{key.kid}  made {instant(key.created_at)}  {retired}")


@keys.command()
def rotate(database_url: DatabaseOption = "") -> None:
    """Create a new key; running nodes use it within seconds, and no session ends."""

    async def work(parts: Parts) -> str:
        await parts.identity.signing_keys.rotate()
        return (await _stored(parts))[0].kid

    kid = with_parts(read_settings(database_url), work)
    typer.echo(f"The new signing key is {kid}; tokens of the one before stay good.")
