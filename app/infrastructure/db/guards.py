"""Database-level guards beside the tables: tenancy, append-only facts, balanced entries.

The migrations call these functions, so the SQL they return must never change its meaning. A new
rule needs a new function and a new migration.
"""

from collections.abc import Iterable, Iterator

APP_ROLE = "tradepost_app"


def postgres_role(role: str = APP_ROLE) -> Iterator[str]:
    """Create the restricted role: it cannot log in, owns nothing and cannot bypass row security.

    A role belongs to the whole cluster, so it may exist already, and its creator controls its
    membership. If the login can neither create nor assume it, the error names the statements that
    an administrator has to run. Since PostgreSQL 16 the creator of a role may grant it, but is not
    a member automatically.
    """
    yield f"""
        DO $$
        DECLARE
            missing text := '';
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                missing := 'CREATE ROLE {role} NOLOGIN; ';
                BEGIN
                    CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
                EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
                END;
                missing := '';
            END IF;
            IF EXISTS (
                SELECT FROM pg_roles WHERE rolname = '{role}' AND (rolsuper OR rolbypassrls)
            ) THEN
                RAISE EXCEPTION 'the role {role} is above row security: make it NOSUPERUSER '
                    'NOBYPASSRLS' USING ERRCODE = 'invalid_role_specification';
            END IF;
            IF NOT pg_has_role(current_user, '{role}', 'SET') THEN
                EXECUTE format('GRANT {role} TO %I', current_user);
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE EXCEPTION 'an administrator has to run: %GRANT {role} TO %;',
                missing, quote_ident(current_user) USING ERRCODE = 'insufficient_privilege';
        END $$"""
    yield f"GRANT USAGE ON SCHEMA public TO {role}"


def postgres_tenant(table: str, *, append_only: bool) -> Iterator[str]:
    """Row security for a tenant table, and the narrowest grant."""
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    tenant = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"
    yield f"CREATE POLICY {table}_tenant ON {table} USING ({tenant}) WITH CHECK ({tenant})"
    rights = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE"
    yield f"GRANT {rights} ON {table} TO {APP_ROLE}"
    if append_only:
        yield from postgres_append_only(table)


def postgres_append_only(table: str) -> Iterator[str]:
    """A trigger that refuses to change a fact; ``table`` may be named with its schema."""
    name = table.rpartition(".")[2]
    yield (
        f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def postgres_functions() -> Iterator[str]:
    """The functions behind the triggers."""
    yield """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'facts of % are final', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation',
                      CONSTRAINT = TG_TABLE_NAME || '_append_only';
        END $$"""
    yield """
        CREATE FUNCTION check_entry_balance() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            balance numeric;
            lines bigint;
        BEGIN
            SELECT sum(amount), count(*) INTO balance, lines FROM journal_lines
            WHERE tenant_id = NEW.tenant_id AND entry_id = NEW.id;
            IF lines < 2 OR balance <> 0 THEN
                RAISE EXCEPTION 'a journal entry does not balance'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_lines_balance_ck';
            END IF;
            RETURN NULL;
        END $$"""
    yield """
        CREATE FUNCTION check_lines_balance() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT 1 FROM added GROUP BY tenant_id, entry_id HAVING sum(amount) <> 0
            ) THEN
                RAISE EXCEPTION 'added journal lines do not balance'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_lines_balance_ck';
            END IF;
            RETURN NULL;
        END $$"""


def postgres_balance() -> Iterator[str]:
    """Every entry balances when the transaction ends, and no later line can unbalance it."""
    yield (
        "CREATE CONSTRAINT TRIGGER journal_entries_balance AFTER INSERT ON journal_entries "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_entry_balance()"
    )
    yield (
        "CREATE TRIGGER journal_lines_balance AFTER INSERT ON journal_lines "
        "REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_lines_balance()"
    )


def postgres_recorded_after_checkpoint() -> Iterator[str]:
    """No entry is recorded at or before the ledger checkpoint (rulings R-05)."""
    yield """
        CREATE FUNCTION check_recorded_after_checkpoint() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT 1 FROM added JOIN ledger_checkpoints USING (tenant_id)
                WHERE added.recorded_at <= ledger_checkpoints.recorded_to
            ) THEN
                RAISE EXCEPTION 'the clock is behind the checkpoint of the ledger'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entries_recorded_ck';
            END IF;
            RETURN NULL;
        END $$"""
    yield (
        "CREATE TRIGGER journal_entries_recorded AFTER INSERT ON journal_entries "
        "REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION check_recorded_after_checkpoint()"
    )


def sqlite_recorded_after_checkpoint() -> Iterator[str]:
    """See ``postgres_recorded_after_checkpoint``."""
    yield (
        "CREATE TRIGGER journal_entries_recorded BEFORE INSERT ON journal_entries "
        "WHEN NEW.recorded_at <= "
        "(SELECT recorded_to FROM ledger_checkpoints WHERE tenant_id = NEW.tenant_id) "
        "BEGIN SELECT RAISE(ABORT, 'CHECK constraint failed: journal_entries_recorded_ck'); END"
    )


def postgres_platform(tables: Iterable[str]) -> Iterator[str]:
    """The grants on tables without a tenant, which are named with their schema."""
    yield f"GRANT USAGE ON SCHEMA platform TO {APP_ROLE}"
    for table in tables:
        yield f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP_ROLE}"


