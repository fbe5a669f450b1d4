"""edge-eval, through its door: kinds of MODEL side by side, kinds of DATA, its files, and what does not fit."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shared import needs_shared_data
from small_run import write_color_images, write_color_model
from stranger_models import color_model, write_labels

from converter.cli import main as edge_convert
from converter.evaluate import EvaluationReport, PredictionReport
from converter.evaluate.cli import main
from edge_runtime.contracts.codec import decode, parse_json

pytestmark = pytest.mark.tensorflow

COLORS = ("red", "green", "blue")
SAYS = ["--normalization", "-1..1"]


@pytest.fixture(scope="module")
def files(small_run: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The float32 and the int8 file of ``small_run``."""
    folder = tmp_path_factory.mktemp("files")
    made = [folder / "float32.tflite", folder / "int8.tflite"]
    for path in made:
        assert edge_convert([str(small_run), "--out", str(path), "--quantize", path.stem]) == 0
    return made


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Images of three colours, one of them in the wrong folder."""
    data = write_color_images(tmp_path / "mixed", 3, seed=400)
    (data / "red" / "0.png").rename(data / "blue" / "red.png")
    return data


def report_of(path: Path) -> EvaluationReport:
    return decode(EvaluationReport, parse_json(path.read_bytes(), str(path)), str(path))


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def run(*words: object) -> int:
    return main([str(word) for word in words])


def test_models_of_all_kinds_stand_side_by_side(
    small_run: Path, files: list[Path], mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, rows = tmp_path / "report.json", tmp_path / "rows.csv"
    models = [small_run, small_run / "model.keras", *files]
    assert run(*models, mixed, *SAYS, "--out", out, "--rows", rows) == 0
    printed = capsys.readouterr()
    report = report_of(out)
    assert [model.name for model in report.models] == list(map(str, models))
    assert [model.figures.top_1 for model in report.models] == [pytest.approx(8 / 9)] * 4
    assert [each.difference_pp for each in report.differences] == [0, 0, 0]
    assert report.classes == COLORS
    for model in report.models:
        assert re.search(rf"^{re.escape(model.name)} +0\.8889 ", printed.out, re.MULTILINE)
        (worst,) = model.worst
        assert (worst.image, worst.truth, worst.answer) == ("blue/red.png", "blue", "red")
        assert worst.truth_score < 0.2 < worst.score
    assert "model.keras: its classes are taken for those of " + str(small_run) in printed.err
    found = read_rows(rows)
    assert len(found) == 9 * 4
    assert {row["image"] for row in found if row["right"] == "0"} == {"blue/red.png"}
    for row in found:
        scores = {color: float(row[f"score {color}"]) for color in COLORS}
        assert max(scores, key=lambda color: scores[color]) == row["answer"]
        assert float(row["score"]) == pytest.approx(max(scores.values()), abs=1e-5)


def test_the_page_is_one_file_with_pictures(files: list[Path], mixed: Path, tmp_path: Path) -> None:
    other = tmp_path / "blind.keras"
    model = color_model()
    model.get_layer("classes").set_weights([np.zeros((3, 3)), np.array([0.0, 1.0, 0.0])])
    model.save(other)
    assert run(files[1], other, mixed, *SAYS, "--out", tmp_path / "report.json") == 0
    page = (tmp_path / "report.html").read_text()
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    report = report_of(tmp_path / "report.json")
    assert len(report.changed) == 6
    assert all([said.answer for said in each.said] != ["green", "green"] for each in report.changed)
    pictures = re.findall(r'<img alt="([^"]+)" src="data:image/jpeg;base64,', page)
    wrong = [1 + 1, 6 + 6]  # each list of mistakes
    assert len(pictures) == len(report.changed) + sum(wrong)
    assert page.count("<svg") == 2
    (difference,) = report.differences
    assert (difference.gained, difference.lost) == (0, 5)
    assert difference.interval_pp[1] < 0


def test_a_strangers_file_and_a_folder_in_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "stranger.h5"
    color_model(activation=None).save(model)
    for part in ("train", "test"):
        write_color_images(tmp_path / "data" / part, 2, seed=len(part))
    labels = write_labels(tmp_path / "labels.txt")
    assert run(model, tmp_path / "data", *SAYS, "--labels", labels, "--out", tmp_path / "r.json") == 0
    report = report_of(tmp_path / "r.json")
    assert (report.images, report.data) == (6, str(tmp_path / "data" / "test"))
    (result,) = report.models
    assert (result.figures.top_1, result.activation) == (1.0, "softmax")
    assert f"{tmp_path / 'data' / 'test'} is evaluated" in capsys.readouterr().err


def test_classes_in_another_order_are_brought_into_one(files: list[Path], mixed: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.keras"
    model = color_model()
    weights, bias = model.get_layer("classes").get_weights()
    model.get_layer("classes").set_weights([weights[:, ::-1], bias])
    model.save(turned)
    (tmp_path / "labels.txt").write_text("blue\ngreen\nred\n")
    assert run(files[0], turned, mixed, *SAYS, "--labels", tmp_path / "labels.txt", "--out", tmp_path / "r.json") == 0
    report = report_of(tmp_path / "r.json")
    assert report.changed == ()
    assert report.models[1].figures.per_class == pytest.approx(report.models[0].figures.per_class)


def test_several_labels_from_a_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = color_model(activation="sigmoid")
    weights, _ = model.get_layer("classes").get_weights()
    model.get_layer("classes").set_weights([weights, np.full(3, -2.0)])
    model.save(tmp_path / "m.keras")
    shown = [("red",), ("red", "green"), ("green", "blue"), (), ("blue",)]
    lines = ["filename,red,green,blue"]
    for number, colors in enumerate(shown):
        pixel = tuple(255 * (color in colors) for color in COLORS)
        Image.new("RGB", (12, 12), pixel).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{','.join(str(int(color in colors)) for color in COLORS)}")
    lines[-1] = "4.png,0,1,1"  # green is not seen
    (tmp_path / "data.csv").write_text("\n".join(lines) + "\n")
    words = (*SAYS, "--labels", write_labels(tmp_path / "labels.txt"), "--task", "multi-label")
    assert run(tmp_path / "m.keras", tmp_path / "data.csv", *words, "--out", tmp_path / "r.json") == 0
    report = report_of(tmp_path / "r.json")
    figures = report.models[0].figures
    assert (report.task, figures.metric, figures.top_1) == ("multi-label", "micro-f1", 0.8)
    assert figures.micro_f1 == pytest.approx(2 * 6 / (6 + 7))
    (worst,) = report.models[0].worst
    assert (worst.image, worst.truth, worst.answer) == ("4.png", "green, blue", "blue")
    assert "all right" in capsys.readouterr().out
    assert (tmp_path / "r.html").read_text().count("<svg") == 2


def test_images_without_labels_are_predicted(
    files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = write_color_images(tmp_path / "images", 2, seed=1) / "green"
    assert run(files[1], photos, "--out", tmp_path / "r.json", "--rows", tmp_path / "rows.csv") == 0
    content = parse_json((tmp_path / "r.json").read_bytes(), "r.json")
    report = decode(PredictionReport, content, "r.json")
    assert [(each.image, each.said[0].answer) for each in report.predictions] == [
        ("0.png", "green"),
        ("1.png", "green"),
    ]
    assert re.search(r"^0\.png .* green +0\.\d+$", capsys.readouterr().out, re.MULTILINE)
    assert (tmp_path / "r.html").read_text().count("<img ") == 2
    assert [(row["truth"], row["right"]) for row in read_rows(tmp_path / "rows.csv")] == [("", "")] * 2


def test_images_that_trained_a_model_are_said(small_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(small_run, small_run.parent / "data" / "train") == 0
    assert f"{small_run}: 18 of the 18 images trained it" in capsys.readouterr().err
    assert run(small_run, small_run.parent / "data") == 0
    assert "trained" not in capsys.readouterr().err


def test_what_does_not_fit_is_one_line(
    small_run: Path, files: list[Path], mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two = tmp_path / "two.keras"
    write_color_model(two, outputs=4)
    (mixed / "violet").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "d.csv").write_text("filename,label\n")
    Image.new("RGB", (9, 9)).save(mixed / "violet" / "0.png")
    refused: list[tuple[int, list[object], str]] = [
        (1, [files[1], mixed], "'violet' is none of the classes red, green, blue"),
        (1, [files[1], two, mixed / "red", *SAYS], "only models of the same classes stand side by side"),
        (1, [files[1], tmp_path / "empty"], "no class folders and no image in it"),
        (1, [tmp_path / "gone.tflite", mixed], "gone.tflite: no such file or folder"),
        (1, [files[1], mixed / "red", "--labels", tmp_path / "l.txt"], "leave --labels out"),
        (1, [small_run, tmp_path / "nowhere"], "nowhere: no such folder or CSV file"),
        (2, [files[1], tmp_path / "d.csv", "--rows", tmp_path / "d.csv"], "is DATA itself"),
        (2, [files[1], files[1], mixed], "a MODEL stands twice"),
        (2, [files[1], mixed, "--signature", "x"], "only a SavedModel has signatures"),
    ]
    for code, words, text in refused:
        assert run(*words, "--out", tmp_path / "none.json") == code
        line = [line for line in capsys.readouterr().err.splitlines() if text in line]
        assert len(line) == 1, text
    assert not (tmp_path / "none.json").exists()


@pytest.mark.slow  # 500 photos
@needs_shared_data
def test_published_models_reach_their_published_figures(shared_data: Path, tmp_path: Path) -> None:
    """As ../shared/data/README.md has them for squash, on every fourth photo within what so few allow."""
    tflite, photos = shared_data / "tflite", shared_data / "imagenet_500"
    names = tflite / "imagenet_labels_1001.txt"
    labels = names.read_text().splitlines()
    (tmp_path / "images").symlink_to(photos)
    known = read_rows(photos / "labels.csv")[::4]
    with (tmp_path / "data.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["filename", "label"])
        writer.writerows([row["filename"], f"{row['index_1001']} {labels[int(row['index_1001'])]}"] for row in known)
    model = tflite / "mobilenet_v1_0.25_224_uint8_metadata.tflite"
    words = ["--labels", names, "--resize", "squash:antialias", "--out", tmp_path / "r.json", "--log-level", "error"]
    assert run(model, tmp_path / "data.csv", *words) == 0
    figures = report_of(tmp_path / "r.json").models[0].figures
    assert figures.top_1 == pytest.approx(0.478, abs=0.08)
    assert figures.top_5 is not None
    assert figures.top_5 > figures.top_1 + 0.1
    assert "pairs that are confused most" in (tmp_path / "r.html").read_text()
    assert json.loads((tmp_path / "r.json").read_text())["schema"] == 1
