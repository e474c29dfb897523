"""The `tradepost` command inside the test process, which avoids the cost of a start."""

import pytest
from typer.testing import CliRunner, Result

from app.cli import cli, common


def command(*arguments: str, **environment: str) -> Result:
    """Run a command to its end; the log of the tests stays as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(common, "configure_logging", lambda **_: None)
        return CliRunner().invoke(cli, list(arguments), env=environment)
