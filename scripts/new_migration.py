"""Writes the next revision of the schema from the tables of the code, to be read and committed.

    scripts/new-migration "terminals"

The tables are compared with a fresh SQLite file at the newest revision. Each part of a table (a
column, a rule, an index) has one line in the words of ``app/infrastructure/db/revision.py``; what
differs is what changed. The revision is run up, down and up again on that file before the command
ends. What has to be written by hand is named in a line.
"""

import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

from alembic import command
from app.infrastructure.db import revision, types
from app.infrastructure.db.drift import drift
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.migrate import config, tables_made
from app.infrastructure.db.releases import runs_from
from app.infrastructure.db.schema import MIGRATIONS
from scripts.table_shapes import (
    NotWritten,
    Recorder,
    Shape,
    defined,
    quoted,
    shape_of,
    shapes_there,
)

# What rows that are there get in a new column that must not be NULL.
NEUTRAL: Mapping[str, tuple[str, str]] = {  # type: (value, condition of a row that has another)
    "Flag": ("False", "{}"),
    "Integer": ("0", "{} <> 0"),
    "Text": ("''", "{} <> ''"),
}


@dataclass
class Plan:
    """The steps of a revision, each with its way back, and what it says of itself."""

    steps: list[tuple[str, str]] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    forgotten: dict[str, list[str]] = field(default_factory=dict)
    only_adds: bool = True


def plan_of(there: dict[str, Shape], wanted: dict[str, Shape]) -> Plan:
    """What leads from one set of tables to the other: what goes first, then what comes."""
    plan = Plan()
    both = [name for name in wanted if name in there]
    plan.changed = [name for name in both if there[name].parts != wanted[name].parts]
    for name in both:
        kept = there[name].options == wanted[name].options
        if wanted[name].tenant:
            kept &= there[name].append_only == wanted[name].append_only
        if not kept:
            raise NotWritten(f"{name}: write a change of its key or guards by hand")
        for part in gone(there[name], wanted[name]):
            drop(plan, name, part, there[name].parts[part])
    for name in reversed([each for each in there if each not in wanted]):
        plan.steps.append((f'drop_table("{name}")', there[name].make()))
        plan.dropped.append(name)
        plan.only_adds = False
    for name, shape in wanted.items():
        if name not in there:
            plan.steps.append((shape.make(), f'drop_table("{name}")'))
            plan.made.append(name)
    for name in plan.changed:
        for part, arguments in wanted[name].parts.items():
            old = there[name].parts.get(part)
            if old != arguments:
                add(plan, name, part, arguments, old)
    return plan


def gone(there: Shape, wanted: Shape) -> Iterator[str]:
    """The parts that go; a part that changes goes and comes, except for a column."""
    for part in reversed(there.parts):  # rules and indexes before the columns that they name
        new = wanted.parts.get(part)
        if new is None or (new != there.parts[part] and not part.startswith("column ")):
            yield part


def drop(plan: Plan, table: str, part: str, arguments: str) -> None:
    """A part that goes."""
    kind, name = part.split()
    word = {"column": "drop_column", "index": "drop_index"}.get(kind, "drop_constraint")
    if kind == "column" and ", null=True" not in arguments:
        value = NEUTRAL.get(arguments.rpartition(" ")[2])
        if value is None:
            raise NotWritten(f"{table}.{name}: let it be NULL first, so that there is a way back")
        arguments += f", default={value[0]}"
    plan.steps.append((f'{word}("{table}", "{name}")', f'add_{kind}("{table}", {arguments})'))
    # Older code runs without an index, but may rely on a rule.
    plan.only_adds &= kind == "index" and "unique=True" not in arguments


def add(plan: Plan, table: str, part: str, arguments: str, old: str | None) -> None:
    """A part that comes, or comes anew."""
    kind, name = part.split()
    if kind == "column" and old is not None:
        if old.replace(", null=True", "") != arguments.replace(", null=True", ""):
            raise NotWritten(f"{table}.{name}: write a change of the type by hand, {old}")
        null = ", null=True" in arguments
        call = f'set_null("{table}", "{name}", null={{}})'
        plan.steps.append((call.format(null), call.format(not null)))
        plan.only_adds = False  # older code may not expect NULL, or may write it
        return
    if kind == "column":
        condition = f"{name} IS NOT NULL"
        if ", null=True" not in arguments:
            value = NEUTRAL.get(type_ := arguments.rpartition(" ")[2])
            if value is None:
                raise NotWritten(
                    f"{table}.{name}: rows that are there have no {type_} for it; let it be NULL, "
                    "and forbid that in a later revision, when all have one"
                )
            arguments += f", default={value[0]}"
            condition = value[1].format(name)
        plan.forgotten.setdefault(table, []).append(condition)
    word = {"column": "drop_column", "index": "drop_index"}.get(kind, "drop_constraint")
    plan.steps.append((f'add_{kind}("{table}", {arguments})', f'{word}("{table}", "{name}")'))
    plan.only_adds &= kind == "column" or (kind == "index" and "unique=True" not in arguments)


