"""Records a real answer of every operation, as the example that the OpenAPI document shows.

What differs from run to run (ids, instants, secrets, what makes names unique) is replaced by fixed
values of its form, one for each, so that the file changes with the answers only.
"""

import asyncio
import itertools
import json
import re
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from app.api.contract_recorded import FILE
from app.domain.shared.ids import ulid_text
from app.infrastructure.db import migrate
from app.main import create_app
from tests.conftest import settings_for
from tests.support import bodies, route
from tests.support.company import Company, register_company
from tests.support.operators import make_operator
from tests.support.references import Operation, operations, query_of
from tests.support.route import API, request, tag
from tests.support.routes import ROUTES

_ID: Final = re.compile(r"\b([a-z]{3})_[0-9A-HJKMNP-TV-Z]{26}\b")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_HASH: Final = re.compile(r"\b[0-9a-f]{64}\b")
# What makes the names, codes and references of the requests unique.
_TAG: Final = re.compile(r"[0-9a-fA-F]{6}-\d{1,5}")
_PERSON: Final = re.compile(r"\b[a-z]+-[0-9a-f]{12}\b(@[\w.]+)?")
_HEX: Final = re.compile(r"\b[0-9a-f]{32}\b")
# Members whose values are secret, random or measured.
_FIXED: Final[dict[str, Any]] = {
    "access_token": "the-access-token",
    "refresh_token": "the-refresh-token",
    "token": "the-token",
    "mfa_token": "the-mfa-token",
    "key": "tp_live_the-key-that-is-shown-once",
    "secret": "<shown once>",
    "uri": "otpauth://totp/Tradepost:olga@example.com?secret=…&issuer=Tradepost",
    "recovery_codes": ["7kq2-m9fd", "x3vh-81pc"],
    "webauthn": {"publicKey": {"challenge": "Y2hhbGxlbmdl"}},
    "device": "curl/8.5.0",
    "file_bytes": 48_213,
    "next_cursor": "the-cursor-of-the-next-page",
    "avg_latency_ms": 1.2,
    "duration_ms": 0.3,
    "uptime_seconds": 86_400,
    "request_id": "01J8Z3K4M5N6P7Q8R9S0T1V2W3",
}
# What no example of a request names.
_ADDRESS: Final = {
    "line1": "1 Quay Street",
    "line2": "Dock 4",
    "city": "Hull",
    "region": "Yorkshire",
    "postcode": "HU1 1AA",
}
_QUERY: Final = {
    "reason": "Audit",
    "effective_from": "2026-01-01",
    "effective_to": "2026-12-31",
}


class Fixing:
    """Replaces what differs from run to run, the same value always by the same."""

    def __init__(self, examples: dict[str, dict[str, str]]) -> None:
        self._examples = examples
        self._ids: dict[str, str] = {}
        self._today = datetime.now(UTC)

    def fixed(self, value: Any, collection: str, name: str = "") -> Any:
        """The value to show of a member of an answer below ``collection``."""
        if value is not None and name in _FIXED:
            return _FIXED[name]
        if isinstance(value, dict):
            return {each: self.fixed(part, collection, each) for each, part in value.items()}
        if isinstance(value, list):
            shown = value[:1] if value and isinstance(value[0], dict) else value[:3]
            return [self.fixed(each, collection) for each in shown]
        return self._text(value, collection, name) if isinstance(value, str) else value

    def _text(self, text: str, collection: str, name: str) -> str:
        if _TAG.search(text):
            own, others = self._examples.get(collection, {}), self._examples[""]
            text = own.get(name) or others.get(name) or _TAG.sub("1", text)
        text = _PERSON.sub(lambda found: "olga@north-trading.example" if found[1] else "Olga", text)
        text = _ID.sub(lambda found: f"{found[1]}_{self._id(found[0])}", text)
        text = _INSTANT.sub("2026-03-31T16:30:00Z", text)
        text = _HASH.sub("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", text)
        text = _HEX.sub("019d00000000000000000000000000ff", text)
        text = text.replace(self._today.date().isoformat(), "2026-03-31")
        return text.replace(f"/{self._today.year}/", "/2026/")

    def _id(self, id_: str) -> str:
        number = len(self._ids) + 1
        return self._ids.setdefault(id_, ulid_text((0x019D0000 << 96 | number).to_bytes(16)))


