"""Settings: the example file is complete, and production refuses what is unsafe."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from app.setting_rules import DEVELOPMENT_SECRET
from app.settings import SettingRefused, Settings

GOOD: dict[str, Any] = {
    "environment": "production",
    "database_url": "postgresql://service:k3v9-Harbour-x71q@db/tradepost?sslmode=verify-full",
    "database_owner_url": "postgresql://owner:p8w2-Quay-m40z@db/tradepost?sslmode=verify-full",
    "metrics_token": "w4Nc8!rXe2Vb6Km0Zt5Jq1Lh7Sd3Fg9P",
    "docs_enabled": False,
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


SERVICE = "postgresql://service:k3v9-Harbour-x71q@db/tradepost"
REFUSALS: list[tuple[str, Any, str]] = [
    ("debug", True, "DEBUG is on"),
    ("log_level", "DEBUG", "LOG_LEVEL is too verbose"),
    ("secret_key", DEVELOPMENT_SECRET, "SECRET_KEY is the default, short or trivial"),
    ("secret_key", "s3cr3t", "SECRET_KEY is the default, short or trivial"),
    ("secret_key", "a" * 64, "SECRET_KEY is the default, short or trivial"),
    ("secret_key", "please-change-this-0123456789-abcdef", "SECRET_KEY is the default, short or"),
    ("metrics_token", "t0k3n", "METRICS_TOKEN is short or trivial"),
    ("metrics_token", "", "METRICS_TOKEN is empty, which exposes the metrics publicly"),
    ("database_url", "sqlite:///var/tradepost.db", "DATABASE_URL is not PostgreSQL"),
    (
        "database_url",
        "postgresql://service:postgres@db/x?sslmode=require",
        "DATABASE_URL has a short or trivial password",
    ),
    (
        "database_owner_url",
        "postgresql://owner@db/x?sslmode=require&password=changeme12345",
        "DATABASE_OWNER_URL has a short or trivial password",
    ),
    ("database_url", SERVICE, "DATABASE_URL has no encrypting sslmode"),
    ("database_url", f"{SERVICE}?sslmode=prefer", "DATABASE_URL has no encrypting sslmode"),
    ("database_owner_url", SERVICE, "DATABASE_OWNER_URL has no encrypting sslmode"),
    ("database_replica_url", SERVICE, "DATABASE_REPLICA_URL has no encrypting sslmode"),
    ("allowed_origins", ["*"], "ALLOWED_ORIGINS has a * or an address without https"),
    ("allowed_origins", ["http://shop.example"], "ALLOWED_ORIGINS has a * or an address without"),
    ("allowed_origins", ["https://*.example"], "ALLOWED_ORIGINS has a * or an address without"),
    ("allowed_hosts", [], "ALLOWED_HOSTS is empty or has a *"),
    ("allowed_hosts", ["*.example"], "ALLOWED_HOSTS is empty or has a *"),
    *(
        ("trusted_proxies", networks.split(), "TRUSTED_PROXIES covers every address")
        for networks in (
            "0.0.0.0/0",
            "10.0.0.7/0",
            "::/0",
            "0:0:0:0::/0",
            "::ffff:0:0/96",
            "::/1",
            "0.0.0.0/1 128.0.0.0/1",
            "::/1 8000::/1",
        )
    ),
    ("valkey_url", "", "VALKEY_URL is empty, and SINGLE_NODE is not on"),
    ("docs_enabled", True, "DOCS_ENABLED exposes the documentation publicly"),
    (
        "metrics_token",
        GOOD["secret_key"],
        "SECRET_KEY, METRICS_TOKEN and the database passwords are not all different",
    ),
    (
        "database_owner_url",
        "postgresql://owner:k3v9-Harbour-x71q@db/tradepost?sslmode=verify-full",
        "SECRET_KEY, METRICS_TOKEN and the database passwords are not all different",
    ),
]


@pytest.mark.parametrize(("name", "value", "reason"), REFUSALS)
def test_production_refuses_and_names_the_setting_not_its_value(
    name: str, value: Any, reason: str
) -> None:
    """CF-01, S1-06, S0-27: each unsafe setting stops the start, and is the only one named."""
    with pytest.raises(SettingRefused) as refused:
        settings(**{**GOOD, name: value}).refuse_unsafe()
    text = str(refused.value)
    assert text.startswith(reason)
    assert text.endswith(": not fit for production, see .env.example")
    assert ";" not in text
    shown = value if isinstance(value, str) else ""
    assert not shown or shown not in text
    settings(**{**GOOD, name: value, "environment": "development"}).refuse_unsafe()


@pytest.mark.parametrize(
    ("risk", "changes"),
    [
        ("public-docs", {"docs_enabled": True}),
        ("public-metrics", {"metrics_token": ""}),
        ("database-without-tls", {"database_url": SERVICE}),
    ],
)
def test_a_risk_is_taken_when_it_is_said(risk: str, changes: dict[str, Any]) -> None:
    """CF-01: each by its own name, and no other along with it."""
    settings(**{**GOOD, **changes, "accepted_risks": risk}).refuse_unsafe()
    for other in {"public-docs", "public-metrics", "database-without-tls"} - {risk}:
        with pytest.raises(SettingRefused):
            settings(**{**GOOD, **changes, "accepted_risks": other}).refuse_unsafe()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://service@/tradepost?host=/run/postgresql",
        "postgresql://service@localhost/tradepost",
        "postgresql://service@127.0.0.1:5433/tradepost",
        "postgresql://service@db/tradepost?sslmode=require",
        "postgresql+asyncpg://service@db/tradepost?sslmode=verify-ca&sslrootcert=/etc/ca.pem",
    ],
)
def test_what_leaves_no_machine_or_is_encrypted_is_taken(address: str) -> None:
    """CF-01: a login without a password is known to the server by other means."""
    settings(**{**GOOD, "database_url": address}).refuse_unsafe()


@pytest.mark.parametrize("value", ["10.0.0.7", "10.0.0.0/8, 2001:db8::/32", "128.0.0.0/1", ""])
def test_proxies_that_are_some_addresses_are_taken(value: str) -> None:
    settings(**{**GOOD, "trusted_proxies": value}).refuse_unsafe()


@pytest.mark.parametrize("value", ["*", "0/0", "proxy.local", "10.0.0.0/33", "10.0.0.7:80"])
def test_a_proxy_that_is_no_address_is_refused_by_name(value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(trusted_proxies=value)
    [error] = refused.value.errors()
    assert error["loc"] == ("trusted_proxies",)
    assert "write addresses or networks" in error["msg"]


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
        "ALLOWED_HOSTS is empty or has a *; VALKEY_URL is empty, and SINGLE_NODE is not on; "
        "DOCS_ENABLED exposes the documentation publicly; "
        "METRICS_TOKEN is empty, which exposes the metrics publicly: not fit for production, "
        "see .env.example"
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


# CF-03, S0-28: what a secret manager mounts as a file.
SECRETS = sorted(name for name in Settings.model_fields if f"{name}_file" in Settings.model_fields)
CANARY = {
    "secret_key": "canary-key-q8Zr2!vTn5Lk0pXw7Yb3",
    "metrics_token": "canary-token-Hs6Jd9Fg4Mc1q8Zr2!",
    "database_url": "postgresql://service:canary-pass-k3v9@db/shop",
    "database_owner_url": "postgresql://owner:canary-pass-p8w2@db/shop",
    "database_replica_url": "postgresql://db/shop?user=me&password=canary-pass-z7",
    "valkey_url": "valkeys://service:canary-pass-v6@counts.example:6379/0",
}


def in_use(given: Settings) -> dict[str, str]:
    """The secrets as the parts of the service get them."""
    return {
        "secret_key": given.tokens.secret.get_secret_value(),
        "metrics_token": given.http.metrics_token.get_secret_value(),
        "database_url": given.database.url,
        "database_owner_url": given.database.owner_url,
        "database_replica_url": given.database.replica_url,
        "valkey_url": given.shared.valkey_url,
    }


def test_every_secret_has_its_file() -> None:
    """A setting that is a secret, or an address that may hold one, can be mounted."""
    secret = {
        name
        for name, field in Settings.model_fields.items()
        if field.annotation is SecretStr or name.endswith(("_url", "_password", "_token"))
    }
    assert secret == set(SECRETS) == set(CANARY) == set(in_use(settings()))


@pytest.mark.parametrize("name", SECRETS)
def test_each_secret_comes_from_its_file_or_its_variable(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file wins, its last line break is none of it, and no text of the settings shows it."""
    file = tmp_path / name
    file.write_text(CANARY[name] + "\n", encoding="utf-8")
    monkeypatch.setenv(name.upper(), CANARY[name].replace("canary", "other"))
    from_variable = settings()
    assert in_use(from_variable)[name] == CANARY[name].replace("canary", "other")
    monkeypatch.setenv(f"{name.upper()}_FILE", str(file))
    from_file = settings()
    assert in_use(from_file)[name] == CANARY[name]
    for given, canary in ((from_variable, "other"), (from_file, "canary")):
        groups = (given, given.database, given.http, given.tokens, given.shared)
        texts = " ".join((*map(repr, groups), *map(str, groups), str(given.shown())))
        assert f"{canary}-" not in texts
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(SettingRefused, match=f"^{name.upper()}_FILE is empty$"):
        in_use(settings())


def test_a_file_with_no_address_of_a_database_is_refused_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("mysql://me:s3cret@db/x", encoding="utf-8")
    with pytest.raises(SettingRefused) as refused:
        settings(database_url_file=str(file)).refuse_unsafe()
    assert str(refused.value).startswith("DATABASE_URL_FILE: write sqlite:///path or postgresql")
    assert "s3cret" not in str(refused.value)


def test_the_settings_in_effect_are_shown_without_their_secrets() -> None:
    """CF-02: every one of them, under the name of its variable."""
    shown = settings(**GOOD, database_replica_url=CANARY["database_replica_url"]).shown()
    assert shown.keys() == {name.upper() for name in Settings.model_fields}
    assert shown["SECRET_KEY"] == shown["METRICS_TOKEN"] == "[redacted]"
    assert shown["DATABASE_URL"] == (
        "postgresql://service:[redacted]@db/tradepost?sslmode=verify-full"
    )
    assert shown["DATABASE_REPLICA_URL"] == "postgresql://db/shop?user=me&password=[redacted]"
    assert (shown["DEBUG"], shown["ALLOWED_ORIGINS"]) == ("false", "https://shop.example")
    assert settings().shown()["METRICS_TOKEN"] == ""
