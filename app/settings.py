"""Settings in groups; the only place that reads the environment.

Every variable stands in ``.env.example``; a test compares the two. Whatever holds a secret may also
be given as a file, under its name with ``_FILE``: as a secret manager mounts it.
"""

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret-change-me-in-production"  # noqa: S105
_SECRET_LENGTH_MIN = 32
_DATABASE_PASSWORD_LENGTH_MIN = 12
_RISKS = Literal["public-docs", "public-metrics", "database-without-tls"]
_ENCRYPTED = frozenset({"require", "verify-ca", "verify-full"})
_HERE = frozenset({"", "localhost", "127.0.0.1", "::1"})  # a socket, or what leaves no machine
_REDACTED = "[redacted]"
_DATABASES = re.compile(r"sqlite(\+\w+)?:///.+|postgres(ql)?(\+\w+)?://.*", re.DOTALL)


class SettingRefused(Exception):
    """A setting is not acceptable; the message names the setting and never its value."""


class DatabaseSettings(BaseModel):
    """Where the data lives and how many connections are used."""

    url: str = Field(repr=False)
    owner_url: str = Field(repr=False)
    pool_size: int
    pool_wait_seconds: float
    replica_url: str = Field(repr=False)
    replica_wait_seconds: float


class HttpSettings(BaseModel):
    """What the HTTP edge lets in."""

    allowed_origins: list[str]
    allowed_hosts: list[str]
    trusted_proxies: list[str]
    request_id_header: str
    docs_enabled: bool
    metrics_token: SecretStr
    body_bytes_max: int
    slow_request_seconds: float
    in_flight_max: int
    stop_grace_seconds: float


class RateSettings(BaseModel):
    """Requests per minute by class of route."""

    enabled: bool
    auth_per_minute: int
    auth_burst: int
    public_per_minute: int
    principal_per_minute: int


class TokenSettings(BaseModel):
    """Lifetimes of tokens and the secret that seals signing keys and cursors."""

    secret: SecretStr
    access_minutes: int
    refresh_days: int
    issuer: str
    register_seconds_min: float


