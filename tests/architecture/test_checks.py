"""The parts of scripts/check that decide by themselves."""

import json
import subprocess
from pathlib import Path

import pytest

from scripts import run_checks, scan_secrets
from scripts.run_checks import Result, Verdict

ROOT = Path(__file__).parents[2]
AUDITED = {"dependencies": [{"name": "fastapi", "version": "1", "vulns": []}], "fixes": []}
VULNERABLE = {"dependencies": [{"name": "fastapi", "version": "1", "vulns": [{"id": "X-1"}]}]}
SKIPPED = {"dependencies": [{"name": "fastapi", "skip_reason": "not found"}], "fixes": []}


@pytest.mark.parametrize(
    ("output", "answered"),
    [
        ("Found 1 known vulnerability\n" + json.dumps(VULNERABLE), True),
        ("No known vulnerabilities found\n" + json.dumps(AUDITED), True),
        (json.dumps(SKIPPED), False),
        ("ERROR:pip_audit: connection failed", False),
        ("", False),
    ],
)
def test_the_advisories_have_answered_only_when_they_judged(output: str, answered: bool) -> None:
    assert run_checks.is_answered(output) is answered


def audit_with(monkeypatch: pytest.MonkeyPatch, *answers: Result) -> Result:
    """The verdict when pip-audit answers like this, call by call."""
    queue = list(answers)
    monkeypatch.setattr(run_checks, "pip_audit", lambda *_: queue.pop(0))
    result = run_checks.audit()
    assert queue == []
    return result


def test_without_an_answer_nothing_counts_as_audited(monkeypatch: pytest.MonkeyPatch) -> None:
    result = audit_with(monkeypatch, Result(Verdict.PASSED, json.dumps(SKIPPED)))
    assert result.verdict is Verdict.NOT_DONE


@pytest.mark.parametrize("verdict", [Verdict.PASSED, Verdict.FAILED])
def test_with_an_answer_the_strict_audit_decides(
    monkeypatch: pytest.MonkeyPatch, verdict: Verdict
) -> None:
    strict = Result(verdict, "said")
    assert audit_with(monkeypatch, Result(Verdict.PASSED, json.dumps(AUDITED)), strict) is strict


def test_all_checks_run_and_one_failure_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = {
        "bad": lambda: Result(Verdict.FAILED, "what is wrong"),
        "good": lambda: Result(Verdict.PASSED, "not shown"),
        "blind": lambda: Result(Verdict.NOT_DONE, "no way out"),
    }
    monkeypatch.setattr(run_checks, "CHECKS", checks)
    assert run_checks.main([]) == 1
    printed = capsys.readouterr().out
    assert "FAILED  bad" in printed
    assert "what is wrong" in printed
    assert "not shown" not in printed
    assert "1 of 3 passed" in printed
    assert "*** NOT AUDITED: blind. This is no pass. no way out" in printed


def test_what_could_not_be_audited_is_loud_and_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = {"blind": lambda: Result(Verdict.NOT_DONE, "no way out")}
    monkeypatch.setattr(run_checks, "CHECKS", checks)
    assert run_checks.main(["blind"]) == 0
    printed = capsys.readouterr().out
    assert "0 of 1 passed" in printed
    assert "NOT AUDITED: blind" in printed


def test_an_unknown_check_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_checks.main(["mypi"]) == 2
    assert "mypi" in capsys.readouterr().err


def test_a_check_that_overruns_its_time_failed() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run_checks.run("sleep", "9", seconds_max=0)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git checkout with our baseline, its entries taken out, and one planted secret."""
    baseline = json.loads((ROOT / scan_secrets.BASELINE).read_text(encoding="utf-8"))
    baseline["results"] = {}
    (tmp_path / scan_secrets.BASELINE).write_text(json.dumps(baseline), encoding="utf-8")
    # Put together here, so that this file holds no secret itself.
    planted = "AKIA" + "Z7QWERTYUIOPASDF"
    (tmp_path / "deploy.py").write_text(f'# one\nkey = "{planted}"\n', encoding="utf-8")
    (tmp_path / "ignored.py").write_text(f'key = "{planted}"\n', encoding="utf-8")
    (tmp_path / ".gitignore").write_text("ignored.py\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def test_a_planted_secret_is_found_where_git_would_commit_it(checkout: Path) -> None:
    assert scan_secrets.unjudged(checkout) == ["deploy.py:2: AWS Access Key"]


def test_a_judged_finding_is_silent_until_its_text_changes(checkout: Path) -> None:
    scan_secrets.accept(checkout)
    assert scan_secrets.unjudged(checkout) == []
    file = checkout / "deploy.py"
    file.write_text("# another line above\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert scan_secrets.unjudged(checkout) == []
    file.write_text(file.read_text(encoding="utf-8").replace("Z7Q", "Z8Q"), encoding="utf-8")
    assert scan_secrets.unjudged(checkout) == ["deploy.py:3: AWS Access Key"]


def test_an_entry_counts_only_when_it_was_judged_harmless(checkout: Path) -> None:
    scan_secrets.accept(checkout)
    file = checkout / scan_secrets.BASELINE
    file.write_text(file.read_text(encoding="utf-8").replace("false", "true"), encoding="utf-8")
    assert scan_secrets.unjudged(checkout) == ["deploy.py:2: AWS Access Key"]


def test_no_finding_is_tried_out_over_the_network() -> None:
    baseline = json.loads((ROOT / scan_secrets.BASELINE).read_text(encoding="utf-8"))
    filters = [used["path"] for used in baseline["filters_used"]]
    assert filters
    assert not any("verification" in path for path in filters)
