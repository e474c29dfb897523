"""Rules for settings: the form of addresses, the strength of secrets, production requirements.

Pure functions of values, used by ``app.settings``. A reason names its setting, never its value.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from app.settings import Settings

DEVELOPMENT_SECRET: Final = "development-only-secret-change-me-in-production"  # noqa: S105
REDACTED: Final = "[redacted]"
DATABASE_URLS: Final = ("database_url", "database_owner_url", "database_replica_url")
DATABASE_FORM: Final = "write sqlite:///path or postgresql://user:password@host:5432/database"
VALKEY_FORM: Final = "write valkey://user:password@host:6379/0, valkeys://… or unix://path"

_SECRET_LENGTH_MIN: Final = 32
_DATABASE_PASSWORD_LENGTH_MIN: Final = 12
_ENCRYPTED: Final = frozenset({"require", "verify-ca", "verify-full"})
_HERE: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})  # a socket, or what stays here
_DATABASES: Final = re.compile(r"sqlite(\+\w+)?:///.+|postgres(ql)?(\+\w+)?://.*", re.DOTALL)
_VALKEYS: Final = re.compile(r"((valkey|redis)s?://[^/?#]+(/[0-9]*)?|unix://.+)(\?.*)?", re.DOTALL)


def form_refused(name: str, address: str) -> str | None:
    """A hint on the form of an address; None if the address is valid or empty."""
    pattern, form = (_VALKEYS, VALKEY_FORM) if name == "valkey_url" else (_DATABASES, DATABASE_FORM)
    try:
        known = not address or (pattern.fullmatch(address) and urlsplit(address).port != 0)
    except ValueError:
        known = False
    return None if known else form


def without_password(url: str) -> str:
    """An address with its password redacted."""
    shown = re.sub(r"(://[^/@]*?):[^@]*@", rf"\1:{REDACTED}@", url)
    return re.sub(r"([?&]password=)[^&]*", rf"\1{REDACTED}", shown)


def keys_fit(rp_id: str, origins: list[str]) -> bool:
    """Whether each origin is in the domain, and either both settings are set or neither."""
    hosts = [urlsplit(each).hostname or "" for each in origins]
    own, below = rp_id, f".{rp_id}"
    return bool(own) is bool(hosts) and all(host == own or host.endswith(below) for host in hosts)


def network_refused(text: str) -> bool:
    """Whether a text is neither an address nor a network (CIDR)."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        return True
    return False


def _covers_all(networks: list[str]) -> bool:
    """Whether networks together hold every address of IPv4 or of IPv6."""
    found = [ip_network(each, strict=False) for each in networks]
    fours = [each for each in found if isinstance(each, IPv4Network)]
    sixes = [each for each in found if isinstance(each, IPv6Network)]
    all_fours = IPv6Network("::ffff:0:0/96")  # how IPv6 writes them
    return (
        any(each.prefixlen == 0 for each in collapse_addresses(fours))
        or any(each.supernet_of(all_fours) for each in sixes)
        or any(each.prefixlen == 0 for each in collapse_addresses(sixes))
    )


def production_refusals(settings: "Settings", secrets: Mapping[str, str]) -> Iterator[str]:
    """The reasons why production refuses ``settings``; ``secrets`` are those in effect, by name."""
    origins, hosts = settings.allowed_origins, settings.allowed_hosts
    secret, token = secrets["secret_key"], secrets["metrics_token"]
    urls = {name.upper(): secrets[name] for name in DATABASE_URLS if secrets[name]}
    refusals = {
        "DEBUG is on": settings.debug,
        "LOG_LEVEL is too verbose": settings.log_level == "DEBUG",
        "SECRET_KEY is the default, short or trivial": _weak(secret),
        "METRICS_TOKEN is short or trivial": bool(token) and _weak(token),
        "DATABASE_URL is not PostgreSQL": secrets["database_url"].startswith("sqlite"),
        **{
            f"{name} has a short or trivial password": _weak_password(_password(url))
            for name, url in urls.items()
        },
        "SECRET_KEY, METRICS_TOKEN and the database passwords are not all different": _reused(
            secret, token, *urls.values()
        ),
        "ALLOWED_ORIGINS has a * or an address without https": any(
            "*" in each or not each.startswith("https://") for each in origins
        ),
        "ALLOWED_HOSTS is empty or has a *": not hosts or any("*" in each for each in hosts),
        "TRUSTED_PROXIES covers every address": _covers_all(settings.trusted_proxies),
        "WEBAUTHN_ORIGINS has an address without https": any(
            not each.startswith("https://") for each in settings.webauthn_origins
        ),
        "VALKEY_URL is empty, and SINGLE_NODE is not on": not (
            secrets["valkey_url"] or settings.single_node
        ),
        **_unaccepted(settings, token, urls),
    }
    return (name for name, refused in refusals.items() if refused)


def _unaccepted(settings: "Settings", token: str, urls: Mapping[str, str]) -> dict[str, bool]:
    """What is refused unless ``ACCEPTED_RISKS`` names it."""
    risks = set(settings.accepted_risks)
    tls = "database-without-tls" in risks
    return {
        "DOCS_ENABLED exposes the documentation publicly": settings.docs_enabled
        and "public-docs" not in risks,
        "METRICS_TOKEN is empty, which exposes the metrics publicly": not token
        and "public-metrics" not in risks,
        **{
            f"{name} has no encrypting sslmode": not tls and _in_clear(url)
            for name, url in urls.items()
        },
    }


def _weak(secret: str) -> bool:
    return (
        secret == DEVELOPMENT_SECRET
        or len(secret) < _SECRET_LENGTH_MIN
        or len(set(secret)) < 8
        or "change" in secret.lower()
    )


def _password(url: str) -> str:
    """The password in the address of a database, in either place; empty without one."""
    parts = urlsplit(url)
    in_query = parse_qs(parts.query).get("password", [""])
    return unquote(parts.password or "") or in_query[-1]


def _weak_password(password: str) -> bool:
    """Whether a password is weak. No password is fine: the server authenticates by other means."""
    short = len(password) < _DATABASE_PASSWORD_LENGTH_MIN or len(set(password)) < 6
    return bool(password) and (short or "change" in password.lower())


def _reused(secret: str, token: str, *urls: str) -> bool:
    """Whether one secret is used twice. Two addresses of one login may share its password."""
    logins = {(urlsplit(url).username, _password(url)) for url in urls if _password(url)}
    used = [secret, *([token] if token else []), *(password for _, password in logins)]
    return len(set(used)) < len(used)


def _in_clear(url: str) -> bool:
    """Whether the connection to a database on another machine is unencrypted."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = query.get("host", [parts.hostname or ""])[-1]
    there = host not in _HERE and not host.startswith("/")
    encrypted = query.get("sslmode", [""])[-1] in _ENCRYPTED
    return url.startswith("postgres") and there and not encrypted
