"""Settings in groups; the only place that reads the environment.

Every variable is listed in ``.env.example``; a test compares the two. A setting that holds a secret
can also be read from a file, by its name with ``_FILE``, as secret managers mount them.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.setting_rules import (
    DEVELOPMENT_SECRET,
    REDACTED,
    form_refused,
    keys_fit,
    network_refused,
    production_refusals,
    without_password,
)

_RISKS = Literal["public-docs", "public-metrics", "database-without-tls"]


class SettingRefused(Exception):
    """A setting is not acceptable; the message names the setting but never its value."""


class DatabaseSettings(BaseModel):
    """The databases and the number of connections."""

    url: str = Field(repr=False)
    owner_url: str = Field(repr=False)
    pool_size: int
    pool_wait_seconds: float
    replica_url: str = Field(repr=False)
    replica_wait_seconds: float


class HttpSettings(BaseModel):
    """The HTTP edge: hosts, origins, proxies and limits."""

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
    indexed_routing: bool
    prepared_calls: bool


class RateSettings(BaseModel):
    """Requests per minute by class of route."""

    enabled: bool
    auth_per_minute: int
    auth_burst: int
    anonymous_per_minute: int
    anonymous_burst: int
    public_per_minute: int
    principal_per_minute: int


class WebauthnSettings(BaseModel):
    """The domain and the origins of security keys; empty: no security keys."""

    rp_id: str
    origins: list[str]


class SharedSettings(BaseModel):
    """What all nodes share beside the database; without a URL each node counts alone."""

    valkey_url: str = Field(repr=False)
    timeout_seconds: float


class TokenSettings(BaseModel):
    """Lifetimes of tokens, and the secret for signing keys and cursors."""

    secret: SecretStr
    access_minutes: int
    refresh_days: int
    issuer: str
    register_seconds_min: float


class StorageSettings(BaseModel):
    """The folder for files, and how long exports and closing companies are kept."""

    folder: Path
    exports_here: bool
    export_keep_days: int
    tenant_grace_days: int


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
    webauthn_rp_id: str = ""
    webauthn_origins: Annotated[list[str], NoDecode] = []

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
    indexed_routing: bool = True
    prepared_calls: bool = True

    rate_limit_enabled: bool = True
    rate_limit_auth_per_minute: int = Field(30, ge=1)
    rate_limit_auth_burst: int = Field(60, ge=1)
    rate_limit_anonymous_per_minute: int = Field(30, ge=1)
    rate_limit_anonymous_burst: int = Field(60, ge=1)
    rate_limit_public_per_minute: int = Field(100, ge=1)
    rate_limit_principal_per_minute: int = Field(12_000, ge=1)

    valkey_url: str = Field("", repr=False)
    valkey_url_file: str = ""
    valkey_timeout_seconds: float = Field(0.05, gt=0, le=2)
    single_node: bool = False

    knowledge_lag_seconds: float = Field(10.0, ge=0, le=60)
    audit_seal_seconds: float = Field(65.0, ge=0, le=3_600)

    storage_dir: str = "var/storage"
    exports_here: bool = True
    export_keep_days: int = Field(7, ge=1, le=90)
    tenant_grace_days: int = Field(30, ge=1, le=365)

    @field_validator(
        "allowed_origins",
        "allowed_hosts",
        "trusted_proxies",
        "webauthn_origins",
        "accepted_risks",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        """The items of a list are separated by commas."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        """Check that each is an address or a network."""
        if any(map(network_refused, value)):
            raise ValueError("write addresses or networks, such as 10.0.0.7 or 10.0.0.0/8")
        return value

    @field_validator("database_url", "database_owner_url", "database_replica_url", "valkey_url")
    @classmethod
    def _address(cls, value: str, info: ValidationInfo) -> str:
        """Check the scheme; the message never shows the address, which may contain a password."""
        form = form_refused(str(info.field_name), value)
        if form is not None:
            raise ValueError(form)
        return value

    def secret(self, name: str) -> str:
        """The value of a setting that may be in a file; the file takes precedence.

        Raises:
            SettingRefused: the file cannot be read, or does not contain the expected address.
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
        form = form_refused(name, text) if name.endswith("_url") else None
        if form is not None:
            raise SettingRefused(f"{variable}: {form}")
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
            indexed_routing=self.indexed_routing,
            prepared_calls=self.prepared_calls,
        )

    @cached_property
    def rate(self) -> RateSettings:
        """The rate limit group."""
        return RateSettings(
            enabled=self.rate_limit_enabled,
            auth_per_minute=self.rate_limit_auth_per_minute,
            auth_burst=self.rate_limit_auth_burst,
            anonymous_per_minute=self.rate_limit_anonymous_per_minute,
            anonymous_burst=self.rate_limit_anonymous_burst,
            public_per_minute=self.rate_limit_public_per_minute,
            principal_per_minute=self.rate_limit_principal_per_minute,
        )

    @cached_property
    def webauthn(self) -> WebauthnSettings:
        """The security key group."""
        return WebauthnSettings(rp_id=self.webauthn_rp_id, origins=self.webauthn_origins)

    @cached_property
    def shared(self) -> SharedSettings:
        """The group of settings for shared state."""
        return SharedSettings(
            valkey_url=self.secret("valkey_url"), timeout_seconds=self.valkey_timeout_seconds
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
        """Refuse contradictory settings, and unsafe ones in production.

        Raises:
            SettingRefused: names every refused setting and the reason, never its value.
        """
        database = self.database
        if database.replica_url and database.url.startswith("sqlite"):
            raise SettingRefused("DATABASE_REPLICA_URL is set, and DATABASE_URL is not PostgreSQL")
        if not keys_fit(self.webauthn_rp_id, self.webauthn_origins):
            raise SettingRefused(
                "WEBAUTHN_RP_ID is not the domain of every one of WEBAUTHN_ORIGINS"
            )
        secrets = {name: self.secret(name) for name in self._secrets()}
        if self.environment != "production":
            return
        found = "; ".join(production_refusals(self, secrets))
        if found:
            raise SettingRefused(f"{found}: not fit for production, see .env.example")

    @classmethod
    def _secrets(cls) -> list[str]:
        """The settings that may be read from a file."""
        return [name for name in cls.model_fields if f"{name}_file" in cls.model_fields]

    def shown(self) -> dict[str, str]:
        """Every setting in effect, by the name of its variable; secrets are redacted."""
        found = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, list):
                value = ",".join(value)
            if name in self._secrets():
                value = self.secret(name)
                value = without_password(value) if name.endswith("_url") else value and REDACTED
            found[name.upper()] = str(value).lower() if isinstance(value, bool) else str(value)
        return found
