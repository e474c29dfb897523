"""The house rules that no standard linter has, checked on the syntax tree.

    python scripts/lint_rules.py [FOLDER]    checks the Python files of a checkout (default: this)

Each rule is a function that takes a ``Source`` and yields violations; ``RULES`` lists them all. A
file or function that must be long states the reason: ``# size: <reason>`` in the first five lines
of the file, or on the line of the ``def`` or the one before.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts import lint_words  # noqa: E402

FOLDERS = ("app", "alembic", "load", "scripts", "tests")

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

_EXEMPTION = re.compile(r"#\s*size:\s*\w+(\W+\w+)+")
# SQL is written in capitals, so prose that begins with "Update …" does not match.
_SQL = re.compile(
    r"\s*(SELECT\s.+|INSERT\s+INTO\s.+|UPDATE\s.+\sSET\s.+|DELETE\s+FROM\s.+|WITH\s.+\sAS\s*\(.+"
    r"|(CREATE|ALTER|DROP|TRUNCATE)\s.+|PRAGMA\s.+)",
    re.DOTALL,
)
_DATABASE_LIBRARIES = {"aiosqlite", "alembic", "asyncpg", "psycopg", "sqlalchemy", "sqlite3"}
_EXECUTING = (".execute", ".executemany", ".executescript", ".fetch", ".fetchrow", ".fetchval")
_CLOCKS = {
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "time.time",
    "time.time_ns",
}
_BLOCKING = re.compile(
    r"open|time\.sleep|requests\..*|urllib\.request\..*|subprocess\..*|os\.system|sqlite3\.connect"
    r"|httpx\.(get|post|put|patch|delete|head|options|request|stream|Client)"
)
_BLOCKING_METHODS = {"read_bytes", "read_text", "write_bytes", "write_text"}

Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True)
class Source:
    """One parsed file; ``path`` is relative to the checkout, with forward slashes."""

    path: str
    text: str
    all_nodes: list[ast.AST]
    names: dict[str, str]  # local name -> where it was imported from

    def under(self, *folders: str) -> bool:
        """Whether the file is one of ``folders``, or inside one."""
        return any(self.path == folder or self.path.startswith(folder + "/") for folder in folders)

    def origin(self, node: ast.AST) -> str:
        """``os.environ`` for an expression that refers to it, however it was imported; else ''."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            return f"{self.origin(node.value)}.{node.attr}"
        return ""

    def nodes(self, kind: type[Node]) -> Iterator[Node]:
        """All nodes of this kind."""
        return (node for node in self.all_nodes if isinstance(node, kind))

    def mentions(self) -> Iterator[tuple[int, str]]:
        """All names and attributes: the line and the origin."""
        for node in self.all_nodes:
            if isinstance(node, ast.Name | ast.Attribute):
                yield node.lineno, self.origin(node)

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """All calls, with the origin of what is called."""
        return ((call, self.origin(call.func)) for call in self.nodes(ast.Call))


