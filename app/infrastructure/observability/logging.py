"""JSON lines on one stream: our own events, and those of the libraries, in one form, redacted."""

import logging
import re
import sys
import threading
from collections.abc import Callable
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.processors import CallsiteParameter, CallsiteParameterAdder
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED: Final = "[redacted]"
# Every line has these keys, in this order (null where there is nothing to say).
FIXED_KEYS: Final = (
    "timestamp",
    "level",
    "logger",
    "message",
    "module",
    "function",
    "line",
    "request_id",
    "trace_id",
    "user_id",
    "tenant_id",
    "resource",
    "duration_ms",
)
_SECRET_KEYS: Final = re.compile(
    r"authorization|passw(or)?d|secret|token|cookie|api_?key|credential|private_?key", re.IGNORECASE
)
# Made by us, or refused unless well-formed. A trace id may hold digits that look like a card.
_SAFE_KEYS: Final = frozenset(FIXED_KEYS) - {"message"} | {"method", "status", "code"}
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_JWT: Final = re.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")
_BEARER: Final = re.compile(r"(?i)(bearer|basic)\s+[\w.~+/=-]{8,}")
_URL_PASSWORD: Final = re.compile(r"(://[^/\s:@]{0,100}:)[^@\s]{1,200}@")
_CARD: Final = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")
_ASSIGNED: Final = re.compile(
    r"(?i)\b(password|passwd|secret|token|api_?key)(['\"]?\s*[=:]\s*['\"]?)[^\s'\",;&}]+"
)
_DEPTH_MAX: Final = 6


def redact(text: str) -> str:
    """``text`` without e-mail addresses, tokens, passwords and card numbers."""
    if "@" in text:
        text = _URL_PASSWORD.sub(rf"\1{REDACTED}@", text)
        text = _EMAIL.sub(REDACTED, text)
    if "eyJ" in text:
        text = _JWT.sub(REDACTED, text)
    text = _BEARER.sub(rf"\1 {REDACTED}", text)
    text = _ASSIGNED.sub(rf"\1\2{REDACTED}", text)
    return _CARD.sub(_card, text)


def _card(match: re.Match[str]) -> str:
    """Only what passes the Luhn check is a card number; order numbers stay readable."""
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


def redact_event(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The processor: secrets by the name of their key, the rest by its form."""
    for key, value in event.items():
        if key in _SAFE_KEYS and not isinstance(value, dict | list | tuple | set):
            continue
        event[key] = (
            REDACTED if value is not None and _SECRET_KEYS.search(key) else _redacted(value)
        )
    return event


def _fixed_keys(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    line: EventDict = {key: event.pop(key, None) for key in FIXED_KEYS}
    line.update(event)
    return line


_callsite: Final = CallsiteParameterAdder(
    {CallsiteParameter.MODULE, CallsiteParameter.FUNC_NAME, CallsiteParameter.LINENO},
    additional_ignores=["app.infrastructure.observability.logging"],
)


def _add_callsite(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Where the event was logged; hot paths state it themselves, a walk up the stack is dear."""
    if "module" in event:
        return event
    event = dict(_callsite(logger, name, event))
    event["function"] = event.pop("func_name", None)
    event["line"] = event.pop("lineno", None)
    return event


def _add_logger_name(logger: WrappedLogger, _: str, event: EventDict) -> EventDict:
    record = event.pop("_record", None)
    event["logger"] = record.name if record is not None else getattr(logger, "name", None)
    return event


def _dumps(value: Any, **_: Any) -> bytes:
    return orjson.dumps(value, default=repr, option=orjson.OPT_NON_STR_KEYS)


class _Lines:
    """Writes finished lines; one write a line, so that threads do not mix them."""

    def __init__(self, name: str, write: Callable[[bytes], None]) -> None:
        self.name = name
        self._write = write

    def msg(self, line: bytes) -> None:
        """Write ``line``."""
        self._write(line + b"\n")

    debug = info = warning = error = critical = exception = log = fatal = msg


class _Handler(logging.Handler):
    """The same lines for what libraries log through the standard library."""

    def __init__(self, write: Callable[[bytes], None], chain: list[Processor]) -> None:
        super().__init__()
        self._write = write
        self._chain = chain

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._write(self._line(record) + b"\n")
        except Exception:  # noqa: BLE001 - a line that cannot be written must not stop the work
            self.handleError(record)

    def _line(self, record: logging.LogRecord) -> bytes:
        event: Any = {"event": record.getMessage(), "_record": record}
        if record.exc_info:
            event["exc_info"] = record.exc_info
        event.update(module=record.module, function=record.funcName, line=record.lineno)
        for processor in self._chain:
            event = processor(None, record.levelname.lower(), event)
        return bytes(event)


def processors() -> list[Processor]:
    """From an event to a line of JSON in bytes."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _add_logger_name,
        _add_callsite,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
        _fixed_keys,
        redact_event,
        structlog.processors.JSONRenderer(serializer=_dumps),
    ]


def configure_logging(*, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log of this process to ``stream`` (standard output) as JSON lines.

    Logging is the one thing that applications of one process share, as they share its output.
    uvicorn's own access log is switched off: ours knows the route and costs less.
    """
    out = stream or sys.stdout
    write = _writer(out)
    chain = processors()
    structlog.configure(
        processors=chain,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda name="app": _Lines(name, write),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Handler(write, chain)]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False
    access.disabled = True


def _writer(stream: TextIO) -> Callable[[bytes], None]:
    lock = threading.Lock()
    buffer = getattr(stream, "buffer", None)

    def write_text(line: bytes) -> None:
        with lock:
            stream.write(line.decode("utf-8"))
            stream.flush()

    def write_bytes(line: bytes) -> None:
        with lock:
            buffer.write(line)
            buffer.flush()

    return write_text if buffer is None else write_bytes
