"""Until messages are delivered, a developer reads them with a command (PW-05)."""

import re
from pathlib import Path

import httpx

from tests.support.command import refusal, tradepost
from tests.support.server import served

EMAIL = "olga@north.example"
PASSWORDS = ("a-long-walk-by-the-sea", "seven quiet geese on ice")  # pragma: allowlist secret


def test_a_developer_reads_the_token_of_a_reset_and_an_operator_does_not(
    tmp_path: Path, sqlite_template: Path
) -> None:
    file = tmp_path / "messages.db"
    file.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{file}"
    with served(url, tmp_path, "--no-demo", LOG_LEVEL="DEBUG") as server:
        api = f"{server.url}/api/v1/auth"
        company = {"name": "North", "currency": "GBP", "time_zone": "UTC"}
        account = {"email": EMAIL, "password": PASSWORDS[0]}
        httpx.post(f"{api}/register", json={**account, "company": company})
        assert httpx.post(f"{api}/password/reset-request", json={"email": EMAIL}).is_success
        shown = tradepost("messages", "--database-url", url)
        assert shown.returncode == 0, shown.stderr
        line = re.fullmatch(rf"\S+Z  password_reset  {EMAIL}  (pr_[\w-]{{64}})\n", shown.stdout)
        assert line is not None, shown.stdout
        elsewhere = tradepost("messages", "--database-url", url, ENVIRONMENT="test")
        assert re.fullmatch(rf"\S+Z  password_reset  {EMAIL}\n", elsewhere.stdout)
        secret = "a-fresh-secret-after-the-leak-0123456789"  # pragma: allowlist secret
        assert refusal("messages", "--database-url", url, SECRET_KEY=secret) == (
            "SECRET_KEY does not open the messages in the database"
        )
        body = {"token": line[1], "new_password": PASSWORDS[1]}
        assert httpx.post(f"{api}/password/reset", json=body).status_code == 204
        account["password"] = PASSWORDS[1]
        assert httpx.post(f"{api}/login", json=account).status_code == 200
    log = (tmp_path / "server.log").read_text()
    assert "reset-request" in log
    for secret in (line[1], *PASSWORDS):
        assert secret not in log
