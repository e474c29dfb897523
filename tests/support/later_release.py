"""A later release, as far as migrations go: those of this one, and a few of its own behind them."""

import asyncio
import shutil
from pathlib import Path

from alembic.script import ScriptDirectory

from alembic import command
from app.infrastructure.db import schema
from app.infrastructure.db.migrate import config
from app.infrastructure.db.releases import runs_from

STEP = '''"""A migration of a later release."""

from alembic import op

revision, down_revision, branch_labels, depends_on = {revision!r}, {before!r}, None, None
TABLES = ()
{runs_from}

def upgrade():
    for statement in {statements!r}:
        op.execute(statement)


def downgrade():
    pass
'''


class LaterRelease:
    """The migrations of this release and those that come after it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "alembic"
        self._head = schema.head()
        shutil.copytree(
            schema.MIGRATIONS, self.folder, ignore=shutil.ignore_patterns("__pycache__")
        )

    def add(self, revision: str, *statements: str, runs_from: str = "") -> None:
        """Add a migration, which says on which older code it runs, or says nothing."""
        text = STEP.format(
            revision=revision,
            before=self._head,
            statements=statements,
            runs_from=f"RUNS_FROM = {runs_from!r}\n" if runs_from else "",
        )
        self._head = revision
        (self.folder / "versions" / f"{revision}_later.py").write_text(text, encoding="utf-8")

    async def migrate(self, url: str) -> None:
        """What its `tradepost migrate` does."""
        await asyncio.to_thread(command.upgrade, config(url, self.folder), "head")

    async def go_back(self, url: str, revision: str) -> None:
        """What its `tradepost migrate --revision` does."""
        await asyncio.to_thread(command.downgrade, config(url, self.folder), revision)

    def oldest_code(self, revision: str) -> str:
        """The oldest release that runs on its schema."""
        return runs_from(ScriptDirectory.from_config(config("", self.folder)), revision)
