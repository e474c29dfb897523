"""Logging: one redacted line per event on one stream, for the service and its libraries.

JSON for machines, plain text for terminals.
"""

import logging
import re
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar, Final, TextIO

import orjson
import structlog
from structlog import BoundLoggerBase
from structlog.contextvars import merge_contextvars
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import CallsiteParameter, CallsiteParameterAdder, format_exc_info
from structlog.typing import EventDict

REDACTED: Final = "[redacted]"
# Every line has these keys after timestamp, level, logger and message, in this order; null if
# empty.
_BLANK: Final[dict[str, Any]] = dict.fromkeys(
    (
        "module",
        "function",
        "line",
        "request_id",
        "trace_id",
        "user_id",
        "company_id",
        "resource",
        "duration_ms",
    )
)
FIXED_KEYS: Final = ("timestamp", "level", "logger", "message", *_BLANK)
_SECRET_KEYS: Final = re.compile(
    r"authorization|passw(or)?d|secret|token|cookie|api_?key|credential|private_?key", re.IGNORECASE
)
# Generated here or validated, so not redacted. A trace id may contain digits that look like a card.
_SAFE_KEYS: Final = frozenset(FIXED_KEYS) - {"message"} | {"method", "status", "code"}
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_JWT: Final = re.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")
_BEARER: Final = re.compile(r"(?i)(bearer|basic)\s+[\w.~+/=-]{8,}")
_API_KEY: Final = re.compile(r"tp_(?:live|test)_\w+")
_URL_PASSWORD: Final = re.compile(r"(://[^/\s:@]{0,100}:)[^@\s]{1,200}@")
_CARD: Final = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")
_ASSIGNED: Final = re.compile(
    r"(?i)\b(password|passwd|secret|token|api_?key)(['\"]?\s*[=:]\s*['\"]?)[^\s'\",;&}]+"
)
# A cheap test that almost every text passes; such texts skip the patterns above.
_SUSPECT: Final = re.compile(
    r"@|eyJ|tp_|\d[\d -]{11,}\d|(?i:bearer|basic|passw|secret|token|api_?key)"
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DEPTH_MAX: Final = 6
_FOR_MACHINES: Final = frozenset({"module", "function", "line", "trace_id", "company_id"})
Render = Callable[[Any, str, EventDict], bytes]


def redact(text: str) -> str:
    """``text`` without e-mail addresses, tokens, passwords and card numbers."""
    if _SUSPECT.search(text) is None:
        return text
    if "@" in text:
        text = _URL_PASSWORD.sub(rf"\1{REDACTED}@", text)
        text = _EMAIL.sub(REDACTED, text)
    if "eyJ" in text:
        text = _JWT.sub(REDACTED, text)
    text = _API_KEY.sub(REDACTED, text)
    text = _BEARER.sub(rf"\1 {REDACTED}", text)
    text = _ASSIGNED.sub(rf"\1\2{REDACTED}", text)
    return _CARD.sub(_card, text)


def _card(match: re.Match[str]) -> str:
    """Redact only numbers that pass the Luhn check; order numbers stay readable."""
    digits = [int(char) for char in match[0] if char.isdigit()]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return REDACTED if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else match[0]


def _redacted(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return redact(value)
    if depth == _DEPTH_MAX:
        return REDACTED
    if isinstance(value, dict):
        return {
            redact(str(key)): REDACTED
            if _SECRET_KEYS.search(str(key))
            else _redacted(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(item, depth + 1) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact(str(value))


def _is_secret(key: str) -> bool:
    return _SECRET_KEYS.search(key) is not None


_is_secret_key: Final = lru_cache(maxsize=512)(_is_secret)  # few: keys are literals


def _redact_line(line: EventDict) -> None:
    for key in line.keys() - _SAFE_KEYS:
        value = line[key]
        if value is not None:
            line[key] = REDACTED if _is_secret_key(key) else _redacted(value)


_callsite: Final = CallsiteParameterAdder(
    {CallsiteParameter.MODULE, CallsiteParameter.FUNC_NAME, CallsiteParameter.LINENO},
    additional_ignores=[__name__],
)


def render(logger: Any, method: str, event: EventDict) -> bytes:
    """From an event to a line of JSON, in one step."""
    return orjson.dumps(_line(logger, method, event), default=repr)


def console_renderer(*, colors: bool) -> Callable[[Any, str, EventDict], bytes]:
    """From an event to a line for a terminal: time, message and the fields that are not null."""
    show = ConsoleRenderer(
        colors=colors, pad_event_to=0, event_key="message", exception_formatter=plain_traceback
    )

    def render_text(logger: Any, method: str, event: EventDict) -> bytes:
        line = _line(logger, method, event)
        shown = {
            key: value if key == "exception" else _printable(value)
            for key, value in line.items()
            if value is not None and key not in _FOR_MACHINES
        }
        shown["timestamp"] = datetime.now().astimezone().strftime("%H:%M:%S")
        return show(logger, method, shown).encode()

    return render_text


def _printable(value: Any) -> Any:
    """The text without characters that could control a terminal or forge a line."""
    if not isinstance(value, str):
        return value
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", value)


def _line(logger: Any, method: str, event: EventDict) -> EventDict:
    """All fields of an event, redacted.

    An event that has its request id (the access log) has its whole context, and one that has its
    module needs no walk up the stack. Those two steps are the expensive ones.
    """
    if "request_id" not in event:
        event = dict(merge_contextvars(logger, method, event))
    if "module" not in event:
        event = dict(_callsite(logger, method, event))
        event["function"] = event.pop("func_name", None)
        event["line"] = event.pop("lineno", None)
    if event.get("exc_info"):
        event = dict(format_exc_info(logger, method, event))
    else:
        event.pop("exc_info", None)
    line: EventDict = {
        "timestamp": datetime.now(UTC).isoformat(timespec="microseconds"),
        "level": method,
        "logger": logger.name,
        "message": event.pop("event", None),
        **_BLANK,
        **event,
    }
    _redact_line(line)
    return line


class _Lines:
    """The sink of one logger: its name, and the writer that all share."""

    def __init__(self, name: str, write: Callable[[bytes], None], render: Render) -> None:
        self.name = name
        self.write = write
        self.render = render


class LineLogger(BoundLoggerBase):
    """A structlog logger without processors, whose chain costs more than the line itself.

    ``bind``, ``new`` and ``unbind`` come from structlog. The level is set for the whole process,
    see ``configure_logging``.
    """

    threshold: ClassVar[int] = logging.INFO

    def _emit(self, level: int, method: str, event: str, fields: dict[str, Any]) -> None:
        if level >= self.threshold:
            lines: _Lines = self._logger
            fields["event"] = event
            if self._context:
                fields = {**self._context, **fields}
            lines.write(lines.render(lines, method, fields) + b"\n")

    def debug(self, event: str, **fields: Any) -> None:
        """Details that help to find a fault; off in production."""
        self._emit(logging.DEBUG, "debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """A normal event."""
        self._emit(logging.INFO, "info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """A condition that an operator should look at, without urgency."""
        self._emit(logging.WARNING, "warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """What failed."""
        self._emit(logging.ERROR, "error", event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        """A failure, with the stack of the exception being handled."""
        self._emit(logging.ERROR, "error", event, {"exc_info": True, **fields})

    def critical(self, event: str, **fields: Any) -> None:
        """A failure that stops the service."""
        self._emit(logging.CRITICAL, "critical", event, fields)


class _Handler(logging.Handler):
    """Writes the same lines for libraries that log through the standard library."""

    def __init__(self, write: Callable[[bytes], None], render: Render) -> None:
        super().__init__()
        self._write = write
        self._render = render

    def emit(self, record: logging.LogRecord) -> None:
        """Write ``record`` as a line."""
        try:
            event: EventDict = {
                "event": record.getMessage(),
                "module": record.module,
                "function": record.funcName,
                "line": record.lineno,
                "exc_info": record.exc_info,
            }
            self._write(self._render(record, record.levelname.lower(), event) + b"\n")
        except Exception:  # a line that cannot be written must not stop the work
            self.handleError(record)


def configure_logging(
    *, level: str = "INFO", stream: TextIO | None = None, form: str = "json"
) -> None:
    """Send every log of this process from ``level`` on to ``stream`` (standard output).

    ``form`` is json, console, or auto: console if the stream is a terminal. Applications in one
    process share this configuration, as they share the output. uvicorn's access log is switched
    off: ours knows the route and costs less.
    """
    out = stream or sys.stdout
    write = _writer(out)
    line: Render = render
    if form == "console" or (form == "auto" and out.isatty()):
        line = console_renderer(colors=out.isatty())
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[],
        wrapper_class=type("LevelLogger", (LineLogger,), {"threshold": threshold}),
        logger_factory=lambda name="app": _Lines(name, write, line),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Handler(write, line)]
    root.setLevel(threshold)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    # httpx and httpcore log URLs with their queries; Alembic logs every step.
    for name in ("httpx", "httpcore", "alembic"):
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False
    access.disabled = True


def _writer(stream: TextIO) -> Callable[[bytes], None]:
    """Writes whole lines, one thread at a time, bypassing the text layer if there is one.

    It keeps the stream and not only its buffer, because a garbage-collected text layer closes the
    buffer.
    """
    lock = threading.Lock()

    def write_text(line: bytes) -> None:
        with lock:
            stream.write(line.decode("utf-8"))
            stream.flush()

    def write_bytes(line: bytes) -> None:
        with lock:
            stream.buffer.write(line)
            stream.buffer.flush()

    return write_bytes if hasattr(stream, "buffer") else write_text
