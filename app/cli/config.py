"""`tradepost config check`: the settings in effect, and whether they may serve."""

import typer

from app.cli.common import DatabaseOption, fail, unchecked_settings
from app.settings import SettingRefused

config = typer.Typer(no_args_is_help=True, help="The settings of this installation.")


@config.callback()
def _group() -> None:
    """The settings of this installation."""


@config.command()
def check(database_url: DatabaseOption = "") -> None:
    """Print every setting as it is in effect, secrets redacted; refuse what may not serve."""
    settings = unchecked_settings(database_url)
    try:
        for name, value in settings.shown().items():
            typer.echo(f"{name}={value}")
        settings.refuse_unsafe()
    except SettingRefused as refused:
        raise fail(str(refused)) from None
    typer.echo(f"These settings may serve ({settings.environment}).", err=True)