def postgres_platform_narrow(schema: str, rights: dict[str, str]) -> Iterator[str]:
    """The restricted grants on tables without a tenant that the service must not write freely."""
    for table, granted in rights.items():
        yield f"GRANT {granted} ON {schema}.{table} TO {APP_ROLE}"


def postgres_purge(schema: str) -> Iterator[str]:
    """Allow deleting the facts of a company whose purge is in progress; all others stay final.

    The service can neither delete facts nor write to ``purges``.
    """
    yield f"""
        CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND TG_TABLE_SCHEMA <> '{schema}' THEN
                PERFORM FROM {schema}.purges
                WHERE company_id = OLD.tenant_id AND finished_at IS NULL;
                IF FOUND THEN
                    RETURN OLD;
                END IF;
            END IF;
            RAISE EXCEPTION 'facts of % are final', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation',
                      CONSTRAINT = TG_TABLE_NAME || '_append_only';
        END $$"""
    yield f"""
        CREATE FUNCTION check_purge() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (
                SELECT FROM {schema}.tenants WHERE id = NEW.company_id AND purging
            ) THEN
                RAISE EXCEPTION 'the company is not to be purged'
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'purges_due';
            END IF;
            RETURN NEW;
        END $$"""
    yield (
        f"CREATE TRIGGER purges_due BEFORE INSERT ON {schema}.purges "
        "FOR EACH ROW EXECUTE FUNCTION check_purge()"
    )


def postgres_no_purge() -> Iterator[str]:
    """The reverse of ``postgres_purge``, after its table was dropped."""
    first = next(iter(postgres_functions()))
    yield first.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    yield "DROP FUNCTION check_purge()"


def sqlite_purge(facts: Iterable[str]) -> Iterator[str]:
    """See ``postgres_purge``, for these tables of facts."""
    for table in facts:
        yield f"DROP TRIGGER {table}_no_delete"
        yield (
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT EXISTS "
            "(SELECT 1 FROM purges WHERE company_id = OLD.tenant_id AND finished_at IS NULL) "
            f"BEGIN SELECT RAISE(ABORT, '{table}_append_only'); END"
        )


def sqlite_purge_due() -> Iterator[str]:
    """Refuse a purge of a company that is not marked for purging."""
    yield (
        "CREATE TRIGGER purges_due BEFORE INSERT ON purges WHEN NOT EXISTS "
        "(SELECT 1 FROM tenants WHERE id = NEW.company_id AND purging) "
        "BEGIN SELECT RAISE(ABORT, 'purges_due'); END"
    )


def sqlite_no_purge(facts: Iterable[str]) -> Iterator[str]:
    """The reverse of ``sqlite_purge``."""
    for table in facts:
        yield f"DROP TRIGGER {table}_no_delete"
        yield next(each for each in sqlite_append_only(table) if "_no_delete" in each)


def sqlite_append_only(table: str) -> Iterator[str]:
    """Triggers that refuse to change a fact."""
    for event in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table}_append_only'); END"
        )
