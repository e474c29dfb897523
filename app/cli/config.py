"""`tradepost config check`: the settings in effect, and whether the service can start with them."""

import typer

from app.cli.common import DatabaseOption, fail, unchecked_settings
from app.settings import SettingRefused

config = typer.Typer(no_args_is_help=True, help="The settings of this installation.")


@config.callback()
def _group() -> None:
    """The settings of this installation."""


@config.command()
def check(database_url: DatabaseOption = "") -> None:
    """Print all settings in effect, secrets redacted; fail if the service would refuse them."""
    settings = unchecked_settings(database_url)
    try:
        for name, value in settings.shown().items():
            typer.echo(f"{name}={value}")
        settings.refuse_unsafe()
    except SettingRefused as refused:
        raise fail(str(refused)) from None
    typer.echo(f"The service can start with these settings ({settings.environment}).", err=True)
