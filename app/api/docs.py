"""HTML pages: the API console, which works offline, and one page for each error code."""

import gzip
import hashlib
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

import orjson
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response

from app.api.errors import PathNotFound
from app.api.problems import Problems
from app.api.record import header, knows
from app.api.route import PUBLIC, new_router, permission

_STATIC: Final = Path(__file__).parent / "static"
_ASSETS: Final = {
    "swagger-ui-bundle.js": (_STATIC / "swagger-ui" / "swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": (_STATIC / "swagger-ui" / "swagger-ui.css", "text/css"),
    "init.js": (_STATIC / "init.js", "text/javascript"),
    "pages.css": (_STATIC / "pages.css", "text/css"),
}
_CACHE: Final = "public, max-age=86400"
_RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})

_CONSOLE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} API</title>
<link rel="stylesheet" href="{root}/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui" data-openapi="{root}/openapi.json"></div>
<script src="{root}/docs/swagger-ui-bundle.js"></script>
<script src="{root}/docs/init.js"></script>
</body>
</html>
"""

_PAGE: Final = """<!DOCTYPE html>
<html lang="{locale}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{root}/docs/pages.css">
</head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""


class _Asset:
    """A static file: plain, compressed once, with an ETag from its content."""

    def __init__(self, name: str) -> None:
        path, self.media_type = _ASSETS[name]
        self.plain = path.read_bytes()
        self.packed = gzip.compress(self.plain, 6, mtime=0)
        self.etag = f'"{hashlib.sha256(self.plain).hexdigest()[:32]}"'


def docs_router(app: FastAPI, problems: Problems) -> APIRouter:
    """``/docs`` and its files, ``/openapi.json``, ``/errors`` and ``/errors/<code>``."""
    router = new_router(include_in_schema=False)
    asset = cache(_Asset)  # read at the first visit, because the API never needs them
    openapi = cache(lambda: orjson.dumps(app.openapi()))

    async def console(request: Request) -> Response:
        return HTMLResponse(_CONSOLE.format(title=escape(app.title), root=_root(request)))

    async def document() -> Response:
        return Response(openapi(), media_type="application/json")

    async def file(request: Request, name: str) -> Response:
        if name not in _ASSETS:
            raise PathNotFound
        return _send(asset(name), request)

    async def error_index(request: Request) -> Response:
        locale = problems.language(request.scope)
        items = "\n".join(
            f'<dt><a href="{_root(request)}/errors/{code}"><code>{code}</code></a></dt>'
            f"<dd>{escape(problems.catalogue.title(locale, code))}</dd>"
            for code in sorted(problems.catalogue.codes)
        )
        return _page(request, problems, "Errors", f"<dl>\n{items}\n</dl>")

    async def error_page(request: Request, code: str) -> Response:
        locale = problems.language(request.scope)
        message = problems.catalogue.get(locale, code)
        if message is None:
            raise PathNotFound
        content = (
            f"<p><code>{escape(code)}</code></p>\n"
            f"<p>{escape(problems.catalogue.detail(locale, code, {}))}</p>\n"
            f"<p>{escape(message.fix)}</p>"
        )
        return _page(request, problems, message.title, content)

    for path, endpoint in (
        ("/docs", console),
        ("/docs/{name}", file),
        ("/openapi.json", document),
        ("/errors", error_index),
        ("/errors/", error_index),  # the type of a problem without its code
        ("/errors/{code}", error_page),
    ):
        router.add_api_route(path, endpoint, response_model=None, openapi_extra=permission(PUBLIC))
    return router


def _send(asset: _Asset, request: Request) -> Response:
    headers = {"ETag": asset.etag, "Cache-Control": _CACHE, "Vary": "Accept-Encoding"}
    if knows(request.scope, asset.etag):
        return Response(status_code=304, headers=headers)
    accepted = (header(request.scope, b"accept-encoding") or b"").decode("latin-1")
    if "gzip" in accepted:
        headers["Content-Encoding"] = "gzip"
        return Response(asset.packed, headers=headers, media_type=asset.media_type)
    return Response(asset.plain, headers=headers, media_type=asset.media_type)


def _page(request: Request, problems: Problems, title: str, content: str) -> Response:
    locale = problems.language(request.scope)
    html = _PAGE.format(
        locale=locale,
        direction="rtl" if locale in _RIGHT_TO_LEFT else "ltr",
        title=escape(title),
        root=_root(request),
        content=content,
    )
    return HTMLResponse(html, headers={"Content-Language": locale, "Vary": "Accept-Language"})


def _root(request: Request) -> str:
    return escape(str(request.scope.get("root_path", "")).rstrip("/"))
