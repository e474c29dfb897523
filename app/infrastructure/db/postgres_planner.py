"""Initial planner statistics for PostgreSQL tables that were not analysed yet.

Without statistics the planner assumes that a company has a two-hundredth of a table. Then any index
that leads with the tenant looks as good as the matching one, and a connection keeps such a plan
while the table grows. Statistics from ANALYZE are not overwritten.
"""

from sqlalchemy import Connection, text

# There may be only one company. The second column of an index is taken as unique, or as shared by a
# hundred rows, as on SQLite (https://www.postgresql.org/docs/18/functions-admin.html).
_TELL = text(
    """
    WITH led AS (
        SELECT i.indrelid AS oid, i.indkey[0] AS tenant, i.indkey[1] AS next,
            bool_or(i.indisunique AND i.indnkeyatts = 2) AS alone
        FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE a.attname = 'tenant_id'
        GROUP BY i.indrelid, i.indkey[0], i.indkey[1]
    ), told AS (
        SELECT oid, tenant AS attnum, 1 AS distinct_values FROM led
        UNION
        SELECT oid, next, CASE WHEN alone THEN -1 ELSE -0.01 END FROM led WHERE next > 0
    )
    SELECT pg_restore_attribute_stats(
        'version', current_setting('server_version_num')::integer,
        'schemaname', n.nspname::text,
        'relname', c.relname::text,
        'attname', a.attname::text,
        'inherited', false,
        'n_distinct', t.distinct_values::real
    )
    FROM told t
    JOIN pg_class c ON c.oid = t.oid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = t.attnum
    WHERE n.nspname = 'public' AND NOT EXISTS (
        SELECT 1 FROM pg_stats s
        WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
    )
    """
)


def tell_postgres(connection: Connection) -> None:
    """Write statistics for every table that has none."""
    connection.execute(_TELL)
