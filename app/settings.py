"""Settings in groups; the only place that reads the environment.

Every variable stands in ``.env.example``; a test compares the two. A secret may also be given as a
file, through ``SECRET_KEY_FILE``.
"""

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret-change-me-in-production"  # noqa: S105
_SECRET_LENGTH_MIN = 32
_DATABASES = re.compile(r"sqlite(\+\w+)?:///.+|postgres(ql)?(\+\w+)?://.*", re.DOTALL)


class SettingRefused(Exception):
    """A setting is not acceptable; the message names the setting and never its value."""


class DatabaseSettings(BaseModel):
    """Where the data lives and how many connections are used."""

    url: str
    owner_url: str
    pool_size: int
    pool_wait_seconds: float
    replica_url: str
    replica_wait_seconds: float


class HttpSettings(BaseModel):
    """What the HTTP edge lets in."""

    allowed_origins: list[str]
    allowed_hosts: list[str]
    trusted_proxies: list[str]
    request_id_header: str
    docs_enabled: bool
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


class StorageSettings(BaseModel):
    """Where files lie that are no rows, and how long companies and their exports stay."""

    folder: Path
    exports_here: bool
    export_keep_days: int
    tenant_grace_days: int


class Settings(BaseSettings):
    """Every setting of the service, read from the environment and ``.env``."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", secrets_dir=None)

    environment: Literal["development", "test", "production"] = "development"
    debug: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "console", "json"] = "auto"

    database_url: str = "sqlite:///var/tradepost.db"
    database_owner_url: str = ""
    database_pool_size: int = Field(8, ge=1, le=64)
    database_pool_wait_seconds: float = Field(5.0, gt=0, le=60)
    database_replica_url: str = ""
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

    storage_dir: str = "var/storage"
    exports_here: bool = True
    export_keep_days: int = Field(7, ge=1, le=90)
    tenant_grace_days: int = Field(30, ge=1, le=365)

    @field_validator("allowed_origins", "allowed_hosts", "trusted_proxies", mode="before")
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
        try:
            known = not value or (_DATABASES.fullmatch(value) and urlsplit(value).port != 0)
        except ValueError:
            known = False
        if not known:
            raise ValueError(
                "write sqlite:///path or postgresql://user:password@host:5432/database"
            )
        return value

    @cached_property
    def database(self) -> DatabaseSettings:
        """The database group; without an owner URL the one URL serves both (rulings R-30)."""
        return DatabaseSettings(
            url=self.database_url,
            owner_url=self.database_owner_url or self.database_url,
            pool_size=self.database_pool_size,
            pool_wait_seconds=self.database_pool_wait_seconds,
            replica_url=self.database_replica_url,
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
        """The token group; a secret file wins over the variable.

        Raises:
            SettingRefused: the secret file cannot be read.
        """
        secret = self.secret_key
        if self.secret_key_file:
            try:
                text = Path(self.secret_key_file).read_text(encoding="utf-8")
            except OSError as error:
                raise SettingRefused(f"SECRET_KEY_FILE cannot be read: {error.strerror}") from None
            except UnicodeDecodeError:
                raise SettingRefused("SECRET_KEY_FILE is not a text in UTF-8") from None
            secret = SecretStr(text.strip())
        return TokenSettings(
            secret=secret,
            access_minutes=self.access_token_expire_minutes,
            refresh_days=self.refresh_token_expire_days,
            issuer=self.token_issuer,
            register_seconds_min=self.register_seconds_min,
        )

    @cached_property
    def storage(self) -> StorageSettings:
        """The storage group."""
        return StorageSettings(
            folder=Path(self.storage_dir),
            exports_here=self.exports_here,
            export_keep_days=self.export_keep_days,
            tenant_grace_days=self.tenant_grace_days,
        )

    def refuse_unsafe(self) -> None:
        """Refuse settings that do not fit together, and a production service that is open.

        Raises:
            SettingRefused: names every setting that is not fit, and why, never its value.
        """
        secret = self.tokens.secret.get_secret_value()
        if self.database_replica_url and self.database_url.startswith("sqlite"):
            raise SettingRefused("DATABASE_REPLICA_URL is set, and DATABASE_URL is not PostgreSQL")
        if self.environment != "production":
            return
        plain = any("*" in each or not each.startswith("https://") for each in self.allowed_origins)
        open_hosts = not self.allowed_hosts or any("*" in host for host in self.allowed_hosts)
        refusals = {
            "DEBUG is on": self.debug,
            "LOG_LEVEL tells too much": self.log_level == "DEBUG",
            "SECRET_KEY is the default, short or trivial": _weak(secret),
            "DATABASE_URL is not PostgreSQL": self.database_url.startswith("sqlite"),
            "ALLOWED_ORIGINS has a * or an address without https": plain,
            "ALLOWED_HOSTS is empty or has a *": open_hosts,
            "TRUSTED_PROXIES has a *": "*" in self.trusted_proxies,
        }
        found = "; ".join(name for name, refused in refusals.items() if refused)
        if found:
            raise SettingRefused(f"{found}: not fit for production, see .env.example")


def _weak(secret: str) -> bool:
    return (
        secret == DEVELOPMENT_SECRET
        or len(secret) < _SECRET_LENGTH_MIN
        or len(set(secret)) < 8
        or "change" in secret.lower()
    )
