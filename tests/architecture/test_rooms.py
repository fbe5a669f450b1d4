"""The house's rules on folders, imports and names, for the packages that ship; each rule is shown to fail, too."""

from pathlib import Path

import pytest
from house import House

ROOT = Path(__file__).parents[2]
PACKAGES = ("edge_runtime", "trainer", "converter", "benchmarks")
HOUSE = House(ROOT, PACKAGES)
MOST_MODULES = 12

LARGE = {"edge_runtime.contracts": "one file for each contract, and nothing else"}
"""Folders that may hold more modules, and why."""

FAMILIES = ("edge_runtime.contracts", "edge_runtime.console", "benchmarks.studies")
"""Rooms whose files are names of their own, and are imported as such."""

HEAVY = (
    "ai_edge_litert", "cv2", "flatbuffers", "jinja2", "keras", "matplotlib", "prometheus_client", "sklearn",
    "starlette", "tensorflow",
)  # fmt: skip
"""Libraries that cost: a room does not load them, so a file that does is imported by its own name."""

SHAPES = {
    "main": "what runs a command or a child process",
    "entry": "a console script",
    "resize": "the two implementations of resampling",
    "halve": "the two implementations of resampling",
    "add": "each subcommand's parser",
}
"""Names that a family's files share, and why."""


def test_no_folder_holds_more_than_a_dozen_modules() -> None:
    crowded = {name: count for name, count in HOUSE.modules_of_rooms().items() if count > MOST_MODULES}
    assert set(crowded) == set(LARGE), crowded


def test_every_folder_says_what_it_is_for() -> None:
    assert HOUSE.rooms_without_docstring() == []


def test_other_rooms_are_imported_by_their_name() -> None:
    assert HOUSE.imports_of_files(FAMILIES, HEAVY) == []


def test_no_files_import_one_another_in_a_circle() -> None:
    assert HOUSE.circle() == []


def test_no_public_name_is_taken_twice() -> None:
    taken = {package: HOUSE.names_taken_twice(package) for package in PACKAGES}
    assert {name for names in taken.values() for name in names} == set(SHAPES), taken


def build(root: Path, files: dict[str, str]) -> House:
    """A package ``shop`` of these files; folders get an ``__init__.py`` with a docstring where they are given none."""
    for name, text in files.items():
        path = root / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for folder in {path.parent for path in root.rglob("*.py")}:
        if not (folder / "__init__.py").exists() and folder.name != "bare":
            (folder / "__init__.py").write_text('"""A room."""')
    return House(root, ["shop"])


def test_a_crowded_folder_is_found(tmp_path: Path) -> None:
    house = build(tmp_path, {"front.py": "", **{f"attic/m{number}.py": "" for number in range(13)}})
    assert house.modules_of_rooms() == {"shop": 1, "shop.attic": 13}


def test_a_folder_that_says_nothing_is_found(tmp_path: Path) -> None:
    house = build(tmp_path, {"bare/m.py": "", "mute/__init__.py": "x = 1", "mute/m.py": "", "told/m.py": ""})
    assert house.rooms_without_docstring() == ["shop.bare", "shop.mute"]


@pytest.mark.parametrize(
    "text",
    [
        "from shop.kitchen.oven import bake",
        "from shop.kitchen import oven",
        "import shop.kitchen.oven",
        "try:\n    import shop.kitchen.oven\nexcept ImportError:\n    pass",
        "try:\n    pass\nexcept ImportError:\n    import shop.kitchen.oven",
        "class Cook:\n    from shop.kitchen.oven import bake",
    ],
)
def test_an_import_of_another_rooms_file_is_found(tmp_path: Path, text: str) -> None:
    house = build(tmp_path, {"kitchen/oven.py": "def bake(): ...", "counter/till.py": text})
    assert house.imports_of_files([], []) == ["shop.counter.till -> shop.kitchen.oven"]
    assert house.imports_of_files(["shop.kitchen"], []) == []


@pytest.mark.parametrize(
    "text",
    [
        "from shop.kitchen import bake",
        "from shop.kitchen import recipes",
        "from shop.errors import BurntError",
        "from shop.counter.drawer import open_drawer",
        "def sell():\n    from shop.kitchen.oven import bake",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.kitchen.oven import bake",
    ],
)
def test_imports_of_rooms_are_right(tmp_path: Path, text: str) -> None:
    kitchen = '"""Cooks."""\nfrom shop.kitchen.oven import bake\nfrom shop.kitchen.recipes import recipes'
    files = {"kitchen/__init__.py": kitchen, "kitchen/oven.py": "", "kitchen/recipes.py": "recipes = []"}
    files |= {"errors.py": "", "counter/drawer.py": "", "counter/till.py": text}
    assert build(tmp_path, files).imports_of_files([], []) == []


@pytest.mark.parametrize(
    ("heated", "is_right"),
    [
        ("import tensorflow.keras", True),
        ("from shop.kitchen.heat import on", True),
        ("def on(): import tensorflow", False),
    ],
)
def test_a_file_that_loads_a_heavy_library_may_be_named(tmp_path: Path, heated: str, is_right: bool) -> None:
    files = {"kitchen/heat.py": "import tensorflow", "kitchen/oven.py": heated}
    house = build(tmp_path, {**files, "counter/till.py": "from shop.kitchen.oven import bake"})
    assert (house.imports_of_files([], ["tensorflow"]) == []) == is_right


@pytest.mark.parametrize(
    ("files", "circle"),
    [
        ({"a/x.py": "import shop.a.y", "a/y.py": "from shop.a import x"}, ["shop.a.x", "shop.a.y"]),
        (
            {"a/x.py": "import shop.b.y", "b/y.py": "import shop.c", "c.py": "from shop.a.x import z"},
            ["shop.a.x", "shop.b.y", "shop.c"],
        ),
        (
            {"a/__init__.py": '"""A."""\nfrom shop.a.x import z', "a/x.py": "from shop.a import z"},
            ["shop.a", "shop.a.x"],
        ),
        ({"a/x.py": "import shop.a.y", "a/y.py": "def late():\n    import shop.a.x"}, []),
        ({"a/__init__.py": '"""A."""\nfrom shop.a.x import z', "a/x.py": "from shop.a import y", "a/y.py": ""}, []),
    ],
)
def test_a_circle_of_files_is_found(tmp_path: Path, files: dict[str, str], circle: list[str]) -> None:
    assert build(tmp_path, files).circle() == circle


def test_a_name_that_is_taken_twice_is_found(tmp_path: Path) -> None:
    oven = "def bake(): ...\ndef _stir(): ...\nclass Bread: ..."
    house = build(tmp_path, {"a/oven.py": oven, "b/grill.py": "async def bake(): ...\ndef _stir(): ...\nBread = 1"})
    assert house.names_taken_twice("shop") == {"bake": ["shop.a.oven", "shop.b.grill"]}
