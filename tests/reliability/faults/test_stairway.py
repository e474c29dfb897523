"""Migrations up and down, on a database that is in use."""

from itertools import pairwise

from app.infrastructure.db import migrate, schema
from tests.support.every_operation import contents, populate
from tests.support.revisions import made_by, reshaped_by


def test_every_revision_goes_down_up_and_down_under_rows(own_database_url: str) -> None:
    """RL-13, G-13: on a database with rows in every table, and no row of the others changes.

    Each revision drops the tables that it names (the look for rows goes by these names) and makes
    them anew, empty. Up again from nothing, the service trades.
    """
    tenants = populate(own_database_url)
    # Tables of which a column goes and comes again: their rows stay, but not as they were.
    kept = contents(own_database_url, tenants)
    assert [name for name, (rows, _) in kept.items() if not rows] == []
    changed: set[str] = set()

    def there() -> dict[str, tuple[int, str]]:
        found = contents(own_database_url, tenants)
        return {
            name: (rows, "") if name in changed else (rows, sum_)
            for name, (rows, sum_) in found.items()
        }

    for lower, revision in reversed(list(pairwise(["base", *schema.revisions()[1:]]))):
        changed |= reshaped_by(revision)
        kept = {
            name: (rows, "") if name in changed else (rows, sum_)
            for name, (rows, sum_) in kept.items()
            if name not in made_by(revision)
        }
        # From the second on, this goes down over the revision above for the second time.
        migrate.downgrade(own_database_url, lower, drop_data=True)
        assert there() == kept
        migrate.upgrade(own_database_url, revision)
        again = there()
        made = {name: again.pop(name)[0] for name in made_by(revision)}
        assert (again, set(made.values()) - {0}) == (kept, set())
    migrate.upgrade(own_database_url)
    populate(own_database_url)
