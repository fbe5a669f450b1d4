"""edge-doctor as its users run it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge_runtime.console.child_process import console_script
from edge_runtime.doctor.cli import main

ROOT = Path(__file__).parents[3]
STATUSES = {"ok", "warning", "problem", "absent"}


def documented_section() -> str:
    text = (ROOT / "docs" / "commands.md").read_text()
    return text.partition("## edge-doctor\n")[2].partition("\n## ")[0]


def documented_example() -> dict[str, object]:
    return json.loads("".join(line for line in documented_section().splitlines() if line.startswith("    ")))


def test_json_is_as_documented(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--json"])
    report = json.loads(capsys.readouterr().out)
    example = documented_example()
    assert list(report) == list(example)
    assert report["schema"] == example["schema"]
    assert {tuple(finding) for finding in report["findings"]} == {tuple(example["findings"][0])}
    statuses = [finding["status"] for finding in report["findings"]]
    assert set(statuses) <= STATUSES
    assert code == ("problem" in statuses)
    names = [finding["name"] for finding in report["findings"]]
    rows = re.findall(r"^\| (`.+?) \|", documented_section(), re.MULTILINE)
    assert sorted(names) == sorted(name for row in rows for name in re.findall(r"`([^`]+)`", row))


def test_text_shows_every_finding_and_its_fix(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    main([])
    told = capsys.readouterr().out
    fixes = re.findall(r"^ +-> (.+)$", told, re.MULTILINE)
    assert re.findall(r"^(\w+) +([\w-]+)", told, re.MULTILINE) == [(each["status"], each["name"]) for each in findings]
    assert fixes == [each["mend"] for each in findings if each["mend"]]


def test_this_environment_has_what_the_tests_need() -> None:
    command = [*console_script("edge-doctor"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    found = {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert {found[name]["status"] for name in ("python", "numpy", "pillow", "opencv")} == {"ok"}
    assert found["ai-edge-litert"]["detail"].endswith("XNNPACK engages")
    assert done.stderr == ""


def test_help_states_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    said = capsys.readouterr().out
    assert "0 when nothing is a problem, 1 when something is" in said
    assert "edge-doctor --json" in said


def test_an_unknown_option_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--fix"])
    assert "--fix" in capsys.readouterr().err


def test_the_command_starts_without_numpy_and_without_the_runtime() -> None:
    code = "import edge_runtime.doctor.cli, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    assert not loaded & {"numpy", "PIL", "cv2", "ai_edge_litert", "edge_runtime.inference.classifier"}
