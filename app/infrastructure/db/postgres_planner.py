"""What PostgreSQL's planner is told of a table that nobody has counted yet.

Untold, it takes a company for a two-hundredth of a table: any index that leads with the tenant
looks as good as the one on what was asked for, and a connection keeps such a plan while the table
grows. Once ANALYZE has counted a table, its own figures stand.
"""

from sqlalchemy import Connection, text

# One company may be all there is. What an index has next is unique, or a hundred rows share it, as
# SQLite is told too (https://www.postgresql.org/docs/18/functions-admin.html).
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
    """Say of every table without statistics how far its keys narrow a search."""
    connection.execute(_TELL)
