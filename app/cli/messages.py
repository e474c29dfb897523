"""The command that lists messages waiting to be sent."""

from collections.abc import Sequence

import typer

from app.application.shared.messages import Message
from app.application.shared.wording import instant
from app.bootstrap import Container
from app.cli.common import DatabaseOption, fail, read_settings, with_container
from app.infrastructure.identity.sign_in.mappings import DatabaseMessages
from app.infrastructure.security.envelopes import SealedEnvelopes
from app.infrastructure.security.sealing import SealBroken


def messages(database_url: DatabaseOption = "") -> None:
    """List messages waiting to be sent; their content is shown in development only."""
    settings = read_settings(database_url)

    async def work(container: Container) -> Sequence[Message]:
        return await DatabaseMessages(container.database).waiting(container.clock.now())

    waiting: Sequence[Message] = with_container(settings, work)
    envelopes = SealedEnvelopes(settings.tokens.secret.get_secret_value())
    for message in waiting:
        line = f"{instant(message.created_at)}  {message.kind}  {message.recipient}"
        if settings.environment == "development":
            try:
                line += "  " + " ".join(envelopes.open(message).values())
            except SealBroken:
                raise fail("SECRET_KEY does not open the messages in the database") from None
        typer.echo(line)
