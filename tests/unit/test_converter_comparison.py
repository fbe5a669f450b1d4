import numpy as np
import pytest

from converter.comparison import NO_CLASS, class_drops, predicted_classes


def test_each_class_is_compared_on_its_own_images_and_the_worst_comes_first() -> None:
    truth = np.array([0, 0, 0, 0, 1, 1, 3])
    before = np.array([0, 0, 0, 1, 1, 0, 3])
    after = np.array([0, 1, 1, 1, 1, 1, 3])
    rows = class_drops(("a", "b", "c", "d"), truth, before, after)
    assert [(row.label, row.images, row.reference, row.candidate) for row in rows] == [
        ("a", 4, 0.75, 0.25),
        ("d", 1, 1.0, 1.0),
        ("b", 2, 0.5, 1.0),
    ]
    assert [row.drop_pp for row in rows] == pytest.approx([50, 0, -50])


def test_a_row_with_a_score_that_is_no_number_has_no_class() -> None:
    scores = np.array([[0.1, 0.9], [np.nan, 0.9], [0.5, np.inf]], np.float32)
    assert predicted_classes(scores).tolist() == [1, NO_CLASS, NO_CLASS]
