"""Which releases run on a schema: those of its own revision, and older compatible ones.

During a rolling release the old code runs on the new schema. A migration states in ``RUNS_FROM``
the revision of the oldest release whose code runs on the new schema. That is the previous release
if the migration only adds (a table, an index, an optional column), or removes what that release no
longer uses. A migration without ``RUNS_FROM`` is compatible with its own release only.

The database stores the oldest compatible release beside its revision, because a release does not
know later migrations.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect

if TYPE_CHECKING:  # Alembic is for migrations only
    from alembic.script import ScriptDirectory

_COLUMN = "runs_from"
VERSION = Table(
    "alembic_version", MetaData(), Column("version_num", String), Column(_COLUMN, String)
)


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema state of a database; older schemas have no oldest compatible release."""

    revision: str
    runs_from: str | None

    def suits(self, known: Sequence[str]) -> bool:
        """Whether the release with the ``known`` revisions (newest last) runs on it."""
        if self.revision in known:
            return self.revision == known[-1]
        return self.runs_from in known

    def refusal(self, known: Sequence[str]) -> str:
        """Why it does not, in one line for the operator."""
        if self.revision in known:
            return (
                f"the database is at revision {self.revision}, this release needs {known[-1]}: "
                "run `tradepost migrate`, or the release that fits"
            )
        return (
            f"the database is at revision {self.revision}, which this release ({known[-1]}) does "
            f"not know: use a release of revision {self.runs_from or self.revision} or later"
        )


def runs_from(script: "ScriptDirectory", revision: str) -> str:
    """The revision of the oldest release whose code runs on the schema at ``revision``.

    A later migration never supports older code than an earlier one does.
    """
    steps = list(script.iterate_revisions(revision, "base"))[::-1]
    order = [step.revision for step in steps]
    return max((_stated(step) for step in steps), key=order.index)


def _stated(step: object) -> str:
    own: str = step.revision  # type: ignore[attr-defined]
    stated: str = getattr(step.module, "RUNS_FROM", own)  # type: ignore[attr-defined]
    return stated


def note_oldest_code(
    connection: Connection, script: "ScriptDirectory", heads: Collection[str]
) -> None:
    """Store the oldest compatible release in the transaction that sets the revision."""
    columns = {each["name"] for each in inspect(connection).get_columns(VERSION.name)}
    if _COLUMN in columns:
        for revision in heads:
            oldest = runs_from(script, revision)
            connection.execute(VERSION.update().values({_COLUMN: oldest}))