async def record(url: str) -> dict[str, dict[str, Any]]:
    """The example of each operation that answers JSON, by its path, method and status."""
    application = create_app(settings_for(url))
    document = application.openapi()
    found: dict[str, dict[str, Any]] = {}
    fixing = Fixing(_stated_examples(document))

    def keep(method: str, template: str, status: int, answer: Any) -> None:
        shown = {str(status): fixing.fixed(answer, template.split("/")[1])}
        found.setdefault(API + template, {})[method.lower()] = shown

    async with application.router.lifespan_context(application):
        operator = await make_operator(application)
        async with register_company(application) as company:
            for each in ROUTES.values():
                answer = await request(company, each, await each.prepare(company), key=tag())
                assert answer.status == each.status, (each.operation, answer.body)
                if answer.body:
                    keep(each.method, each.template, answer.status, answer.json())
            async for operation, answer in _reads(company, operator, document):
                keep("GET", operation.template, 200, answer)
    return found


def _stated_examples(document: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The examples of the members of requests, by collection; of all of them under no name."""
    found: dict[str, dict[str, str]] = {"": {**_ADDRESS}}

    def take(value: Any, collection: str) -> None:
        if isinstance(value, list):
            for each in value:
                take(each, collection)
        elif isinstance(value, dict):
            for name, part in value.items():
                if isinstance(part, str):
                    found.setdefault(collection, {}).setdefault(name, part)
                    found[""].setdefault(name, part)
                take(part, collection)

    for path, methods in document["paths"].items():
        content = methods.get("post", {}).get("requestBody", {}).get("content", {})
        collection = path.removeprefix(API).split("/")[1]
        take(content.get("application/json", {}).get("example"), collection)
    return found


async def _reads(
    company: Company, operator: dict[str, str], document: dict[str, Any]
) -> AsyncIterator[tuple[Operation, Any]]:
    """Every operation that shows something, with its answer."""
    rows: dict[str, Any] = {}
    reads = [each for each in operations(document, API) if each.method == "GET"]
    for each in sorted(reads, key=lambda one: len(one.placeholders)):
        path = each.template.replace("{period}", "2026-02")
        if "{id}" in path:
            row = rows.get(path.partition("/{id}")[0])
            if row is None:
                continue
            path = path.replace("{id}", row["id"])
        query = {name: _QUERY[name] for name in each.query(required=True) if name in _QUERY}
        if "account_id" in each.query(required=True):
            query["account_id"] = await company.first("/accounts", role="stock")
        headers = operator if path.startswith("/platform/") else {}
        answer = await company.client.get(API + path + query_of(query), headers=headers)
        if answer.status_code != 200 or "json" not in answer.headers["content-type"]:
            print("no answer", each.template, answer.status_code)
            continue
        shown = answer.json()
        if "cursor" in each.query() and shown["data"]:
            rows[each.template] = shown["data"][0]
        yield each, shown


def recorded() -> dict[str, dict[str, Any]]:
    """The examples, recorded on a new SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'examples.db'}"
        migrate.upgrade(url)
        with pytest.MonkeyPatch.context() as patch:
            _make_names_alike(patch)
            return asyncio.run(record(url))


def _make_names_alike(patch: pytest.MonkeyPatch) -> None:
    """Let the names and codes of the requests be the same in each run."""
    chance = Random(1)
    patch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=chance.getrandbits(128), version=4))
    patch.setattr(bodies, "randrange", chance.randrange)
    patch.setattr(route, "_tags", itertools.count(1))


def text_of(examples: dict[str, dict[str, Any]]) -> str:
    """The file, one operation to a line."""
    lines = [
        f"  {json.dumps(path)}: {json.dumps(methods, ensure_ascii=False, sort_keys=True)}"
        for path, methods in sorted(examples.items())
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    target.write_text(text_of(recorded()))
    print(f"{target} is written: read it, and commit it.")
