"""The file of an export: a ZIP with one NDJSON file a table, and a manifest of what is in it.

It is written from front to back and never held in memory. The methods compress, so they are called
in a thread.
"""

import contextlib
import hashlib
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import IO, Any, cast

import orjson

from app.application.shared.wording import instant
from app.infrastructure.identity.companies.export_contents import Part, left_out

FORMAT = 1


class _Measured:
    """A stream that cannot go back, with the size and hash of what went through it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.hash = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.bytes += len(data)
        return self._stream.write(data)

    def flush(self) -> None:
        self._stream.flush()


class ExportWriter:
    """Writes one export."""

    def __init__(self, stream: IO[bytes], exponent: int) -> None:
        """``exponent`` is that of the currency of the company."""
        self._exponent = exponent
        self._measured = _Measured(stream)
        self._zip = zipfile.ZipFile(
            cast(IO[bytes], self._measured),  # all that is asked of it
            "w",
            zipfile.ZIP_DEFLATED,
        )
        self._entry: IO[bytes] | None = None
        self._hash = hashlib.sha256()
        self._rows = 0
        self._tables: list[dict[str, Any]] = []
        self.rows = 0

    @property
    def tables(self) -> int:
        """How many tables are written."""
        return len(self._tables)

    def begin(self, part: Part) -> None:
        """Begin the file of a table."""
        self._entry = self._zip.open(f"{part.name}.ndjson", "w", force_zip64=True)
        self._hash = hashlib.sha256()
        self._rows = 0

    def add(self, part: Part, rows: Sequence[Any]) -> None:
        """Add rows to it."""
        written = (part.row(row, self._exponent) for row in rows)
        text = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in written)
        self._hash.update(text)
        if self._entry is not None:
            self._entry.write(text)
        self._rows += len(rows)
        self.rows += len(rows)

    def end(self, part: Part) -> None:
        """End it."""
        if self._entry is not None:
            self._entry.close()
        self._tables.append(
            {
                "name": part.name,
                "file": f"{part.name}.ndjson",
                "rows": self._rows,
                "sha256": self._hash.hexdigest(),
                "columns": [{"name": name, "type": form} for name, form in part.columns],
                "left_out": list(part.left_out),
            }
        )

    def finish(self, company_id: str, revision: str, taken_at: datetime) -> tuple[int, str]:
        """Write the manifest and end the file; its bytes and its SHA-256."""
        manifest = {
            "format": FORMAT,
            "company_id": company_id,
            "taken_at": instant(taken_at),
            "schema_revision": revision,
            "tables": self._tables,
            "tables_left_out": left_out(),
        }
        self._zip.writestr("manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        self._zip.close()
        return self._measured.bytes, self._measured.hash.hexdigest()

    def close(self) -> None:
        """Let go of the stream, also of one that takes nothing any more."""
        for each in (self._entry, self._zip):
            if each is not None:
                with contextlib.suppress(OSError, ValueError):
                    each.close()
