"""Fixed planner statistics for SQLite, in place of collected ones.

Without statistics the planner assumes that a company has a handful of rows and scans all of them
instead of using the matching index. The figures are those of a large company and the same in every
file, so that plans never depend on the data (https://sqlite.org/fileformat2.html#stat1tab).
"""

from typing import Final

from sqlalchemy import Connection

_ROWS: Final = 1_000_000
_PER_VALUE: Final = (100, 30, 10)  # rows that agree in one, two, three or more columns


def tell_sqlite(connection: Connection) -> None:
    """Replace the statistics of every table."""
    run = connection.exec_driver_sql
    run("ANALYZE sqlite_schema")  # creates the statistics table; the figures are written below
    run("DELETE FROM sqlite_stat1")
    tables = run("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    for (table,) in tables.fetchall():
        indexes = run('SELECT name, "unique", origin FROM pragma_index_list(?)', (table,))
        for name, unique, origin in indexes.fetchall():
            rows = run("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (name,))
            columns = [row[0] for row in rows]
            # The primary key of a table without rowid is listed under the name of the table.
            known_as = table if origin == "pk" else name
            statistics = (table, known_as, _statistics(columns, unique=bool(unique)))
            run("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", statistics)


def _statistics(columns: list[str], *, unique: bool) -> str:
    """The rows of an index, then how many agree in its first column, its first two, and so on."""
    figures = [_ROWS]
    asked = 0
    for column in columns:
        if column == "tenant_id":  # there may be only one company
            figures.append(_ROWS)
            continue
        figures.append(_PER_VALUE[min(asked, len(_PER_VALUE) - 1)])
        asked += 1
    if unique:
        figures[-1] = 1
    return " ".join(map(str, figures))
