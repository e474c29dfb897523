"""Examples of answers, recorded from real ones by ``scripts/record-examples``."""

import json
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("recorded.json")


def recorded_examples() -> dict[str, dict[str, Any]]:
    """The body of each operation when it succeeds, by its path, method and status."""
    examples: dict[str, dict[str, Any]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return examples
