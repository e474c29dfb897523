"""The revisions of the schema, read from the folder: a test names one by its subject."""

from typing import Final

from alembic.script import Script, ScriptDirectory

from app.infrastructure.db import schema
from app.infrastructure.db.migrate import tables_made

STEPS: Final[dict[str, Script]] = {
    each.revision: each for each in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()
}


def before(subject: str) -> str:
    """The revision before the one whose file is named after ``subject``."""
    [file] = (schema.MIGRATIONS / "versions").glob(f"[0-9]*_{subject}.py")
    return str(STEPS[file.name.partition("_")[0]].down_revision)


def made_by(revision: str) -> set[str]:
    """The tables that a revision makes, without their schemas."""
    return {each.rpartition(".")[2] for each in tables_made(STEPS[revision])}


def reshaped_by(revision: str) -> set[str]:
    """The tables to which a revision adds columns whose content its way back forgets."""
    forgotten = getattr(STEPS[revision].module, "FORGOTTEN", {})
    return {each.rpartition(".")[2] for each in forgotten}


def made_after(revision: str) -> set[str]:
    """The tables of all later revisions."""
    known = schema.revisions()
    return {table for each in known[known.index(revision) + 1 :] for table in made_by(each)}
