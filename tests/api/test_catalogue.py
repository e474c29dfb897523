"""Every refusal of the service has a code of its own, a status, and words in every language."""

import re
from typing import Any

from app.api.errors import STATUS
from app.api.locales import Catalogue
from app.api.validation import VALIDATION_CODES
from app.domain.shared.errors import Kind, all_errors
from app.main import create_app
from tests.conftest import settings_for


def errors() -> list[Any]:
    """The errors of the whole service: building the application loads them all."""
    create_app(settings_for("sqlite:///unused.db"))
    return list(all_errors())


def test_every_code_is_unique_and_has_a_status() -> None:
    """S0-52, S1-22, S1-23: one class, one code, one status."""
    found = [error for error in errors() if error.__module__.startswith("app.")]
    codes = [error.code for error in found]
    assert len(codes) == len(set(codes))
    assert set(STATUS) == set(Kind)
    assert all(error.kind in STATUS for error in found)
    assert all("." in code and code == code.lower() for code in codes)


def test_every_code_has_words_in_every_language() -> None:
    """S2-06: the catalogue is complete for every code, also those of validation."""
    codes = {error.code for error in errors() if error.__module__.startswith("app.")}
    assert Catalogue.load().gaps(codes | set(VALIDATION_CODES)) == []


def test_every_path_that_a_fix_names_is_an_operation_in_every_language() -> None:
    """UX-T6: the advice can be followed, and is the same in all languages."""
    catalogue = Catalogue.load()
    paths = create_app(settings_for("sqlite:///unused.db")).openapi()["paths"]
    operations = {(method.upper(), path) for path in paths for method in paths[path]}
    named = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/[\w/{}.-]*[\w}])")
    for code in catalogue.codes:
        advice = [named.findall(catalogue.fix(locale, code)) for locale in catalogue.locales]
        assert all(each == advice[0] for each in advice), code
        assert operations.issuperset(advice[0]), code
