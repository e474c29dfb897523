"""Settings: the example file is complete, and production refuses what is unsafe."""

from pathlib import Path
from typing import Any

import pytest

from app.settings import DEVELOPMENT_SECRET, SettingRefused, Settings

GOOD: dict[str, Any] = {
    "environment": "production",
    "database_url": "postgresql://service@db/tradepost",
    "database_owner_url": "postgresql://owner@db/tradepost",
    "secret_key": "q8Zr2!vTn5Lk0pXw7Yb3Hs6Jd9Fg4Mc1",
    "allowed_origins": ["https://shop.example"],
    "allowed_hosts": ["api.example"],
}


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def test_the_example_names_every_setting_with_its_default() -> None:
    """S0-45: .env.example is what the code reads, no more and no less."""
    lines = Path(".env.example").read_text(encoding="utf-8").splitlines()
    pairs = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert set(pairs) == {name.upper() for name in Settings.model_fields}
    written = Settings(_env_file=".env.example")
    assert written.model_dump() == settings().model_dump()


def test_a_good_production_file_starts() -> None:
    settings(**GOOD).refuse_unsafe()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("debug", True),
        ("log_level", "DEBUG"),
        ("secret_key", DEVELOPMENT_SECRET),
        ("secret_key", "short"),
        ("secret_key", "a" * 64),
        ("database_url", "sqlite:///var/tradepost.db"),
        ("allowed_origins", ["*"]),
        ("allowed_origins", ["http://shop.example"]),
        ("allowed_hosts", []),
        ("allowed_hosts", ["*.example"]),
        ("trusted_proxies", ["*"]),
    ],
)
def test_production_refuses_and_names_the_setting_not_its_value(name: str, value: Any) -> None:
    """S1-06, S0-27: each unsafe setting stops the start."""
    with pytest.raises(SettingRefused) as refused:
        settings(**{**GOOD, name: value}).refuse_unsafe()
    assert str(refused.value).startswith(name.upper())
    shown = value if isinstance(value, str) else ""
    assert not shown or shown not in str(refused.value)


def test_a_secret_file_wins_over_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from-a-file-that-only-the-service-reads\n", encoding="utf-8")
    given = settings(secret_key_file=str(file))
    assert given.tokens.secret.get_secret_value() == "from-a-file-that-only-the-service-reads"
    assert "from-a-file" not in repr(given)
