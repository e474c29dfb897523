"""Clients that are generated from the OpenAPI document change one member and touch no other."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.conftest import Running
from tests.support.company import Company, register_company
from tests.support.generated_clients import (
    Change,
    Outcome,
    change_in_python,
    change_in_typescript,
    changes_of,
    generate_python,
    generate_typescript,
)

# What follows from a change, whichever member it is of.
FOLLOWS = {"version"}


@pytest.fixture
def dialect() -> str:
    """What a client sends depends on no database."""
    return "sqlite"


@pytest.fixture
async def url(shared: Running) -> AsyncIterator[str]:
    """The address of a socket on which the application is served."""
    server = uvicorn.Server(uvicorn.Config(shared.app, lifespan="off", log_config=None))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.fixture
async def company(application: Any) -> AsyncIterator[Company]:
    """A company whose settings are not what a client would send by default."""
    async with register_company(
        application, time_zone="Asia/Kuwait", tax_rounding="document"
    ) as registered:
        body = {"price_difference_policy": "variance", "payout_step_up_required": True}
        headers = {"If-Match": '"1"'}
        path = "/api/v1/companies/current"
        answer = await registered.client.patch(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        yield registered


def check(changes: list[Change], outcomes: list[Outcome], document: dict[str, Any]) -> None:
    """Each client sent one member of each object that has a patch, and changed that one."""
    patched = {path for path, each in document["paths"].items() if "patch" in each}
    assert {change.path for change in changes} == patched
    for change, outcome in zip(changes, outcomes, strict=True):
        assert outcome.sent == {change.member: change.value}, change.title
        touched = {change.member, *FOLLOWS}
        left = {name: value for name, value in outcome.before.items() if name not in touched}
        assert left == {name: outcome.after[name] for name in left}, change.title
        if outcome.before.get(change.member, change.value) != change.value:
            assert outcome.before[change.member] != outcome.after[change.member], change.title


async def test_a_python_client_touches_no_other_member(
    application: Any, company: Company, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = application.openapi()
    await generate_python(document, tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    changes = await changes_of(company, document)
    check(changes, await change_in_python(url, changes), document)


async def test_a_typescript_client_touches_no_other_member(
    application: Any, company: Company, url: str, tmp_path: Path
) -> None:
    document = application.openapi()
    await generate_typescript(document, tmp_path)
    changes = await changes_of(company, document)
    check(changes, await change_in_typescript(url, changes, tmp_path), document)
