"""Every program that a test starts, other than Python, is asked for in one place; what is missing is said there."""

import re
from pathlib import Path

import pytest
from needs import missing
from program_starts import find_foreign_starts
from programs import PACKAGES, program

ROOT = Path(__file__).parents[2]
HELPERS = [ROOT / "tests" / "support" / name for name in ("programs.py", "children.py")]
IN_EVERY_DEBIAN = {"bash", "dash", "mount"}
IMPORTS = """
import asyncio, os, shutil, subprocess, sys
from functools import partial
from pathlib import Path
from children import running
from environments import environment_python
from programs import made, program
"""
SKIPPING = ("needs.py", "environments.py", Path(__file__).name)


def test_no_test_starts_a_program_that_it_did_not_ask_for() -> None:
    files = sorted((ROOT / "tests").rglob("*.py"))
    found = {path.relative_to(ROOT).as_posix(): find_foreign_starts(path.read_text()) for path in files}
    for helper in HELPERS:  # one looks them up, the other starts what it is given
        assert found.pop(helper.relative_to(ROOT).as_posix()) != []
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert len(files) > 100


@pytest.mark.parametrize(
    "code",
    [
        "subprocess.run(['openssl', 'req'])",
        "import subprocess as s; s.check_output(args=['git', 'log'])",
        "subprocess.Popen('mosquitto -v', shell=True)",
        "from subprocess import run as start; start(['/usr/bin/gcc', 'a.c'])",
        "subprocess.run([sys.executable], executable='/bin/sh')",
        "name = 'git'; command = [name, 'log']; subprocess.run(command)",
        "command = [sys.executable]; command = ['git']; subprocess.run(command)",
        "def start(name): subprocess.run([name])\nstart('git')",
        "def start(command): subprocess.run(command)",
        "def command(): return ['git']\nsubprocess.run(command())",
        "class Broker:\n  name = 'x'\n  def start(self): subprocess.run([self.name])",
        "partial(subprocess.run, check=True)",
        "start = subprocess.run",
        "subprocess.run(f'{tool} log'.split())",
        "subprocess.getoutput('git log')",
        "os.system('git log')",
        "from os import execvp; execvp('git', ['git'])",
        "shutil.which('git')",
        "with running(['git', 'log']) as process: pass",
        "asyncio.create_subprocess_exec('git')",
    ],
)
def test_another_way_to_start_one_is_found(code: str) -> None:
    assert len(find_foreign_starts(IMPORTS + code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "subprocess.run([sys.executable, '-c', 'pass'])",
        "command = [sys.executable, '-c']; command += ['pass']; subprocess.run([*command, 'x'])",
        "subprocess.run([str(Path(sys.executable).with_name('edge-run'))])",
        "BIN = Path(sys.executable).parent; subprocess.run([BIN / 'edge-run'])",
        "subprocess.run([environment_python('lean')])",
        "subprocess.run([program('openssl'), 'req'])",
        "subprocess.run([made(folder / 'program')])",
        "with running([sys.executable, '-c', 'pass']) as process: pass",
        "def start(name): subprocess.run([name])\nstart(sys.executable)",
        "def start(name): subprocess.run([name])\nstart(str(folder / 'bin' / 'python'))",
        "def note(process: subprocess.Popen[str]) -> None: ...",
        "def command():\n  def build(): return [sys.executable]\n  return build\ndef test(): subprocess.run(command())",
    ],
)
def test_pythons_and_what_the_helper_gives_are_no_offence(code: str) -> None:
    assert find_foreign_starts(IMPORTS + code) == []


def test_nothing_is_skipped_in_another_way() -> None:
    """Else it would be skipped under CI as well."""
    files = [path for path in (ROOT / "tests").rglob("*.py") if path.name not in SKIPPING]
    skips = re.compile(r"pytest\.(skip\(|importorskip|mark\.skip)")
    assert [path.name for path in files if skips.search(path.read_text())] == []


def test_a_program_that_is_there_is_given_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, name in (("bin", "openssl"), ("sbin", "mosquitto"), ("bin", "google-chrome")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert program("openssl") == str(tmp_path / "bin" / "openssl")
    assert program("mosquitto") == str(tmp_path / "sbin" / "mosquitto"), "where servers are"
    assert program("chromium") == str(tmp_path / "bin" / "google-chrome")


@pytest.mark.parametrize("name", sorted(PACKAGES.keys() - {"/usr/bin/python3"}))
def test_without_a_program_the_test_is_skipped_and_fails_under_ci(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    said = f"{name} is not installed: it is in Debian's package {PACKAGES[name]}; run: tools/install-debian-packages"
    reason = f"^{re.escape(said)}"
    with pytest.raises(pytest.skip.Exception, match=f"{reason}$"):
        program(name)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=reason):
        program(name)


def test_ci_may_say_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("CI_LACKS", "small-disk,shared-data")
    with pytest.raises(pytest.skip.Exception, match=r"^no disk$"):
        missing("small-disk", "no disk")
    with pytest.raises(pytest.fail.Exception, match=r"^no GPU \(under CI a failure; CI_LACKS=gpu allows it\)$"):
        missing("gpu", "no GPU")


def test_every_package_that_a_reason_names_is_one_that_the_script_installs() -> None:
    script = (ROOT / "tools" / "install-debian-packages").read_text()
    assert set(PACKAGES.values()) - IN_EVERY_DEBIAN <= set(re.split(r"[\s()]+", script))
