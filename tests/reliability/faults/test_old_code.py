"""Old code on a new schema: what this release does where a later one has migrated already.

The later release is made here: the migrations of this one, and a few of its own behind them.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.infrastructure.db import migrate, schema
from app.infrastructure.db.health import SchemaOutdated
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.releases import Schema
from app.main import create_app
from tests.conftest import SECRET, settings_for
from tests.support.command import refusal, tradepost
from tests.support.company import register_company
from tests.support.every_operation import use_every_operation
from tests.support.faults_load import settled, under_load
from tests.support.faults_service import serving
from tests.support.later_release import LaterRelease
from tests.support.revisions import before

HEAD = schema.head()


@pytest.fixture
def later(tmp_path: Path) -> LaterRelease:
    return LaterRelease(tmp_path)


def additions(url: str) -> list[str]:
    """One more column for every table there is, an index on some, and one more table."""
    tables = metadata.sorted_tables
    names = [table.name if url.startswith("sqlite") else table.fullname for table in tables]
    kinds = ("TEXT", "TEXT NOT NULL DEFAULT 'later'")
    return [
        *(
            f"ALTER TABLE {name} ADD COLUMN added_later {kinds[at % 2]}"
            for at, name in enumerate(names)
        ),
        "CREATE INDEX sales_added_later_ix ON sales (tenant_id, added_later)",
        "CREATE TABLE added_later (id INTEGER PRIMARY KEY)",
    ]


async def ready(company: Any) -> tuple[int, bool]:
    """What readiness says, and what of the schema."""
    answer = await company.client.get("/readyz")
    return answer.status_code, answer.json()["checks"]["schema"]


async def test_this_code_trades_on_the_schema_of_a_later_release(
    own_database_url: str, later: LaterRelease, tmp_path: Path
) -> None:
    """RL-13, G-13: a rolling release: the schema grows under the running code, which goes on.

    Every operation is used before and after, on the same connections with their prepared
    statements; then a process is started anew, as a node of the old release that restarts.
    """
    later.add("9001", *additions(own_database_url), runs_from=HEAD)
    app = create_app(settings_for(own_database_url))
    async with app.router.lifespan_context(app), register_company(app) as company:
        await use_every_operation(app, company)
        await later.migrate(own_database_url)
        assert schema.current(own_database_url) == "9001"
        assert await ready(company) == (200, True)
        await use_every_operation(app, company)
        await company.assert_sound()
    url = ("--database-url", own_database_url)
    done = await asyncio.to_thread(tradepost, "migrate", *url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "at revision 9001\n", "")
    async with serving(own_database_url, tmp_path, SECRET_KEY=SECRET) as service:
        async with under_load(service.shop, 1) as load:
            await load.successes(3)
        load.assert_only_success_or_503()
        await settled(service.shop, load)


async def test_a_schema_that_breaks_this_code_is_not_served(
    own_database_url: str, later: LaterRelease
) -> None:
    """RL-13: who runs loses readiness, who starts is refused in a line; going back heals both."""
    later.add("9001", runs_from=HEAD)
    later.add("9002", "ALTER TABLE sales RENAME COLUMN number TO document_number")
    settings = settings_for(own_database_url)
    url = ("--database-url", own_database_url)
    line = (
        f"the database is at revision 9002, which this release ({HEAD}) does not know: "
        "use a release of revision 9002 or later"
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app), register_company(app) as company:
        assert await ready(company) == (200, True)
        await later.migrate(own_database_url)
        assert await ready(company) == (503, False)
        with pytest.raises(SchemaOutdated) as refused:
            async with (other := create_app(settings)).router.lifespan_context(other):
                pass
        assert str(refused.value) == line
        assert await asyncio.to_thread(refusal, "check-books", *url) == line
        assert await asyncio.to_thread(refusal, "serve", "--port", "1", *url)
        with pytest.raises(migrate.RevisionUnknown, match="9002, which this release does not know"):
            await asyncio.to_thread(migrate.go_to, own_database_url, "head")
        await later.go_back(own_database_url, "9001")
        assert await ready(company) == (200, True)
        with pytest.raises(migrate.RevisionUnknown, match="9001, which this release does not know"):
            await asyncio.to_thread(migrate.go_to, own_database_url, before("sales"))


def test_the_oldest_code_only_ever_rises(later: LaterRelease) -> None:
    """RL-13: expand, then contract: the release between runs on both, the first on one only."""
    assert later.oldest_code(HEAD) in schema.revisions()
    later.add("9001", runs_from=HEAD)  # adds a column
    later.add("9002", runs_from="9001")  # removes the one that only this release used
    later.add("9003", runs_from=HEAD)  # adds another: what 9002 asks for still holds
    later.add("9004")
    oldest = {at: later.oldest_code(at) for at in ("9001", "9002", "9003", "9004")}
    assert oldest == {"9001": HEAD, "9002": "9001", "9003": "9001", "9004": "9004"}


def test_which_release_runs_on_which_schema() -> None:
    """RL-13: its own, and later ones that say so; never one that lacks a migration."""
    known = ["base", "0001", "0002"]
    suited = {
        Schema("0002", None): True,
        Schema("0001", "0001"): False,
        Schema("0003", "0002"): True,
        Schema("0003", "0001"): True,
        Schema("0003", "0003"): False,
        Schema("0004", None): False,
    }
    assert {schema: schema.suits(known) for schema in suited} == suited
