"""Nothing secret and nobody's data in the log, over a run of every route (S0-22, CF-03, S2-24).

Every secret of the run is known: those of the settings were made for it, those of requests and
answers are taken down on their way. Then everything that the service says is searched for them.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from app.api.deps import Http
from app.infrastructure.security import passwords
from app.main import create_app
from tests.api.edge.support import captured_log
from tests.conftest import settings_for
from tests.support.company import Company, register_company
from tests.support.every_operation import use_every_operation
from tests.support.references import query_of

SECRET: Final = "canary-Zk7Qw2Ex9Rv4Ty6Ub1In8Om3Pl5"  # pragma: allowlist secret
TOKEN: Final = "canary-Hg5Fd8Sa3Zx7Cv2Bn9Mq4Wr6Et1"  # pragma: allowlist secret
DATABASE_PASSWORD: Final = "canary-Jb4Nk8Ml2Vc"  # pragma: allowlist secret
WRONG_PASSWORD: Final = "canary-never-the-right-one-42"  # pragma: allowlist secret
CARD: Final = "4111 1111 1111 1111"
EMAIL: Final = "canary.person@private.example"
ADDRESS: Final = re.compile(rb"[\w.+-]+@[\w-]+\.[a-z]{2,}", re.IGNORECASE)
JWT: Final = re.compile(rb"eyJ[\w-]{8,}\.[\w-]{8,}")
CARDS: Final = re.compile(rb"(?<![\w.-])4111[ -]?1111[ -]?1111[ -]?1111")
_SECRET_MEMBERS: Final = re.compile(r"password|token|secret", re.IGNORECASE)


class Recording:
    """An application whose requests and answers are taken down."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.state = app.state
        self.secrets: set[bytes] = set()
        self.answers: list[tuple[str, bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked, said = bytearray(), bytearray()

        async def hear() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def tell(message: Message) -> None:
            said.extend(message.get("body", b""))
            said.extend(b" ".join(value for _, value in message.get("headers", ())))
            await send(message)

        try:
            await self._app(scope, hear, tell)
        finally:
            self._take(scope, bytes(asked), bytes(said))

    def _take(self, scope: Scope, asked: bytes, said: bytes) -> None:
        for name, value in scope.get("headers", ()):
            if name == b"authorization":
                self.secrets.add(value.partition(b" ")[2])
        for body in (asked, said):
            start, end = body.find(b"{"), body.rfind(b"}")
            if start >= 0:
                self.secrets.update(_secrets_of(_parsed(body[start : end + 1])))
        self.answers.append((scope.get("path", ""), said))


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _secrets_of(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        for name, each in value.items():
            if isinstance(each, str) and _SECRET_MEMBERS.search(name) and len(each) > 8:
                yield each.encode()
            yield from _secrets_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from _secrets_of(each)


async def go_wrong(company: Company, anonymous: httpx.AsyncClient) -> None:
    """Requests that are refused, each with something that must not be repeated."""
    account = {"email": EMAIL, "password": WRONG_PASSWORD}
    await anonymous.post("/api/v1/auth/login", json=account)
    await anonymous.post("/api/v1/auth/login", json={**account, "colour": WRONG_PASSWORD})
    await anonymous.post("/api/v1/auth/login", content=f'{{"password": "{WRONG_PASSWORD}"')
    await anonymous.post("/api/v1/auth/refresh", json={"refresh_token": f"{TOKEN}.{TOKEN}"})
    for token in (f"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.{TOKEN}", TOKEN):
        bad = {"Authorization": f"Bearer {token}", "Cookie": f"session={TOKEN}"}
        await anonymous.get("/api/v1/units", headers=bad)
    client = company.client
    await client.get(f"/api/v1/units/{EMAIL}")
    await client.get(f"/api/v1/{CARD.replace(' ', '')}/{EMAIL}")
    await client.get("/api/v1/contacts" + query_of({"q": f"{EMAIL} {CARD}"}))
    await client.get("/api/v1/contacts" + query_of({"password": WRONG_PASSWORD, "email": EMAIL}))
    body = {"name": f"{EMAIL} {CARD}", "roles": ["customer"], "email": EMAIL}
    await client.post("/api/v1/contacts", json=body)
    await client.post("/api/v1/contacts", json={**body, "phone": 7})
    await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    await client.get("/openapi.json")


async def break_down(app: Any, company: Company, patch: pytest.MonkeyPatch) -> None:
    """A defect of ours, in whose stack every secret is at hand."""
    settings = app.state.container.settings

    async def list_(self: Http, *_: Any, **__: Any) -> Any:
        held = {"secret": settings.tokens.secret, "url": settings.database.url, "of": self}
        raise RuntimeError(f"broken with {held!r} of {settings!r} {settings.database!r}")

    patch.setattr(Http, "list", list_)
    answer = await company.client.get("/api/v1/units")
    assert answer.status_code == 500


@pytest.mark.parametrize(
    ("dialect", "form", "level"),
    [("sqlite", "console", "DEBUG"), ("postgres", "json", "INFO")],
)
async def test_no_secret_and_nobody_stands_in_the_log(
    own_database_url: str, form: str, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S0-22, CF-03: after every operation, many refusals and a failure."""
    monkeypatch.setattr(passwords, "ARGON2_MEMORY_KIB", 64)
    monkeypatch.setattr(passwords, "ARGON2_PASSES", 1)
    url = own_database_url.replace("//postgres@", f"//postgres:{DATABASE_PASSWORD}@")
    settings = settings_for(url, secret_key=SECRET, metrics_token=TOKEN, log_level=level)
    app = create_app(settings)
    recording = Recording(app)
    transport = httpx.ASGITransport(app=recording, raise_app_exceptions=False)
    with captured_log(level, form) as log:
        async with (
            app.router.lifespan_context(app),
            register_company(recording) as company,
            httpx.AsyncClient(transport=transport, base_url="http://test") as anonymous,
        ):
            await use_every_operation(app, company)
            await go_wrong(company, anonymous)
            await break_down(app, company, monkeypatch)
        said = log.getvalue()
    assert said.count(b"\n") > 150
    assert b"RuntimeError" in said
    assert b"Traceback" in said
    of_settings = {SECRET.encode(), DATABASE_PASSWORD.encode()}
    secrets = recording.secrets | of_settings | {TOKEN.encode(), WRONG_PASSWORD.encode()}
    assert len(secrets) > 30
    assert [each for each in secrets if each in said] == []
    assert JWT.findall(said) == []
    assert CARDS.findall(said) == []
    assert ADDRESS.findall(said) == []
    # No answer holds what belongs to the installation, nor repeats what was sent as a secret.
    never = of_settings | {TOKEN.encode(), WRONG_PASSWORD.encode()}
    assert [
        (path, each) for path, text in recording.answers for each in never if each in text
    ] == []
    for path in ("/metrics", "/openapi.json"):
        [text] = [text for at, text in recording.answers if at == path]
        assert len(text) > 1_000
        assert [each for each in secrets if each in text] == []


def test_no_library_is_told_to_show_its_statements() -> None:
    """S1-08: neither in production nor in debugging."""
    for path in Path("app").rglob("*.py"):
        assert not re.search(r"\becho\s*=\s*True", path.read_text(encoding="utf-8")), path
