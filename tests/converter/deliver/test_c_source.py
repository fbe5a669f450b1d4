"""The C source of an export: it compiles strictly, and computes what the runtime computes, bit by bit."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from packaged import write_packaged
from PIL import Image
from programs import made, program

from converter.deliver.c import c_array_files
from converter.deliver.c.arena import arena_define
from converter.deliver.c.literals import c_lines, c_numbers, c_string
from converter.deliver.c.operators import resolver_method
from converter.deliver.export import export_model
from converter.deliver.finished import read_finished_file
from converter.errors import ExportError
from converter.targets import known_operators
from converter.tflite import Graph, Operator, Tensor
from converter.tflite.facts import Quantization
from converter.tflite.packing import unpack_model, write_model
from edge_runtime.contracts.manifest import ModelManifest
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.inference import both_classes, dequantize, top_categories
from edge_runtime.model import find_model
from edge_runtime.model.file import read_model_file
from edge_runtime.preprocess import Preprocessor

STRICT = ["-O1", "-Wall", "-Wextra", "-Werror", "-pedantic"]
LANGUAGES = {"c99": ["gcc", "-std=c99"], "c++": ["g++", "-x", "c++", "-std=c++11"]}
FRAMES_IN_TENSORS_OUT = """
#include <stdio.h>
#include "edge_preprocess.h"
static uint8_t pixels[1 << 22];
static edge_input_t input[EDGE_INPUT_COUNT];
int main(void) {
  int32_t shape[3];
  while (fread(shape, sizeof shape[0], 3, stdin) == 3) {
    edge_frame_t frame;
    frame.pixels = pixels;
    frame.height = shape[0];
    frame.width = shape[1];
    frame.stride = shape[2];
    if (fread(pixels, 1, (size_t)(shape[0] * shape[2]), stdin) != (size_t)(shape[0] * shape[2])) return 2;
    if (edge_preprocess(&frame, input) != 0) return 3;
    fwrite(input, sizeof input[0], EDGE_INPUT_COUNT, stdout);
  }
  return 0;
}
"""
TENSORS_IN_CATEGORIES_OUT = """
#include <stdio.h>
#include "edge_postprocess.h"
int main(void) {
  static edge_output_t output[EDGE_OUTPUT_COUNT];
  while (fread(output, sizeof output[0], EDGE_OUTPUT_COUNT, stdin) == EDGE_OUTPUT_COUNT) {
    edge_category_t categories[EDGE_TOP_K];
    const int32_t count = edge_postprocess(output, categories, EDGE_TOP_K);
    int32_t i;
    for (i = 0; i < count; ++i) {
      printf("%d %s %a;", (int)categories[i].index, categories[i].label, (double)categories[i].score);
    }
    printf("\\n");
  }
  return 0;
}
"""


def build(folder: Path, main: str, language: str = "c99", more: Sequence[str] = ()) -> str:
    (folder / "main_of_test.c").write_text(main)
    sources = ["edge_model.c", "edge_preprocess.c", "edge_postprocess.c", "main_of_test.c"]
    first, *options = LANGUAGES[language]
    command = [program(first), *options, *STRICT, *more, *sources, "-o", "program"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return made(folder / "program")


def frames_of_many_sizes(seed: int, count: int = 50) -> list[np.ndarray]:
    """Noise, which hides nothing; sizes below, at, between and far above the input's."""
    rng = np.random.default_rng(seed)
    sizes = [(1, 1), (1, 40), (40, 1), (12, 16), (48, 64), (47, 63), (49, 65), (96, 128), (240, 320), (600, 31)]
    sizes += [(5, 10), (52, 72)]  # whose crops are of another size where a product and a sum are fused
    sizes += [tuple(rng.integers(2, 200, 2).tolist()) for _ in range(count - len(sizes))]
    frames = [rng.integers(0, 256, (*size, 3), np.uint8) for size in sizes]
    frames[-1] = np.full((90, 70, 3), 255, np.uint8)
    return frames


def preprocessed(spec: PreprocessSpec, tensor: TensorSpec, frames: Sequence[np.ndarray]) -> np.ndarray:
    preprocess = Preprocessor(spec, tensor)
    found = np.empty((len(frames), *tensor.shape), tensor.dtype)
    for frame, out in zip(frames, found, strict=True):
        preprocess(frame, out)
    return found


