"""Migrations up and down, on a database that is in use."""

from itertools import pairwise

from alembic.script import ScriptDirectory

from app.infrastructure.db import migrate, schema
from tests.support.every_operation import contents, populate


def test_every_revision_goes_down_up_and_down_under_rows(own_database_url: str) -> None:
    """RL-13, G-13: on a database with rows in every table, and no row of the others changes.

    Each revision drops the tables that it names (the look for rows goes by these names) and makes
    them anew, empty. Up again from nothing, the service trades.
    """
    named = {
        script.revision: {*script.module.TABLES, *getattr(script.module, "DERIVED", ())}
        for script in ScriptDirectory("alembic").walk_revisions()
    }
    tenants = populate(own_database_url)
    kept = contents(own_database_url, tenants)
    assert [name for name, (rows, _) in kept.items() if not rows] == []
    for lower, revision in reversed(list(pairwise(["base", *schema.revisions()[1:]]))):
        kept = {name: rows for name, rows in kept.items() if name not in named[revision]}
        # From the second on, this goes down over the revision above for the second time.
        migrate.downgrade(own_database_url, lower, drop_data=True)
        assert contents(own_database_url, tenants) == kept
        migrate.upgrade(own_database_url, revision)
        again = contents(own_database_url, tenants)
        made = {name: again.pop(name)[0] for name in named[revision]}
        assert (again, set(made.values()) - {0}) == (kept, set())
    migrate.upgrade(own_database_url)
    populate(own_database_url)
