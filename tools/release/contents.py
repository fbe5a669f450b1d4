"""What the wheels hold: the device wheel's list of files is kept in tests/golden and compared, the kit's has rules.

``make update-wheel-list`` writes that list anew, after files of edge_runtime or benchmarks came, moved or went.
"""

from __future__ import annotations

import re
import sys
import tempfile
import zipfile
from pathlib import Path

from tools.release.build import ROOT, Wheels, build_distributions

GOLDEN = ROOT / "tests" / "golden" / "edge_deploy_runtime.wheel.txt"
MOST_BYTES = {"runtime": 500_000, "kit": 5_000_000}
PACKAGES = {"runtime": ("benchmarks", "edge_runtime"), "kit": ("converter", "trainer")}


def files_of(wheel: Path) -> list[str]:
    """The names of a wheel's files, sorted, without the version in them."""
    names = zipfile.ZipFile(wheel).namelist()
    return sorted(re.sub(r"^(\w+)-[^/]+\.dist-info/", r"\1.dist-info/", name) for name in names)


def problems_of_contents(wheels: Wheels) -> list[str]:
    """What the wheels hold and should not, or the other way round, one line each."""
    problems = _differences(GOLDEN.read_text("utf-8").splitlines(), files_of(wheels.runtime))
    own = (*(f"{package}/" for package in PACKAGES["kit"]), "edge_deploy_kit.dist-info/")
    foreign = [name for name in files_of(wheels.kit) if not name.startswith(own)]
    problems += [f"{wheels.kit.name}: {name} does not belong into it" for name in foreign]
    for kind, wheel in (("runtime", wheels.runtime), ("kit", wheels.kit)):
        size = wheel.stat().st_size
        if size > MOST_BYTES[kind]:
            problems.append(f"{wheel.name}: {size} bytes; at most {MOST_BYTES[kind]} are allowed")
        untyped = [package for package in PACKAGES[kind] if f"{package}/py.typed" not in files_of(wheel)]
        problems += [f"{wheel.name}: {package}/py.typed is missing" for package in untyped]
    return problems


def _differences(expected: list[str], found: list[str]) -> list[str]:
    extra = [f"the device wheel holds {name}" for name in sorted({*found} - {*expected})]
    missing = [f"the device wheel lacks {name}" for name in sorted({*expected} - {*found})]
    problems = extra + missing
    hint = f"; where that is meant: make update-wheel-list, which writes {GOLDEN.relative_to(ROOT)}"
    return [problem + hint for problem in problems[:1]] + problems[1:]


def main() -> int:
    """Writes the list anew."""
    with tempfile.TemporaryDirectory(prefix="wheel-list-") as folder:
        wheels = build_distributions(Path(folder))
        GOLDEN.write_text("".join(f"{name}\n" for name in files_of(wheels.runtime)), "utf-8")
    print(f"{GOLDEN.relative_to(ROOT)}: see what changed with: git diff")
    return 0


if __name__ == "__main__":
    sys.exit(main())