class Settings(BaseSettings):
    """Every setting of the service, read from the environment and ``.env``."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", secrets_dir=None, hide_input_in_errors=True
    )

    environment: Literal["development", "test", "production"] = "development"
    debug: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "console", "json"] = "auto"

    database_url: str = Field("sqlite:///var/tradepost.db", repr=False)
    database_url_file: str = ""
    database_owner_url: str = Field("", repr=False)
    database_owner_url_file: str = ""
    database_pool_size: int = Field(8, ge=1, le=64)
    database_pool_wait_seconds: float = Field(5.0, gt=0, le=60)
    database_replica_url: str = Field("", repr=False)
    database_replica_url_file: str = ""
    database_replica_wait_seconds: float = Field(0.2, ge=0, le=10)

    secret_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    secret_key_file: str = ""
    access_token_expire_minutes: int = Field(15, ge=1, le=15)
    refresh_token_expire_days: int = Field(30, ge=1, le=90)
    token_issuer: str = "tradepost"  # noqa: S105 - a name, no secret
    register_seconds_min: float = Field(0.25, ge=0, le=5)

    allowed_origins: Annotated[list[str], NoDecode] = []
    allowed_hosts: Annotated[list[str], NoDecode] = []
    trusted_proxies: Annotated[list[str], NoDecode] = []
    request_id_header: str = "X-Request-ID"
    docs_enabled: bool = True
    metrics_token: SecretStr = SecretStr("")
    metrics_token_file: str = ""
    accepted_risks: Annotated[list[_RISKS], NoDecode] = []
    body_bytes_max: int = Field(2 * 1024 * 1024, ge=1024, le=64 * 1024 * 1024)
    slow_request_seconds: float = Field(1.0, gt=0)
    in_flight_max: int = Field(256, ge=1)
    stop_grace_seconds: float = Field(2.0, ge=0, le=20)

    rate_limit_enabled: bool = True
    rate_limit_auth_per_minute: int = Field(30, ge=1)
    rate_limit_auth_burst: int = Field(60, ge=1)
    rate_limit_public_per_minute: int = Field(100, ge=1)
    rate_limit_principal_per_minute: int = Field(12_000, ge=1)

    knowledge_lag_seconds: float = Field(10.0, ge=0, le=60)

    @field_validator(
        "allowed_origins", "allowed_hosts", "trusted_proxies", "accepted_risks", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        """Lists are written with commas."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("database_url", "database_owner_url", "database_replica_url")
    @classmethod
    def _address(cls, value: str) -> str:
        """Of one of the two databases; the message never shows it, since it may hold a password."""
        if not _is_database(value):
            raise ValueError(_DATABASE_FORM)
        return value

    def secret(self, name: str) -> str:
        """The value of a setting that may lie in a file; the file wins over the variable.

        Raises:
            SettingRefused: the file cannot be read, or holds no address where one is expected.
        """
        file = getattr(self, f"{name}_file")
        if not file:
            value = getattr(self, name)
            return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        variable = f"{name}_file".upper()
        try:
            text = Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingRefused(f"{variable} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise SettingRefused(f"{variable} is not a text in UTF-8") from None
        if not text:
            raise SettingRefused(f"{variable} is empty")
        if name.endswith("_url") and not _is_database(text):
            raise SettingRefused(f"{variable}: {_DATABASE_FORM}")
        return text

    @cached_property
    def database(self) -> DatabaseSettings:
        """The database group; without an owner URL the one URL serves both (rulings R-30)."""
        url = self.secret("database_url")
        return DatabaseSettings(
            url=url,
            owner_url=self.secret("database_owner_url") or url,
            pool_size=self.database_pool_size,
            pool_wait_seconds=self.database_pool_wait_seconds,
            replica_url=self.secret("database_replica_url"),
            replica_wait_seconds=self.database_replica_wait_seconds,
        )

    @cached_property
    def http(self) -> HttpSettings:
        """The HTTP group."""
        return HttpSettings(
            allowed_origins=self.allowed_origins,
            allowed_hosts=self.allowed_hosts,
            trusted_proxies=self.trusted_proxies,
            request_id_header=self.request_id_header,
            docs_enabled=self.docs_enabled,
            metrics_token=SecretStr(self.secret("metrics_token")),
            body_bytes_max=self.body_bytes_max,
            slow_request_seconds=self.slow_request_seconds,
            in_flight_max=self.in_flight_max,
            stop_grace_seconds=self.stop_grace_seconds,
        )

    @cached_property
    def rate(self) -> RateSettings:
        """The rate limit group."""
        return RateSettings(
            enabled=self.rate_limit_enabled,
            auth_per_minute=self.rate_limit_auth_per_minute,
            auth_burst=self.rate_limit_auth_burst,
            public_per_minute=self.rate_limit_public_per_minute,
            principal_per_minute=self.rate_limit_principal_per_minute,
        )

    @cached_property
    def tokens(self) -> TokenSettings:
        """The token group.

        Raises:
            SettingRefused: the secret file cannot be read.
        """
        return TokenSettings(
            secret=SecretStr(self.secret("secret_key")),
            access_minutes=self.access_token_expire_minutes,
            refresh_days=self.refresh_token_expire_days,
            issuer=self.token_issuer,
            register_seconds_min=self.register_seconds_min,
        )

    def refuse_unsafe(self) -> None:
        """Refuse settings that do not fit together, and a production service that is open.

        Raises:
            SettingRefused: names every setting that is not fit, and why, never its value.
        """
        database = self.database
        if database.replica_url and database.url.startswith("sqlite"):
            raise SettingRefused("DATABASE_REPLICA_URL is set, and DATABASE_URL is not PostgreSQL")
        secret = self.secret("secret_key")
        if self.environment != "production":
            return
        plain = any("*" in each or not each.startswith("https://") for each in self.allowed_origins)
        open_hosts = not self.allowed_hosts or any("*" in host for host in self.allowed_hosts)
        token = self.secret("metrics_token")
        databases = {
            name: url
            for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_REPLICA_URL")
            if (url := self.secret(name.lower()))
        }
        refusals = {
            "DEBUG is on": self.debug,
            "LOG_LEVEL tells too much": self.log_level == "DEBUG",
            "SECRET_KEY is the default, short or trivial": _weak(secret),
            "METRICS_TOKEN is short or trivial": bool(token) and _weak(token),
            "DATABASE_URL is not PostgreSQL": database.url.startswith("sqlite"),
            **{
                f"{name} has a short or trivial password": _weak_password(_password(url))
                for name, url in databases.items()
            },
            "SECRET_KEY, METRICS_TOKEN or the password of a database is used twice": _reused(
                secret, token, *databases.values()
            ),
            "ALLOWED_ORIGINS has a * or an address without https": plain,
            "ALLOWED_HOSTS is empty or has a *": open_hosts,
            "TRUSTED_PROXIES has a *": any("*" in each for each in self.trusted_proxies),
            **self._unaccepted(token, databases),
        }
        found = "; ".join(name for name, refused in refusals.items() if refused)
        if found:
            raise SettingRefused(f"{found}: not fit for production, see .env.example")

    def _unaccepted(self, token: str, databases: dict[str, str]) -> dict[str, bool]:
        """What is refused unless ``ACCEPTED_RISKS`` says that it is meant."""
        risks = set(self.accepted_risks)
        tls = "database-without-tls" in risks
        return {
            "DOCS_ENABLED shows the documentation to everybody": self.docs_enabled
            and "public-docs" not in risks,
            "METRICS_TOKEN is empty, which shows the metrics to everybody": not token
            and "public-metrics" not in risks,
            **{
                f"{name} has no sslmode that encrypts": not tls and _in_clear(url)
                for name, url in databases.items()
            },
        }

    def shown(self) -> dict[str, str]:
        """Every setting as it is in effect, by the name of its variable; secrets are redacted."""
        found = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, list):
                value = ",".join(value)
            if hasattr(self, f"{name}_file"):
                value = self.secret(name)
                value = _without_password(value) if name.endswith("_url") else value and _REDACTED
            found[name.upper()] = str(value).lower() if isinstance(value, bool) else str(value)
        return found


