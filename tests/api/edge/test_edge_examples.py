"""The examples of answers are real: recorded, and what the service answers today.

That each fits its schema is asserted with all examples of the document.
"""

import subprocess
import sys
from pathlib import Path

from app.api.contract_recorded import FILE
from tests.support.command import ROOT
from tests.support.document import operations

WITHOUT = {"post /api/v1/auth/login 202": "no owner has a second factor when the walk begins"}


def test_every_success_has_an_example() -> None:
    without = {
        f"{method} {path} {status}"
        for method, path, operation in operations()
        for status, answer in operation["responses"].items()
        if status.startswith("2") and path.startswith("/api/v1/")
        if "example" not in answer.get("content", {}).get("application/json", {"example": None})
    }
    assert without == WITHOUT.keys()


def test_the_examples_are_what_the_service_answers(tmp_path: Path) -> None:
    """A difference is a change of the API: record again, and read what changed.

    In a process of its own, because what other tests did before would show in the names.
    """
    again = tmp_path / "recorded.json"
    command = [sys.executable, "-m", "tests.support.recording", str(again)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert again.read_text() == FILE.read_text(), "run scripts/record-examples"
