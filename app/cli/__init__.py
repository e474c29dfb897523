"""The `tradepost` command."""

import typer

from app.cli.audit import audit
from app.cli.backup import backup, restore
from app.cli.companies import companies
from app.cli.company import demo, replace_keys, reset_mfa
from app.cli.config import config
from app.cli.database import check_books, migrate
from app.cli.keys import keys
from app.cli.messages import messages
from app.cli.operators import operators
from app.cli.serving import serve

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="The back office of a trading company.",
    pretty_exceptions_enable=False,
)
cli.command()(serve)
cli.command()(migrate)
cli.command()(demo)
cli.command()(backup)
cli.command()(restore)
cli.command("check-books")(check_books)
cli.command("replace-keys")(replace_keys)
cli.add_typer(audit, name="audit")
cli.add_typer(keys, name="keys")
cli.command()(messages)
cli.command("reset-mfa")(reset_mfa)
cli.add_typer(config, name="config")
cli.add_typer(operators, name="operators")
cli.add_typer(companies, name="companies")


def main() -> None:
    """Run the command line."""
    cli(prog_name="tradepost")
