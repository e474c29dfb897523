"""What a process on SQLite does not need is not loaded: 16 of its 139 MB were that."""

import subprocess
import sys

from tests.conftest import SECRET

NOT_NEEDED = {"alembic", "asyncpg", "httpx", "sqlalchemy.orm", "valkey", "webauthn"}
_SERVE = """
import sys
import app.cli.serving
from app.main import create_app
create_app()
print(*sys.modules)
"""


def test_a_process_on_sqlite_loads_only_what_it_needs() -> None:
    environment = {"DATABASE_URL": "sqlite:///unused.db", "SECRET_KEY": SECRET}
    done = subprocess.run(
        [sys.executable, "-c", _SERVE], env=environment, capture_output=True, text=True, check=True
    )
    assert NOT_NEEDED & set(done.stdout.split()) == set()