_DATABASE_FORM = "write sqlite:///path or postgresql://user:password@host:5432/database"


def _is_database(address: str) -> bool:
    """Whether it is the address of one of the two databases, or empty."""
    try:
        return not address or bool(_DATABASES.fullmatch(address) and urlsplit(address).port != 0)
    except ValueError:
        return False


def _weak(secret: str) -> bool:
    return (
        secret == DEVELOPMENT_SECRET
        or len(secret) < _SECRET_LENGTH_MIN
        or len(set(secret)) < 8
        or "change" in secret.lower()
    )


def _password(url: str) -> str:
    """The password in the address of a database, wherever it stands; empty without one."""
    parts = urlsplit(url)
    in_query = parse_qs(parts.query).get("password", [""])
    return unquote(parts.password or "") or in_query[-1]


def _weak_password(password: str) -> bool:
    """None at all is good: the server knows the login by other means."""
    short = len(password) < _DATABASE_PASSWORD_LENGTH_MIN or len(set(password)) < 6
    return bool(password) and (short or "change" in password.lower())


def _reused(secret: str, token: str, *urls: str) -> bool:
    """Whether one secret serves for two things. Two addresses of one login share its password."""
    logins = {(urlsplit(url).username, _password(url)) for url in urls if _password(url)}
    used = [secret, *([token] if token else []), *(password for _, password in logins)]
    return len(set(used)) < len(used)


def _in_clear(url: str) -> bool:
    """Whether what is said to a database can be read on its way."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = query.get("host", [parts.hostname or ""])[-1]
    there = host not in _HERE and not host.startswith("/")
    encrypted = query.get("sslmode", [""])[-1] in _ENCRYPTED
    return url.startswith("postgres") and there and not encrypted


def _without_password(url: str) -> str:
    shown = re.sub(r"(://[^/@]*?):[^@]*@", rf"\1:{_REDACTED}@", url)
    return re.sub(r"([?&]password=)[^&]*", rf"\1{_REDACTED}", shown)
