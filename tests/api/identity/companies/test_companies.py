"""/companies/current: the company and how its books are kept."""

from typing import Any

import httpx

from tests.api.identity.support import COMPANY, Tokens, ids_of, refusal, sign_up, trail

PATH = "/api/v1/companies/current"


async def change(
    api: httpx.AsyncClient, tokens: Tokens, version: int | None, members: Any, query: str = ""
) -> httpx.Response:
    headers = dict(tokens.headers)
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    return await api.patch(PATH + query, json=members, headers=headers)


async def test_the_company_is_shown_with_its_version(api: httpx.AsyncClient) -> None:
    tokens = await sign_up(api)
    answer = await api.get(PATH, headers=tokens.headers)
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"1"'
    shown = answer.json()
    assert shown.pop("id").startswith("cmp_")
    assert shown == {
        **COMPANY,
        "country": None,
        "tax_rounding": "line",
        "price_difference_policy": "split",
        "mfa_required": False,
        "payout_step_up_required": False,
        "status": "active",
        "delete_at": None,
        "version": 1,
    }
    headers = {**tokens.headers, "If-None-Match": '"1"'}
    again = await api.get(PATH, headers=headers)
    assert (again.status_code, again.content) == (304, b"")


async def test_only_what_is_named_changes_and_each_change_has_its_version(
    api: httpx.AsyncClient,
) -> None:
    tokens = await sign_up(api)
    before = (await api.get(PATH, headers=tokens.headers)).json()
    renamed = await change(api, tokens, 1, {"name": " South Trading "})
    assert renamed.status_code == 200
    assert renamed.json() == {**before, "name": "South Trading", "version": 2}
    assert renamed.headers["etag"] == '"2"'
    settings = {"tax_rounding": "document", "price_difference_policy": "variance"}
    kept = await change(api, tokens, 2, settings)
    assert kept.json() == {**renamed.json(), **settings, "version": 3}
    # The time zone stands in both aggregates, so the version grows by two.
    moved = await change(api, tokens, 3, {"time_zone": "Asia/Kuwait"})
    assert moved.json() == {**kept.json(), "time_zone": "Asia/Kuwait", "version": 5}
    assert (await api.get(PATH, headers=tokens.headers)).json() == moved.json()
    _, tenant_id = await ids_of(api, tokens)
    assert (await trail(api, tenant_id)).count("company changed") == 3


async def test_a_change_that_changes_nothing_leaves_version_and_trail(
    api: httpx.AsyncClient,
) -> None:
    tokens = await sign_up(api)
    for members in ({}, {"name": COMPANY["name"]}):
        answer = await change(api, tokens, 1, members)
        assert (answer.status_code, answer.json()["version"]) == (200, 1)
    _, tenant_id = await ids_of(api, tokens)
    assert "company changed" not in await trail(api, tenant_id)


async def test_a_trial_changes_nothing(api: httpx.AsyncClient) -> None:
    tokens = await sign_up(api)
    tried = await change(api, tokens, 1, {"name": "South"}, "?dry_run=true")
    assert tried.json()["name"] == "South"
    assert (await api.get(PATH, headers=tokens.headers)).json()["name"] == COMPANY["name"]


async def test_a_change_names_the_present_version(api: httpx.AsyncClient) -> None:
    tokens = await sign_up(api)
    assert refusal(await change(api, tokens, None, {"name": "South"})) == (
        428,
        "common.version_required",
        [],
    )
    for stale in (0, 2, 10**17):
        assert refusal(await change(api, tokens, stale, {"name": "South"})) == (
            412,
            "common.stale_version",
            [],
        )


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"currency": "USD"}, "/currency"),
    ({"state": "suspended"}, "/state"),
    ({"version": 9}, "/version"),
    ({"id": "cmp_01J"}, "/id"),
    ({"name": ""}, "/name"),
    ({"name": "\t"}, "/name"),
    ({"name": None}, "/name"),
    ({"name": "x" * 201}, "/name"),
    ({"time_zone": "Mars/Base"}, "/time_zone"),
    ({"time_zone": None}, "/time_zone"),
    ({"tax_rounding": "never"}, "/tax_rounding"),
    ({"price_difference_policy": 1}, "/price_difference_policy"),
]


async def test_what_cannot_be_changed_so_is_named(api: httpx.AsyncClient) -> None:
    tokens = await sign_up(api)
    answers = [refusal(await change(api, tokens, 1, members)) for members, _ in REFUSED]
    assert [(status, pointers) for status, _, pointers in answers] == [
        (422, [pointer]) for _, pointer in REFUSED
    ]
    assert (await api.get(PATH, headers=tokens.headers)).json()["version"] == 1
