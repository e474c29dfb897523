"""Neutral wording: gendered pronouns and archaic relatives do not occur in prose.

Prose is every comment and docstring, every other string of more than one word outside of the tests
(messages, help, texts of the contract), the documents, ``.env.example`` and the error texts.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

WORDS = re.compile(r"\b(s?he|his|hers|him|himself|herself|whoever|whom)\b", re.IGNORECASE)
TEXTS = ("*.md", ".env.example", "docs/**/*.md", "load/*.md", "app/api/locales/*/*.json")


def neutral_words(path: str, text: str, nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    """The words in the comments and strings of a Python file, by line."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield from found(token.string, token.start[0])
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if id(node) in docstrings or (" " in node.value and not path.startswith("tests/")):
            yield from found(node.value, node.lineno)


def found(text: str, first_line: int = 1) -> Iterator[tuple[int, str]]:
    """The words in a text that starts at ``first_line``: the line and the message."""
    for match in WORDS.finditer(text):
        line = first_line + text.count("\n", 0, match.start())
        yield line, f"'{match[0]}': name the person or thing instead, or rephrase"


def texts(root: Path) -> Iterator[tuple[str, int, str]]:
    """The words in the documents and error texts of a checkout: path, line, message."""
    for pattern in TEXTS:
        for file in sorted(root.glob(pattern)):
            path = file.relative_to(root).as_posix()
            for line, message in found(file.read_text(encoding="utf-8")):
                yield path, line, message