def preprocessed_in_c(compiled: str, frames: Sequence[np.ndarray], tensor: TensorSpec, gap: int = 0) -> np.ndarray:
    sent = b""
    for frame in frames:
        height, width, _ = frame.shape
        rows = np.pad(frame.reshape(height, -1), ((0, 0), (0, gap)), constant_values=99)
        sent += np.array([height, width, rows.shape[1]], np.int32).tobytes() + rows.tobytes()
    done = subprocess.run([compiled], input=sent, check=True, capture_output=True)
    return np.frombuffer(done.stdout, tensor.dtype).reshape(len(frames), *tensor.shape)


GIVEN = {
    "int8": ("int8", PreprocessSpec(12, 16)),
    "uint8": ("uint8", PreprocessSpec(12, 16, color="BGR", mean=(123.7, 116.3, 103.5), std=(58.4, 57.1, 57.4))),
    "float32": ("float32", PreprocessSpec(12, 16, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))),
    "grey": ("int8", PreprocessSpec(16, 12, "letterbox", color="GRAY", mean=(0.0,), std=(255.0,))),
    "crop": ("uint8", PreprocessSpec(12, 16, "center-crop", 0.875)),
    "whole crop": ("float32", PreprocessSpec(7, 13, "center-crop")),
    "letterbox": ("int8", PreprocessSpec(13, 7, "letterbox")),
    "antialias": ("int8", PreprocessSpec(12, 16, resampling="antialias")),
    "antialias crop": ("uint8", PreprocessSpec(7, 13, "center-crop", 0.9, "antialias")),
    "antialias letterbox": ("float32", PreprocessSpec(13, 7, "letterbox", resampling="antialias", color="GRAY")),
}


def labels_of(spec: PreprocessSpec) -> tuple[str, ...]:
    return ("red", "green", "blue")[: max(2, spec.channels)]


def exported(tmp_path: Path, dtype: str, spec: PreprocessSpec, **more: object) -> tuple[Path, ModelManifest]:
    task = "binary" if spec.channels == 1 else "single-label"
    arguments = {"dtype": dtype, "spec": spec, "labels": labels_of(spec), "task": task, **more}
    model = write_packaged(tmp_path / "m.tflite", **arguments)  # type: ignore[arg-type]
    export_model(model, ["c-array"])
    manifest = read_model_file(model).manifest
    assert manifest is not None
    return tmp_path / "m-c", manifest


@pytest.mark.parametrize("name", GIVEN)
def test_fifty_frames_become_the_runtimes_bytes(name: str, tmp_path: Path) -> None:
    dtype, spec = GIVEN[name]
    folder, manifest = exported(tmp_path, dtype, spec)
    frames = frames_of_many_sizes(len(name))
    language = "c++" if len(name) % 2 else "c99"
    # flags under which a compiler may fuse a product and a sum, as on a Cortex-M7: the source itself forbids it
    binary = build(folder, FRAMES_IN_TENSORS_OUT, language, ["-O2", "-march=native", "-ffp-contract=fast"])
    found = preprocessed_in_c(binary, frames, manifest.input, gap=len(name))
    expected = preprocessed(spec, manifest.input, frames)
    assert [i for i in range(50) if found[i].tobytes() != expected[i].tobytes()] == []


def test_channels_before_rows_and_columns_are_filled_as_the_runtime_does(tmp_path: Path) -> None:
    spec = PreprocessSpec(12, 16, mean=(0.0, 1.0, 2.0), std=(1.0, 2.0, 3.0))
    file = read_finished_file(write_packaged(tmp_path / "m.tflite", dtype="int8", spec=spec))
    tensor = replace(file.manifest.input, shape=(1, 3, 12, 16))
    files = c_array_files(replace(file, manifest=replace(file.manifest, input=tensor)))
    for path, content in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    frames = frames_of_many_sizes(1, 12)[2:]
    found = preprocessed_in_c(build(tmp_path / "m-c", FRAMES_IN_TENSORS_OUT), frames, tensor)
    assert (found == preprocessed(spec, tensor, frames)).all()


@pytest.mark.parametrize("name", ["int8", "antialias"])
def test_frames_of_impossible_size_are_refused(name: str, tmp_path: Path) -> None:
    dtype, spec = GIVEN[name]
    folder, manifest = exported(tmp_path, dtype, spec)
    binary = build(folder, FRAMES_IN_TENSORS_OUT, more=["-DEDGE_MAX_FRAME_SIDE=640"])
    fits = np.full((1, 640, 3), 7, np.uint8), np.full((640, 1, 3), 7, np.uint8)
    found = preprocessed_in_c(binary, fits, manifest.input)
    assert (found == preprocessed(spec, manifest.input, fits)).all()
    for height, width in ((641, 1), (1, 641), (0, 5), (5, 0), (-1, 5), (5, -1)):
        sent = np.array([height, width, 3 * width], np.int32).tobytes() + bytes(max(0, 3 * height * width))
        assert subprocess.run([binary], input=sent, check=False).returncode in (2, 3)


