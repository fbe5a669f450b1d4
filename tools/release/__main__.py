"""make dist: builds both distributions, checks them and describes them, all in dist/.

Writes two wheels, two source distributions, a CycloneDX list of what comes with each wheel, and SHA256SUMS. Exit code 1
where CHANGELOG.md, version and tag differ, where a wheel holds what it should not, or where a checker complains.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from tools.make_env import make_environment
from tools.release.build import ROOT, ReleaseError, Wheels, build_distributions, git
from tools.release.contents import PACKAGES, problems_of_contents
from tools.release.sbom import write_sboms
from tools.release.version import current_version, problems_of_version, tags_here

OUT = ROOT / "dist"


def main() -> int:
    """Runs the command; returns its exit code."""
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    _refuse(problems_of_version(current_version(), changelog, tags_here()))
    if git("status", "--porcelain"):
        print("make dist: there are uncommitted changes; what is built is no release", file=sys.stderr)
    shutil.rmtree(OUT, ignore_errors=True)
    wheels = build_distributions(OUT)
    _refuse(problems_of_contents(wheels))
    _check_with_tools(wheels)
    write_sboms(OUT)
    write_sums(OUT)
    for path in sorted(OUT.iterdir()):
        print(f"{path.stat().st_size:>9}  {path.relative_to(ROOT)}")
    return 0


def write_sums(folder: Path) -> Path:
    """Writes ``SHA256SUMS`` of all other files of ``folder``, as ``sha256sum --check`` reads it."""
    path = folder / "SHA256SUMS"
    files = sorted(file for file in folder.iterdir() if file != path)
    path.write_text("".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files))
    return path


def _check_with_tools(wheels: Wheels) -> None:
    _check_with("twine", "check", "--strict", *sorted(wheels.kit.parent.iterdir()))
    _check_with("check-wheel-contents", "--toplevel", ",".join(PACKAGES["runtime"]), wheels.runtime)
    # W002: the licence of the sample's images lies beside them and among the licences
    _check_with("check-wheel-contents", "--toplevel", ",".join(PACKAGES["kit"]), "--ignore", "W002", wheels.kit)


def _check_with(tool: str, *arguments: str | Path) -> None:
    command = [make_environment("dist").with_name(tool), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"{tool}: {done.stdout}{done.stderr}")


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ReleaseError("\n".join(problems))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ReleaseError, subprocess.CalledProcessError) as error:
        sys.exit(f"make dist: {error}")
