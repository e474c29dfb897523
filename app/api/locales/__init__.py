"""The message catalogue: what each code says, in each language.

One folder a language, one file a context: ``{code: {"title", "detail", "fix"}}``. ``detail`` may
hold ``{name}`` placeholders of the parameters that its error carries.
"""

import json
import string
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from app.domain.shared.frozen import frozen

DEFAULT_LOCALE: Final = "en"
_FOLDER: Final = Path(__file__).parent
_PARTS: Final = frozenset({"title", "detail", "fix"})
_UNKNOWN_PARAMETER: Final = "…"


class CatalogueBroken(RuntimeError):
    """A catalogue file cannot be used; the service must not start with it."""


@frozen
class Message:
    """What one code says in one language; ``fix`` tells the caller what to do."""

    title: str
    detail: str
    fix: str


class _Parameters(dict[str, str | int]):
    """A missing parameter leaves a visible gap in the message; it does not fail the request."""

    def __missing__(self, key: str) -> str:
        return _UNKNOWN_PARAMETER


class Catalogue:
    """All messages of all languages."""

    def __init__(self, locales: Mapping[str, Mapping[str, Message]]) -> None:
        self._locales = locales
        self.codes = frozenset(locales[DEFAULT_LOCALE])
        self.locales = tuple(sorted(locales, key=lambda name: (name != DEFAULT_LOCALE, name)))

    @classmethod
    def load(cls, folder: Path = _FOLDER) -> "Catalogue":
        """Read every ``<language>/<context>.json`` below ``folder``.

        Raises:
            CatalogueBroken: unreadable JSON, a code in two files of a language, or an entry that
                does not consist of exactly a title, a detail and a fix.
        """
        names = sorted(path.name for path in folder.iterdir() if any(path.glob("*.json")))
        return cls({name: _load_language(folder / name) for name in names})

    def get(self, locale: str, code: str) -> Message | None:
        """The message of ``code``, in English where ``locale`` lacks it, or None."""
        return self._locales[locale].get(code) or self._locales[DEFAULT_LOCALE].get(code)

    def title(self, locale: str, code: str) -> str:
        """The short name of what went wrong; the code itself when the catalogue lacks it."""
        message = self.get(locale, code)
        return message.title if message else code

    def detail(self, locale: str, code: str, params: Mapping[str, str | int]) -> str:
        """One sentence on what went wrong, its placeholders filled from ``params``."""
        message = self.get(locale, code)
        return message.detail.format_map(_Parameters(params)) if message else ""

    def fix(self, locale: str, code: str) -> str:
        """What the caller can do about it."""
        message = self.get(locale, code)
        return message.fix if message else ""

    def gaps(self, codes: Iterable[str]) -> list[str]:
        """What is incomplete, a line each.

        A language may lack a code, leave a text empty, or use other placeholders than English.
        """
        lines = []
        for code in sorted(set(codes)):
            for locale in self.locales:
                message = self._locales[locale].get(code)
                if message is None:
                    lines.append(f"{locale}: {code} is missing")
                    continue
                if not all((message.title, message.detail, message.fix)):
                    lines.append(f"{locale}: {code} has an empty text")
                english = self._locales[DEFAULT_LOCALE].get(code, message)
                if _placeholders(message.detail) != _placeholders(english.detail):
                    lines.append(f"{locale}: {code} has other placeholders than {DEFAULT_LOCALE}")
        return lines


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _load_language(folder: Path) -> dict[str, Message]:
    messages: dict[str, Message] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise CatalogueBroken(f"{folder.name}/{path.name}: {error}") from error
        for code, parts in entries.items():
            place = f"{folder.name}/{path.name}: {code}"
            if code in messages:
                raise CatalogueBroken(f"{place} stands in another file already")
            if not isinstance(parts, dict) or parts.keys() != _PARTS:
                raise CatalogueBroken(f"{place} must have title, detail and fix")
            messages[code] = Message(**parts)
    return messages
