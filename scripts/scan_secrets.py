"""Finds likely secrets in the files that git tracks or would add.

    python scripts/scan_secrets.py            prints them and fails if there are any
    python scripts/scan_secrets.py --accept   records the present ones as harmless

A false positive is either marked on its line (``pragma: allowlist secret``) or listed in
``.secrets.baseline``, where only entries with ``"is_secret": false`` count. An entry is matched by
file and by the hash of the text, so it survives edits above it, and a changed text is a new
finding. Nothing is sent anywhere: findings are not tried out.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parents[1]
BASELINE = ".secrets.baseline"


def files(root: Path) -> list[str]:
    """The files of the checkout that are, or would be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return sorted(
        name for name in listed.split("\0") if name and name != BASELINE and (root / name).is_file()
    )


def scan(root: Path) -> dict[str, list[PotentialSecret]]:
    """The findings of each file, judged or not."""
    baseline = _read_baseline(root)
    settings = {key: baseline[key] for key in ("plugins_used", "filters_used")}
    with transient_settings(settings):
        found = SecretsCollection(root=str(root))
        for name in files(root):
            found.scan_file(name)
    by_file: dict[str, list[PotentialSecret]] = {}
    for name, secret in found:
        by_file.setdefault(name, []).append(secret)
    return by_file


def unjudged(root: Path) -> list[str]:
    """One line for each finding that is not accepted as harmless."""
    harmless = {
        (name, entry["hashed_secret"])
        for name, entries in _read_baseline(root)["results"].items()
        for entry in entries
        if entry.get("is_secret") is False
    }
    return [
        f"{name}:{secret.line_number}: {secret.type}"
        for name, secrets in scan(root).items()
        for secret in secrets
        if (name, secret.secret_hash) not in harmless
    ]


def accept(root: Path) -> None:
    """Record every present finding in the baseline as harmless."""
    results = {
        name: [
            {
                "type": secret.type,
                "filename": name,
                "hashed_secret": secret.secret_hash,
                "is_secret": False,
            }
            for secret in secrets
        ]
        for name, secrets in scan(root).items()
    }
    text = json.dumps({**_read_baseline(root), "results": results}, indent=2)
    (root / BASELINE).write_text(text + "\n", encoding="utf-8")


def _read_baseline(root: Path) -> dict[str, Any]:
    baseline: dict[str, Any] = json.loads((root / BASELINE).read_text(encoding="utf-8"))
    return baseline


def main(arguments: Sequence[str]) -> int:
    """Print the findings; the exit code says whether there are any."""
    if "--accept" in arguments:
        accept(ROOT)
    findings = unjudged(ROOT)
    if findings:
        print("\n".join(findings))
        print("Remove the secret. For a false positive, see the top of scripts/scan_secrets.py.")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