def text_of(title: str, number: str, before: str, oldest: str, plan: Plan) -> str:
    """The revision."""
    ups = [up for up, _ in plan.steps]
    downs = [down for _, down in reversed(plan.steps)]
    functions = ""
    if len(plan.steps) > 1:  # each table that is made stands in a function of its own
        for calls in (ups, downs):
            for at, call in enumerate(calls):
                if (made := re.match(r'create_\w+_table\("(?:\w+\.)?(\w+)"', call)) is not None:
                    functions += f"\n\ndef _{made[1]}() -> None:\n    {call}\n"
                    calls[at] = f"_{made[1]}()"
    body = "".join(
        f'\n\ndef {name}() -> None:\n    """{doc}"""\n    ' + "\n    ".join(calls) + "\n"
        for name, doc, calls in (("upgrade", "Apply.", ups), ("downgrade", "Undo.", downs))
    )
    words = {*re.findall(r"\w+", body + functions)}
    imports = "".join(
        f"from {module.__name__} import {', '.join(used)}\n"
        for module in (revision, types)
        if (used := [each for each in words if defined(module, each)])
    )
    said = f"revision = {number!r}\ndown_revision = {before!r}\n\n"
    if plan.only_adds:
        said += f"RUNS_FROM = {oldest!r}\n"
    if plan.made:
        said += f"TABLES = {quoted(plan.made)}\n"
    if plan.forgotten:
        lost = {name: " OR ".join(each) for name, each in plan.forgotten.items()}
        said += f"# Going back would forget what these rows say.\nFORGOTTEN = {lost!r}\n"
    changes = "".join(
        textwrap.fill(f"{verb} {', '.join(names)}.", 98) + "\n"
        for verb, names in (
            ("Creates", plan.made),
            ("Changes", plan.changed),
            ("Drops", plan.dropped),
        )
        if names
    )
    doc = f'"""{title[:1].upper()}{title[1:].rstrip(".")}.\n\n{changes}"""\n\n'
    return formatted(f"{doc}{imports}\n{said}{body}{functions}")


def formatted(text: str) -> str:
    """As ruff formats it, with the imports that are used."""
    for options in (("check", "--quiet", "--fix-only", "--select", "I,F401"), ("format",)):
        ruff = [sys.executable, "-m", "ruff", *options, "--stdin-filename", "alembic/revision.py"]
        done = subprocess.run([*ruff, "-"], input=text, capture_output=True, text=True, check=True)
        text = done.stdout
    return text


def new_migration(title: str, tables: MetaData = metadata, folder: Path = MIGRATIONS) -> Path:
    """Write the next revision into a folder of migrations; where it stands.

    Raises:
        NotWritten: nothing changed, or something has to be written by hand.
    """
    slug = re.sub(r"\W+", "_", title.lower()).strip("_")
    with tempfile.TemporaryDirectory() as temporary:
        url = f"sqlite:///{Path(temporary) / 'head.db'}"
        script = ScriptDirectory.from_config(config(url, folder))
        before = script.get_current_head() or ""
        with Recorder() as recorder:
            command.upgrade(config(url, folder), "head")
        full = {name for each in script.walk_revisions() for name in tables_made(each)}
        full |= {each.fullname for each in tables.tables.values()}
        names = {each.rpartition(".")[2]: each for each in full}
        wanted = [
            shape_of(each, names, append_only=each.info["append_only"])
            for each in tables.sorted_tables
        ]
        there = shapes_there(url, recorder, names)
        plan = plan_of(there, {each.name: each for each in wanted})
        if not plan.steps:
            raise NotWritten(f"nothing changed: the tables are those of revision {before}")
        number = f"{int(before) + 1:04d}"
        path = folder / "versions" / f"{number}_{slug}.py"
        text = text_of(title, number, before, runs_from(script, before), plan)
        path.write_text(text, encoding="utf-8")
        for go, revised in ((command.upgrade, "+1"), (command.downgrade, "-1")):
            go(config(url, folder), revised)
        command.upgrade(config(url, folder), "head")
        left = drift(url, tables)
    if left:
        raise NotWritten(f"{path} leaves a difference, write it by hand: {left}")
    return path


def main() -> int:
    """Write it, or say in a line why not."""
    if len(sys.argv) != 2 or not re.search(r"\w", sys.argv[1]):
        print('say what changes in a few words: scripts/new-migration "terminals"')
        return 2
    try:
        path = new_migration(sys.argv[1])
    except NotWritten as refused:
        print(refused)
        return 1
    print(f"{path}: read it, and commit it. Where rows are there, look at its defaults.")
    if "RUNS_FROM" not in path.read_text(encoding="utf-8"):
        print("It does more than add, so only its own release runs on it (app/…/db/releases.py).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
