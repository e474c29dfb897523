"""Preferences: the language of problems and the time zone of a user (S3-37)."""

from typing import Any, get_args

import httpx

from app.api.locales import Catalogue
from app.api.v1.identity.sign_in.account import PreferencesPatch
from tests.api.identity.support import AUTH, Tokens, ids_of, me, refusal, sign_up, trail

PATH = f"{AUTH}/preferences"


async def patch(
    api: httpx.AsyncClient, tokens: Tokens, version: int | None, members: Any
) -> httpx.Response:
    headers = dict(tokens.headers)
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    return await api.patch(PATH, json=members, headers=headers)


async def test_preferences_are_shown_changed_and_taken_back(api: httpx.AsyncClient) -> None:
    tokens = await sign_up(api)
    shown = await api.get(PATH, headers=tokens.headers)
    assert (shown.status_code, shown.headers["etag"]) == (200, '"1"')
    assert shown.json() == {"locale": None, "time_zone": None, "version": 1}
    changed = await patch(api, tokens, 1, {"locale": "ar", "time_zone": "Asia/Kuwait"})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.json() == {"locale": "ar", "time_zone": "Asia/Kuwait", "version": 2}
    unchanged = await patch(api, tokens, 2, {"locale": "ar"})
    assert unchanged.json()["version"] == 2
    partly = await patch(api, tokens, 2, {"time_zone": None})
    assert partly.json() == {"locale": "ar", "time_zone": None, "version": 3}
    known = (await me(api, tokens)).json()
    assert (known["locale"], known["time_zone"]) == ("ar", None)
    headers = {**tokens.headers, "If-None-Match": '"3"'}
    assert (await api.get(PATH, headers=headers)).status_code == 304
    _, tenant_id = await ids_of(api, tokens)
    assert (await trail(api, tenant_id)).count("user preferences_changed") == 2


async def test_wrong_preferences_are_refused_and_change_nothing(api: httpx.AsyncClient) -> None:
    tokens = await sign_up(api)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"locale": "fr"}, "/locale"),
        ({"locale": "AR"}, "/locale"),
        ({"time_zone": "Mars/Base"}, "/time_zone"),
        ({"time_zone": "localtime"}, "/time_zone"),
        ({"display_name": "Other"}, "/display_name"),
    ]
    for members, pointer in wrong:
        answer = await patch(api, tokens, 1, members)
        assert (answer.status_code, refusal(answer)[2]) == (422, [pointer])
    assert refusal(await patch(api, tokens, None, {}))[:2] == (428, "common.version_required")
    assert refusal(await patch(api, tokens, 7, {}))[:2] == (412, "common.stale_version")
    assert (await api.get(PATH, headers=tokens.headers)).json()["version"] == 1


async def test_problems_are_told_in_the_language_of_the_user(api: httpx.AsyncClient) -> None:
    """Accept-Language comes first; an unauthenticated caller gets the default."""
    tokens = await sign_up(api)

    async def answered(**more: str) -> tuple[str, str]:
        path = "/api/v1/units/none"
        answer = await api.get(path, headers={**tokens.headers, **more})
        return answer.headers["content-language"], answer.json()["title"]

    english = await answered()
    assert english[0] == "en"
    await patch(api, tokens, 1, {"locale": "ar"})
    arabic = await answered()
    assert arabic == await answered(**{"Accept-Language": "ar"})
    assert arabic[0] == "ar"
    assert await answered(**{"Accept-Language": "en"}) == english
    unknown = await api.get("/api/v1/units")
    assert unknown.headers["content-language"] == "en"


def test_every_language_of_the_catalogue_is_offered() -> None:
    offered = get_args(get_args(PreferencesPatch.model_fields["locale"].annotation)[0])
    assert offered == Catalogue.load().locales
