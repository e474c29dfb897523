"""Settings: the example file is complete, and production refuses what is unsafe."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.settings import DEVELOPMENT_SECRET, SettingRefused, Settings

GOOD: dict[str, Any] = {
    "environment": "production",
    "database_url": "postgresql://service@db/tradepost",
    "database_owner_url": "postgresql://owner@db/tradepost",
    "secret_key": "q8Zr2!vTn5Lk0pXw7Yb3Hs6Jd9Fg4Mc1",
    "allowed_origins": ["https://shop.example"],
    "allowed_hosts": ["api.example"],
    "valkey_url": "valkeys://service:s3cret@counts.example:6379/0",  # pragma: allowlist secret
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
        ("secret_key", "s3cr3t"),
        ("secret_key", "a" * 64),
        ("database_url", "sqlite:///var/tradepost.db"),
        ("allowed_origins", ["*"]),
        ("allowed_origins", ["http://shop.example"]),
        ("allowed_hosts", []),
        ("allowed_hosts", ["*.example"]),
        ("trusted_proxies", ["*"]),
        ("valkey_url", ""),
    ],
)
def test_production_refuses_and_names_the_setting_not_its_value(name: str, value: Any) -> None:
    """S1-06, S0-27: each unsafe setting stops the start."""
    with pytest.raises(SettingRefused) as refused:
        settings(**{**GOOD, name: value}).refuse_unsafe()
    assert str(refused.value).startswith(name.upper())
    assert str(refused.value).endswith(": not fit for production, see .env.example")
    shown = value if isinstance(value, str) else ""
    assert not shown or shown not in str(refused.value)


def test_a_single_node_needs_no_valkey() -> None:
    """CF-01: but it has to be said; counts that each of many nodes keeps for itself are none."""
    settings(**{**GOOD, "valkey_url": "", "single_node": True}).refuse_unsafe()


@pytest.mark.parametrize(
    "address",
    ["valkey://db", "valkeys://me:p%40ss@db:6379/1", "redis://db:6379", "unix:///run/valkey.sock"],
)
def test_addresses_of_valkey_are_taken(address: str) -> None:
    assert settings(valkey_url=address).shared.valkey_url == address


@pytest.mark.parametrize("address", ["s3cret", "http://db", "valkey://me@db:s3cret", "unix://"])
def test_an_address_that_is_no_valkey_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(valkey_url=address)
    [error] = refused.value.errors()
    assert error["loc"] == ("valkey_url",)
    assert "write valkey://" in error["msg"]
    assert "s3cret" not in error["msg"]


def test_a_replica_of_a_file_is_refused() -> None:
    """Everywhere; the report would be read from another database than the books."""
    with pytest.raises(
        SettingRefused, match=r"^DATABASE_REPLICA_URL is set, and DATABASE_URL is not"
    ):
        settings(database_replica_url="postgresql://replica/shop").refuse_unsafe()


@pytest.mark.parametrize(
    ("rp_id", "origins"),
    [
        ("shop.example", ""),
        ("", "https://shop.example"),
        ("shop.example", "https://shop.example, https://evil.example"),
        ("shop.example", "https://evilshop.example"),
        ("shop.example", "shop.example"),
    ],
)
def test_security_keys_belong_to_the_domain_of_their_pages(rp_id: str, origins: str) -> None:
    """MF-03: everywhere, since a browser would refuse every one of them."""
    given = settings(webauthn_rp_id=rp_id, webauthn_origins=origins)
    with pytest.raises(SettingRefused, match=r"^WEBAUTHN_RP_ID is not the domain of every one"):
        given.refuse_unsafe()


def test_security_keys_of_a_domain_and_below_are_taken() -> None:
    pages = "https://shop.example,https://till.shop.example:8443"
    given = settings(webauthn_rp_id="shop.example", webauthn_origins=pages)
    given.refuse_unsafe()
    assert given.webauthn.origins == ["https://shop.example", "https://till.shop.example:8443"]
    with pytest.raises(SettingRefused, match="WEBAUTHN_ORIGINS has an address without https"):
        settings(
            environment="production",
            webauthn_rp_id="shop.example",
            webauthn_origins="http://shop.example",
        ).refuse_unsafe()


def test_a_secret_file_wins_over_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from-a-file-that-only-the-service-reads\n", encoding="utf-8")
    given = settings(secret_key_file=str(file))
    assert given.tokens.secret.get_secret_value() == "from-a-file-that-only-the-service-reads"
    assert "from-a-file" not in repr(given)


def test_production_names_every_unsafe_setting_at_once() -> None:
    """One start is enough to learn them all."""
    with pytest.raises(SettingRefused) as refused:
        settings(environment="production").refuse_unsafe()
    assert str(refused.value) == (
        "SECRET_KEY is the default, short or trivial; DATABASE_URL is not PostgreSQL; "
        "ALLOWED_HOSTS is empty or has a *; VALKEY_URL is empty, and SINGLE_NODE is not on: "
        "not fit for production, see .env.example"
    )


@pytest.mark.parametrize("environment", ["development", "production"])
def test_a_secret_file_that_cannot_be_read_is_refused(tmp_path: Path, environment: str) -> None:
    """In words of the setting, not with a traceback; also where nothing else is checked."""
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    for file, reason in (
        (tmp_path / "none", "SECRET_KEY_FILE cannot be read: No such file or directory"),
        (tmp_path, "SECRET_KEY_FILE cannot be read: Is a directory"),
        (binary, "SECRET_KEY_FILE is not a text in UTF-8"),
    ):
        with pytest.raises(SettingRefused) as refused:
            settings(environment=environment, secret_key_file=str(file)).refuse_unsafe()
        assert str(refused.value) == reason


@pytest.mark.parametrize(
    "address",
    ["mysql://me:s3cret@db/x", "sqlite://", "sqlite:x.db", "postgresql://me@db:s3cret/x", "s3cret"],
)
def test_an_address_that_is_no_database_is_refused_and_not_shown(address: str) -> None:
    for name in ("database_url", "database_owner_url", "database_replica_url"):
        with pytest.raises(ValidationError) as refused:
            settings(**{name: address})
        [error] = refused.value.errors()
        assert error["loc"] == (name,)
        assert "write sqlite:///path or postgresql://" in error["msg"]
        assert "s3cret" not in error["msg"]


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:///x.db",
        "sqlite+aiosqlite:////var/x.db",
        "postgres://db/x",
        "postgresql://me:p%40ss@db:5432/x",
        "postgresql+asyncpg://me@/x?host=/run",
    ],
)
def test_addresses_of_both_databases_are_taken(address: str) -> None:
    assert settings(database_url=address).database.url == address
