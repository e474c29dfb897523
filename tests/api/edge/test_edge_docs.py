"""Pages for people and the contract for machines (UX-03, UX-04, UX-T6, G-18, G-19)."""

import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.api import docs
from app.api.middleware import EdgeConfig
from app.api.openapi import responses
from app.domain.shared.errors import Duplicate, NotFound
from tests.api.edge.support import Edge, catalogue, make_edge, problem, sample_router

ASSETS = Path(docs.__file__).parent / "static" / "swagger-ui"


@pytest.fixture(scope="module")
def edge() -> Edge:
    return make_edge(sample_router(), config=EdgeConfig(limits=None))


class Page(HTMLParser):
    """What a page loads and what it runs inline."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        source = values.get("src") or (values.get("href") if tag == "link" else None)
        if source:
            self.loads.append(source)
        elif tag in {"script", "style"}:
            self.inline.append(tag)
        self.inline += [name for name in values if name.startswith("on") or name == "style"]


async def test_the_console_loads_only_from_this_service(edge: Edge) -> None:
    """UX-03: works without the internet, and under a policy without inline code."""
    answer = await edge.client.get("/docs")
    page = Page(answer.text)
    assert page.loads == ["/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/init.js"]
    assert page.inline == []
    assert "unsafe" not in answer.headers["content-security-policy"]
    for path in page.loads:
        got = await edge.client.get(path)
        assert got.status_code == 200
        assert got.headers["content-type"].startswith(("text/css", "text/javascript"))
    assert 'data-openapi="/openapi.json"' in answer.text
    init = (await edge.client.get("/docs/init.js")).text
    assert "validatorUrl: null" in init
    assert "http" not in init


def test_the_vendored_files_are_as_released() -> None:
    """Version 5.35.0; a change to them is a change of version, with new sums."""
    sums = {
        "swagger-ui-bundle.js": "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
        "swagger-ui.css": "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d",
        "LICENSE": "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30",
    }
    for name, expected in sums.items():
        assert hashlib.sha256((ASSETS / name).read_bytes()).hexdigest() == expected


async def test_files_are_compressed_once_and_revalidated(edge: Edge) -> None:
    path = "/docs/swagger-ui.css"
    packed = await edge.client.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == (ASSETS / "swagger-ui.css").read_bytes()
    assert int(packed.headers["content-length"]) < len(packed.content) / 3
    again = await edge.client.get(path, headers={"If-None-Match": packed.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await edge.client.get(path, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200
    assert len(gzip.compress(other.content)) < len(other.content)


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fdocs.py", "%2e%2e", "LICENSE"])
async def test_only_listed_files_are_served(edge: Edge, name: str) -> None:
    answer = await edge.client.get(f"/docs/{name}")
    problem(answer, 404, "common.path_not_found")


async def test_every_code_has_a_page_in_every_language(edge: Edge) -> None:
    """UX-04, UX-T6: meaning and fix."""
    messages = catalogue()
    for code in sorted(messages.codes):
        for locale, direction in (("en", "ltr"), ("ar", "rtl")):
            answer = await edge.client.get(f"/errors/{code}", headers={"Accept-Language": locale})
            assert answer.status_code == 200
            message = messages.get(locale, code)
            assert message is not None
            assert f'<html lang="{locale}" dir="{direction}">' in answer.text
            assert Page(answer.text).inline == []
            assert code in answer.text
            assert re.sub(r"\W", "", message.fix)[:20] in re.sub(r"&#?\w+;|\W", "", answer.text)


async def test_the_link_of_a_problem_leads_to_its_page(edge: Edge) -> None:
    body = (await edge.client.get("/nothing")).json()
    page = await edge.client.get(body["type"])
    assert page.status_code == 200
    assert body["title"] in page.text
    problem(await edge.client.get("/errors/no.such_code"), 404, "common.path_not_found")
    for path in ("/errors", "/errors/"):
        index = await edge.client.get(path)
        assert index.status_code == 200
        assert all(f'href="/errors/{code}"' in index.text for code in catalogue().codes)


# --- the contract --------------------------------------------------------------------------------


async def test_the_document_declares_problems_once(edge: Edge) -> None:
    document = (await edge.client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    assert schemas["ProblemDetails"]["additionalProperties"] is False
    assert schemas["ProblemDetails"]["required"] == [
        "type", "title", "status", "code", "detail", "fix", "instance", "request_id", "trace_id",
    ]  # fmt: skip
    assert "HTTPValidationError" not in schemas
    text = json.dumps(document)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', text)):
        place = document
        for step in reference.split("/"):
            place = place[step]
    operation = document["paths"]["/api/v1/orders"]["post"]
    assert operation["operationId"] == "orders_create"
    assert operation["x-permission"] == "public"
    statuses = set(operation["responses"])
    assert statuses >= {"201", "400", "401", "403", "404", "413", "415", "422", "429", "503"}
    for status in statuses - {"201"}:
        content = operation["responses"][status]["content"]
        assert list(content) == ["application/problem+json"]
        assert content["application/problem+json"]["schema"] == {
            "$ref": "#/components/schemas/ProblemDetails"
        }
    assert "Retry-After" in operation["responses"]["429"]["headers"]
    assert "/docs" not in document["paths"]


async def test_a_real_problem_matches_its_schema(edge: Edge) -> None:
    from app.api.openapi import ProblemDetails

    for path in ("/api/v1/orders", "/api/v1/orders?x=1", "/nothing"):
        answer = await edge.client.post(path, json={})
        ProblemDetails.model_validate(answer.json())


def test_responses_are_grouped_by_status() -> None:
    declared = responses(NotFound, Duplicate, guarded=False)
    assert set(declared) == {400, 404, 409, 429, 503}
    examples = declared[404]["content"]["application/problem+json"]["examples"]
    assert set(examples) == {"common.not_found", "common.path_not_found"}
    assert {401, 403} <= set(responses())
    assert {413, 415, 422} <= set(responses(body=True))