@dataclass(frozen=True, order=True)
class Finding:
    """A violation and its place."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


Broken = Iterator[tuple[int, str]]  # line, message


def domain_value_error(source: Source) -> Broken:
    """A refusal of the domain is a DomainError with a code."""
    if source.under("app/domain"):
        for node in source.nodes(ast.Raise):
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if raised is not None and source.origin(raised) == "ValueError":
                yield node.lineno, "raise a DomainError with a code, not ValueError"


def http_exception(source: Source) -> Broken:
    """Routers raise domain errors; only the handler in api/errors.py names HTTPException."""
    if source.under("app/api"):
        for call, origin in source.calls():
            if origin.split(".")[-1] == "HTTPException":
                yield call.lineno, "raise a DomainError; api/errors.py gives it a status"


def environment(source: Source) -> Broken:
    """Only the settings read the environment."""
    if not source.under("app") or source.under("app/settings.py"):
        return
    for line, origin in source.mentions():
        if re.fullmatch(r"os\.(environb?|getenvb?|putenv)", origin):
            yield line, "only app/settings.py reads the environment"
    for line, module in _imported(source.all_nodes):
        if module.split(".")[0] in {"pydantic_settings", "dotenv"}:
            yield line, "only app/settings.py reads the environment"


def base_http_middleware(source: Source) -> Broken:
    """Middleware is pure ASGI: five BaseHTTPMiddleware cost 477 µs a request, five pure ones 2."""
    for line, origin in [*source.mentions(), *_imported(source.all_nodes)]:
        if origin.split(".")[-1] == "BaseHTTPMiddleware":
            yield line, "write the middleware as pure ASGI"
    for call, origin in source.calls():
        if origin.endswith(".middleware") and call.args and _text(call.args[0]) == "http":
            yield call.lineno, "write the middleware as pure ASGI"


def file_size(source: Source) -> Broken:
    """A file that passes 400 lines has two subjects."""
    lines = source.text.splitlines()
    if len(lines) > FILE_LINES_MAX and not any(map(_EXEMPTION.search, lines[:5])):
        yield 1, f"{len(lines)} lines, at most {FILE_LINES_MAX}, or '# size: <reason>' on top"


def function_size(source: Source) -> Broken:
    """A function fits on a screen."""
    lines = source.text.splitlines()
    for node in source.all_nodes:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        signature = [*lines[max(0, first - 2) : first], lines[node.lineno - 1]]
        if length > FUNCTION_LINES_MAX and not any(map(_EXEMPTION.search, signature)):
            yield (
                node.lineno,
                f"{node.name} has {length} lines, at most {FUNCTION_LINES_MAX}, "
                "or '# size: <reason>' above it",
            )


def sql_outside_infrastructure(source: Source) -> Broken:
    """Statements are written in app/infrastructure, and text is run in its db package only."""
    if not source.under("app") or source.under("app/infrastructure/db"):
        return
    if source.under("app/domain", "app/application", "app/api"):
        for line, module in _imported(source.all_nodes):
            if module.split(".")[0] in _DATABASE_LIBRARIES:
                yield line, f"{module.split('.')[0]} belongs to app/infrastructure"
    for call, origin in source.calls():
        if origin in {"sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text"}:
            yield call.lineno, "SQL as text belongs to app/infrastructure/db"
        elif origin.endswith(_EXECUTING) and any(map(_is_sql, call.args)):
            yield call.lineno, "SQL as text is run in app/infrastructure/db"
    if not source.under("app/infrastructure"):
        prose = {statement.value for statement in source.nodes(ast.Expr)}
        for node in source.nodes(ast.expr):
            if node not in prose and _is_sql(node):
                yield node.lineno, "SQL as text belongs to app/infrastructure"


def context_contract(source: Source) -> Broken:
    """A context of the application uses another one only through its contract."""
    here = source.path.split("/")
    if not source.under("app/application") or len(here) < 4:
        return
    for line, name in _imported(source.all_nodes):
        match name.split("."):
            case ["app", "application", context, *rest] if context not in {here[2], "shared"}:
                if rest[:1] != ["contract"]:
                    yield line, f"enter {context} through app.application.{context}.contract"


def swallowed_exception(source: Source) -> Broken:
    """Catching everything and continuing hides the next defect."""
    for node in source.nodes(ast.ExceptHandler):
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        wide = any(
            kind is not None and source.origin(kind) in {"Exception", "BaseException"}
            for kind in caught
        )
        if wide and all(_does_nothing(statement) for statement in node.body):
            yield node.lineno, "catch specific exceptions, or handle what was caught"
    for call, origin in source.calls():
        if origin == "contextlib.suppress" and any(
            source.origin(kind) in {"Exception", "BaseException"} for kind in call.args
        ):
            yield call.lineno, "suppress specific exceptions only"


def bare_except(source: Source) -> Broken:
    """A bare except also catches the cancellation of a task."""
    for node in source.nodes(ast.ExceptHandler):
        if node.type is None:
            yield node.lineno, "name the exceptions"


def print_outside_cli(source: Source) -> Broken:
    """The service writes to its log."""
    if source.under("app") and not source.under("app/cli"):
        for call, origin in source.calls():
            if origin == "print":
                yield call.lineno, "use the log; only app/cli may print"


def clock(source: Source) -> Broken:
    """Time is injected."""
    allowed = ("app/domain/shared/clock.py", "app/infrastructure", "app/api/middleware")
    if source.under("app") and not source.under(*allowed):
        for line, origin in source.mentions():
            if origin in _CLOCKS:
                yield line, "use the injected clock"


def inexact_number(source: Source) -> Broken:
    """The domain computes on scaled integers; `/` makes a float of two of them."""
    if not source.under("app/domain"):
        return
    for node in source.all_nodes:
        match node:
            case ast.Constant(value=float() | complex()):
                yield node.lineno, "scaled integers only, no float"
            case ast.Name(id="float"):
                yield node.lineno, "scaled integers only, no float"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield node.lineno, "use divide_rounded or //: / makes a float"
    for line, module in _imported(source.all_nodes):
        if module.split(".")[0] == "decimal":
            yield line, "scaled integers only, no Decimal"


def blocking_in_async(source: Source) -> Broken:
    """One blocking call in a coroutine stops every request of the process."""
    if source.under("tests", "scripts"):
        return
    for function in source.nodes(ast.AsyncFunctionDef):
        for node in _own_nodes(function):
            if not isinstance(node, ast.Call):
                continue
            origin = source.origin(node.func)
            method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if _BLOCKING.fullmatch(origin) or method in _BLOCKING_METHODS:
                yield node.lineno, f"{origin or method}() blocks the event loop"


def assigned_member(source: Source) -> Broken:
    """Domain objects are immutable: changes make a new object; only ``self`` is assigned to."""
    if not source.under("app/domain", "app/application"):
        return
    for node in source.nodes(ast.Attribute):
        if not isinstance(node.ctx, ast.Load) and source.origin(node.value) != "self":
            yield node.lineno, "create a changed copy with dataclasses.replace"
    for call, origin in source.calls():
        if origin in {"setattr", "delattr", "object.__setattr__", "object.__delattr__"}:
            yield call.lineno, "create a changed copy with dataclasses.replace"


def neutral_words(source: Source) -> Broken:
    """Prose is neutral; ``lint_words.texts`` checks the documents and error texts, too."""
    yield from lint_words.neutral_words(source.path, source.text, source.all_nodes)


RULES: dict[str, Callable[[Source], Broken]] = {
    "domain-value-error": domain_value_error,
    "http-exception": http_exception,
    "environment": environment,
    "base-http-middleware": base_http_middleware,
    "file-size": file_size,
    "function-size": function_size,
    "sql-outside-infrastructure": sql_outside_infrastructure,
    "context-contract": context_contract,
    "swallowed-exception": swallowed_exception,
    "bare-except": bare_except,
    "print-outside-cli": print_outside_cli,
    "clock": clock,
    "inexact-number": inexact_number,
    "blocking-in-async": blocking_in_async,
    "assigned-member": assigned_member,
    "neutral-words": neutral_words,
}


def check(path: str, text: str) -> list[Finding]:
    """The violations of the file ``text`` at ``path`` of the checkout."""
    nodes = list(ast.walk(ast.parse(text, filename=path)))
    source = Source(path, text, nodes, dict(_local_names(nodes)))
    return sorted(
        {
            Finding(path, line, rule, message)
            for rule, find in RULES.items()
            for line, message in find(source)
        }
    )


def check_tree(root: Path) -> Iterator[Finding]:
    """The violations in the files of the checkout at ``root``."""
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*.py")):
            yield from check(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))
    for path, line, message in lint_words.texts(root):
        yield Finding(path, line, "neutral-words", message)


def _imported(nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    """Every imported module and name: the line and the full name."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, f"{node.module or '.'}.{alias.name}"


def _local_names(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    """What the imported names of a file stand for (``import os`` needs no entry)."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    yield alias.asname, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module or '.'}.{alias.name}"


def _text(node: ast.AST) -> str | None:
    """The text of a string, with each hole of an f-string as a question mark."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "?" for part in node.values)
    return None


def _is_sql(node: ast.AST) -> bool:
    return _SQL.fullmatch(_text(node) or "") is not None


def _does_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass | ast.Continue) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without those of the functions defined inside it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _own_nodes(child)


def main(arguments: Iterable[str]) -> int:
    """Print all violations; the exit code is 1 if there are any."""
    root = Path(next(iter(arguments), str(ROOT))).resolve()
    findings = list(check_tree(root))
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
