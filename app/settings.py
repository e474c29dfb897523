"""Settings in groups; the only place that reads the environment.

Every variable stands in ``.env.example``; a test compares the two. A secret may also be given as a
file, through ``SECRET_KEY_FILE``.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret-change-me-in-production"  # noqa: S105
_SECRET_LENGTH_MIN = 32


class SettingRefused(Exception):
    """A setting is not acceptable; the message names the setting and never its value."""


class DatabaseSettings(BaseModel):
    """Where the data lives and how many connections are used."""

    url: str
    owner_url: str
    pool_size: int
    pool_wait_seconds: float


class HttpSettings(BaseModel):
    """What the HTTP edge lets in."""

    allowed_origins: list[str]
    allowed_hosts: list[str]
    trusted_proxies: list[str]
    request_id_header: str
    docs_enabled: bool
    body_bytes_max: int
    slow_request_seconds: float


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

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", secrets_dir=None)

    environment: Literal["development", "test", "production"] = "development"
    debug: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    database_url: str = "sqlite:///var/tradepost.db"
    database_owner_url: str = ""
    database_pool_size: int = Field(8, ge=1, le=64)
    database_pool_wait_seconds: float = Field(5.0, gt=0, le=60)

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

    rate_limit_enabled: bool = True
    rate_limit_auth_per_minute: int = Field(30, ge=1)
    rate_limit_auth_burst: int = Field(60, ge=1)
    rate_limit_public_per_minute: int = Field(100, ge=1)
    rate_limit_principal_per_minute: int = Field(12_000, ge=1)

    knowledge_lag_seconds: float = Field(10.0, ge=0, le=60)

    @field_validator("allowed_origins", "allowed_hosts", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Lists are written with commas."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @cached_property
    def database(self) -> DatabaseSettings:
        """The database group; without an owner URL the one URL serves both (rulings R-30)."""
        return DatabaseSettings(
            url=self.database_url,
            owner_url=self.database_owner_url or self.database_url,
            pool_size=self.database_pool_size,
            pool_wait_seconds=self.database_pool_wait_seconds,
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
        """The token group; a secret file wins over the variable."""
        secret = self.secret_key
        if self.secret_key_file:
            secret = SecretStr(Path(self.secret_key_file).read_text(encoding="utf-8").strip())
        return TokenSettings(
            secret=secret,
            access_minutes=self.access_token_expire_minutes,
            refresh_days=self.refresh_token_expire_days,
            issuer=self.token_issuer,
            register_seconds_min=self.register_seconds_min,
        )

    def refuse_unsafe(self) -> None:
        """Refuse to start a production service that is open.

        Raises:
            SettingRefused: names the first setting that is not fit for production.
        """
        if self.environment != "production":
            return
        refusals = {
            "DEBUG": self.debug,
            "LOG_LEVEL": self.log_level == "DEBUG",
            "SECRET_KEY": _weak(self.tokens.secret.get_secret_value()),
            "DATABASE_URL": self.database_url.startswith("sqlite"),
            "ALLOWED_ORIGINS": any(
                "*" in origin or not origin.startswith("https://")
                for origin in self.allowed_origins
            ),
            "ALLOWED_HOSTS": not self.allowed_hosts or any("*" in h for h in self.allowed_hosts),
            "TRUSTED_PROXIES": "*" in self.trusted_proxies,
        }
        for name, refused in refusals.items():
            if refused:
                raise SettingRefused(f"{name} is not fit for production; see .env.example")


def _weak(secret: str) -> bool:
    return (
        secret == DEVELOPMENT_SECRET
        or len(secret) < _SECRET_LENGTH_MIN
        or len(set(secret)) < 8
        or "change" in secret.lower()
    )
