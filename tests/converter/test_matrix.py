"""edge-convert on the kinds of classifier that people have: each converts, or is refused in one line."""

from pathlib import Path

import pytest
from conversion_matrix import AXES, Cell, all_cells, convert, covering_cells, prepare_images

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare_images(tmp_path_factory.mktemp("images"))


@pytest.mark.parametrize("cell", covering_cells(), ids=" ".join)
def test_what_people_have_converts_or_is_refused_in_one_line(cell: Cell, images: Path, tmp_path: Path) -> None:
    outcome = convert(cell, tmp_path, images)
    assert outcome.kind != "wrong", outcome.line
    if cell.saved in (".keras", ".h5"):
        assert outcome.kind == "converted", outcome.line


def test_the_cells_cover_every_pair() -> None:
    cells = covering_cells()
    assert len(cells) < 60
    pairs = {(i, cell[i], j, cell[j]) for cell in all_cells() for i in range(5) for j in range(i)}
    assert {(i, cell[i], j, cell[j]) for cell in cells for i in range(5) for j in range(i)} == pairs
    assert len(list(all_cells())) == 3 * 4 * 3 * 8 * 3 == len({*all_cells()})
    assert [len(values) for values in AXES.values()] == [3, 4, 3, 8, 3]