THRESHOLDS = (0.25, 0.5, 0.1)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "float32"])
@pytest.mark.parametrize("task", ["single-label", "multi-label", "binary"])
def test_categories_are_those_of_the_runtime(dtype: str, task: str, tmp_path: Path) -> None:
    spec = PreprocessSpec(4, 4, color="GRAY" if task == "binary" else "RGB", mean=(127.5,))
    thresholds = THRESHOLDS if task == "multi-label" else ()
    folder, manifest = exported(tmp_path, dtype, spec, task=task, thresholds=thresholds)
    rng = np.random.default_rng(0)
    shape = (50, manifest.output.shape[-1])
    if dtype == "float32":
        tensors = rng.choice([0.0, 0.1, 0.25, 0.4999999, 0.5, 1.0, -1.0, np.nan, np.inf, -np.inf], shape)
        tensors = tensors.astype(np.float32)
    else:
        tensors = rng.integers(manifest.output.lowest, manifest.output.lowest + 256, shape).astype(dtype)
        tensors[:20] = rng.integers(0, 3, (20, shape[1]))  # equal ones
    language = "c99" if task == "single-label" else "c++"
    binary = build(folder, TENSORS_IN_CATEGORIES_OUT, language)
    said = subprocess.run([binary], input=tensors.tobytes(), check=True, capture_output=True).stdout.decode()
    for line, tensor in zip(said.splitlines(), tensors, strict=True):
        scores = dequantize(tensor, manifest.output)
        scores = both_classes(scores) if task == "binary" else scores
        limits = np.asarray(thresholds, np.float32) if thresholds else 0.0
        expected = top_categories(scores, manifest.labels, 5, limits)
        found = [category.split(" ") for category in line.split(";")[:-1]]
        got = [(int(index), label, float.fromhex(score)) for index, label, score in found]
        assert got == [(category.index, category.label, category.score) for category in expected]


def test_five_categories_are_shown_and_of_several_labels_all(tmp_path: Path) -> None:
    file = read_finished_file(write_packaged(tmp_path / "m.tflite"))
    labels = tuple(f"label {index}" for index in range(30))
    shown = {}
    for task, thresholds in (("single-label", ()), ("multi-label", (0.5,) * 30), ("multi-label", (0.0,) * 30)):
        output = replace(file.manifest.output, shape=(1, 30))
        manifest = replace(file.manifest, task=task, labels=labels, output=output, thresholds=thresholds)
        header = c_array_files(replace(file, manifest=manifest))[tmp_path / "m-c" / "edge_model.h"].decode()
        shown[task, thresholds[:1]] = re.findall(r"#define EDGE_TOP_K (\d+)", header)
    assert list(shown.values()) == [["5"], ["30"], ["5"]]


LABELS = ('a "quoted" red', "Gänse\\blümchen ✓", "blue??/1 */ %s\t7")
SAY = """
#include <stdio.h>
#include "edge_model.h"
int main(void) {
  int i;
  for (i = 0; i < EDGE_LABEL_COUNT; ++i) printf("%s\\n", edge_labels[i]);
  printf("%s\\n%s\\n", EDGE_MODEL_NAME, EDGE_MODEL_RECIPE);
  printf("%.9g %d %.9g %d", (double)EDGE_INPUT_SCALE, EDGE_INPUT_ZERO_POINT, (double)EDGE_OUTPUT_SCALE,
         EDGE_OUTPUT_ZERO_POINT);
  return 0;
}
"""


def test_texts_of_strangers_stay_texts(tmp_path: Path) -> None:
    file = read_finished_file(write_packaged(tmp_path / "m.tflite", dtype="int8"))
    name, recipe = 'x */ int y; /* "', "int8??)\\"
    labels = (*LABELS[:2], "blue??/1 */ %s 7")
    files = c_array_files(replace(file, manifest=replace(file.manifest, name=name, recipe=recipe, labels=labels)))
    for path, content in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    for language in LANGUAGES:
        more = ["-trigraphs"] if language == "c99" else []
        said = subprocess.run([build(tmp_path / "m-c", SAY, language, more)], check=True, capture_output=True).stdout
        *texts, numbers = said.decode().splitlines()
        assert texts == [*labels, name, recipe]
        scale, zero, out_scale, out_zero = numbers.split()
        given, output = file.manifest.input, file.manifest.output
        assert (np.float32(scale), int(zero)) == (np.float32(given.scale), given.zero_point)
        assert (np.float32(out_scale), int(out_zero)) == (np.float32(output.scale), output.zero_point)


DUMP = """
#include <stdio.h>
#include "model_data.h"
int main(void) {
  fwrite(edge_model_data, 1, edge_model_size, stdout);
  return (size_t)edge_model_data % 16 != 0;
}
"""


@pytest.mark.parametrize("compiler", ["c99", "c++", "c11"])
def test_the_models_bytes_are_aligned_and_run_without_what_no_interpreter_needs(compiler: str, tmp_path: Path) -> None:
    model = write_packaged(tmp_path / "m.tflite", dtype="int8")
    export_model(model, ["c-array"])
    (tmp_path / "m-c" / "dump.c").write_text(DUMP)
    first, *options = LANGUAGES.get(compiler, ["gcc", "-std=c11"])
    command = [program(first), *options, *STRICT, "model_data.c", "dump.c", "-o", "dump"]
    subprocess.run(command, cwd=tmp_path / "m-c", check=True)
    content = subprocess.run([made(tmp_path / "m-c" / "dump")], check=True, capture_output=True).stdout
    assert len(content) < model.stat().st_size - 1000
    for text in (b"red", b"colors", b"edge_manifest.json", b"image", b"TFLITE_METADATA"):
        assert text in model.read_bytes()
        assert text not in content
    frame = np.random.default_rng(0).integers(-128, 128, (1, 6, 8, 3)).astype(np.int8)
    assert (run(content, frame) == run(model.read_bytes(), frame)).all()


def run(content: bytes, tensor: np.ndarray) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], tensor)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def test_the_arena_is_as_measured_else_estimated_and_said_to_be(tmp_path: Path) -> None:
    model = tmp_path / "m.tflite"
    model.write_bytes(Path(find_model("sample")).read_bytes())
    export_model(model, ["c-array"], arena_bytes=19_280)
    header, readme = tmp_path / "m-c" / "edge_model.h", tmp_path / "m-c" / "README.md"
    assert "#define EDGE_ARENA_BYTES 19280\n" in header.read_text()
    assert "takes 19,280 bytes, as measured" in readme.read_text()
    export_model(model, ["c-array"])
    found = re.search(r"/\* Not measured but estimated.*#define EDGE_ARENA_BYTES (\d+)\n", header.read_text(), re.S)
    assert found
    # 1.5 times the 15,680 bytes between layers, 20 tensors, 10 operators, 122 channels with a scale
    assert int(found[1]) == 23_520 + 20 * 24 + 10 * 164 + 122 * 8 + 1024
    assert "was not measured" in readme.read_text()


def test_weights_without_scales_add_nothing_to_the_estimate() -> None:
    scales = Quantization((1.0, 2.0, 3.0), (0, 0, 0), 0)
    tensors = [Tensor(i, "", (2, 2), "int8", scales if i == 2 else None, i and 4, i) for i in range(5)]
    operators = [
        Operator(number, name, 1, "", (0, weights), (4,), 4)
        for number, (name, weights) in enumerate([("CONV_2D", 1), ("CONV_2D", 2), ("ADD", 2)])
    ]
    define = arena_define(Graph("", (0,), (4,), tuple(tensors), tuple(operators)), None)
    assert f"EDGE_ARENA_BYTES {6 + 5 * 24 + 3 * 164 + 3 * 8 + 1024}\n" in define


def test_readme_and_header_say_how_frames_are_taken(tmp_path: Path) -> None:
    said = {}
    for name in ("crop", "antialias letterbox", "uint8"):
        (tmp_path / name).mkdir()
        folder, _ = exported(tmp_path / name, *GIVEN[name])
        readme, header = ((folder / file).read_text() for file in ("README.md", "edge_model.h"))
        resizing = re.search(r"- \*\*Resizing\*\* is: (.*)\.\n", readme)
        columns = re.search(r"#define EDGE_PIXELS_COLUMNS (\d)\n", header)
        assert resizing
        assert columns
        said[name] = resizing[1], "at most `EDGE_MAX_FRAME_SIDE` pixels" in readme, int(columns[1])
    assert said == {
        "crop": ("center-crop of 0.875 of its sides, bilinear", False, 1),
        "antialias letterbox": ("letterbox, antialias", True, 1),
        "uint8": ("squash, bilinear", False, 3),
    }


def test_numbers_become_literals_of_their_type() -> None:
    assert c_numbers(np.arange(-1, 19, dtype=np.int8)) == (
        "  -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,\n  15, 16, 17, 18,"
    )
    assert c_numbers(np.array([1, -0.0, 1 / 3], np.float32)) == (
        "  1.000000000e+00f, -0.000000000e+00f, 3.333333433e-01f,"
    )
    assert c_lines(["a", "b"]) == "  a,\n  b,"
    assert c_string('a"?\\ä7') == '"a\\042\\077\\134\\303\\2447"'


def test_make_compiles_it_and_says_what_the_example_lacks(tmp_path: Path) -> None:
    folder, _ = exported(tmp_path, "int8", GIVEN["int8"][1])
    subprocess.run([program("make"), "size"], cwd=folder, check=True, capture_output=True)
    assert (folder / "edge_preprocess.o").is_file()
    done = subprocess.run([program("make"), "classify"], cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert "TFLM=FOLDER is missing" in done.stderr


STAND_IN = Path(__file__).parents[2] / "support" / "stand_ins" / "tflm"


def test_the_example_goes_from_a_picture_to_labels(tmp_path: Path) -> None:
    """With a stand-in for TensorFlow Lite Micro, whose model averages each channel."""
    folder, _ = exported(tmp_path, "int8", PreprocessSpec(6, 8))
    done = subprocess.run(
        [program("make"), "classify", f"TFLM={STAND_IN}"], cwd=folder, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    frame = np.zeros((30, 40, 3), np.uint8)
    frame[...] = (10, 200, 90)
    Image.fromarray(frame).save(tmp_path / "green.ppm")
    command = [made(folder / "classify")]
    said = subprocess.run([*command, str(tmp_path / "green.ppm")], check=True, capture_output=True, text=True).stdout
    assert [line.split()[::2] for line in said.splitlines()] == [["1", "green"], ["2", "blue"], ["0", "red"]]
    (tmp_path / "large.ppm").write_bytes(b"P6 641 480 255\n" + bytes(641 * 480 * 3))
    for arguments in ([], [str(tmp_path / "none.ppm")], [str(tmp_path / "large.ppm")]):
        assert subprocess.run([*command, *arguments], check=False, capture_output=True).returncode == 2


METHODS = Path(__file__).parents[2] / "golden" / "micro_op_resolver_methods.txt"
"""For builtin operators, as ``tensorflow/lite/micro/micro_mutable_op_resolver.h`` of August 2026 has them."""


def test_each_operator_of_tensorflow_lite_micro_has_its_method() -> None:
    methods = {resolver_method(name) for name in known_operators("tflite-micro")}
    assert methods == set(METHODS.read_text().split())


def test_what_it_cannot_run_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    file = read_finished_file(write_packaged(tmp_path / "m.tflite", dtype="float32"))
    operators = schema.BuiltinOperator
    assert c_array_files(file)
    for code, dtype, problem in (
        (operators.GELU, schema.TensorType.FLOAT32, "is not in TensorFlow Lite Micro"),
        (operators.DEQUANTIZE, schema.TensorType.FLOAT16, "has float16 numbers; convert with --target micro"),
        (operators.CONV_2D, schema.TensorType.INT8, "computes float numbers with int8 weights; convert with"),
    ):
        model = unpack_model(file.content)
        model.operatorCodes[0].builtinCode, model.operatorCodes[0].deprecatedBuiltinCode = code, min(code, 127)
        model.subgraphs[0].tensors[0].type = dtype
        with pytest.raises(ExportError, match=f"^{operators_name(code)} of layer 'pooled' {problem}"):
            c_array_files(replace(file, content=write_model(model)))
    assert not (tmp_path / "m-c").exists()


def operators_name(code: int) -> str:
    return next(name for name, value in vars(schema.BuiltinOperator).items() if value == code)


def test_a_softmax_that_is_left_to_the_runtime_is_refused(tmp_path: Path) -> None:
    file = read_finished_file(write_packaged(tmp_path / "m.tflite"))
    with pytest.raises(ExportError, match="its softmax is not in its graph; convert the model again"):
        c_array_files(replace(file, manifest=replace(file.manifest, activation="softmax")))


def test_files_of_somebody_else_are_not_written_over(tmp_path: Path) -> None:
    model = write_packaged(tmp_path / "m.tflite")
    export_model(model, ["c-array"])
    export_model(model, ["c-array"])  # its own files are
    (tmp_path / "m-c" / "main.cc").write_text("int main() {}\n")
    with pytest.raises(ExportError, match=r"main\.cc: is not of edge-convert; move it away"):
        export_model(model, ["c-array"])
    assert (tmp_path / "m-c" / "main.cc").read_text() == "int main() {}\n"
