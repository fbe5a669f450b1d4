"""run.toml says what the command line says, is checked like it, and is overruled by it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.console.command import UsageError, parse_arguments
from edge_runtime.contracts.errors import ContractError
from edge_runtime.run.config_file import complete_options
from edge_runtime.run.options import make_run_parser

EVERYTHING = {
    "model": '"m.tflite"', "source": '"camera:0"', "backend": '"litert"', "threads": "2", "top-k": "3",
    "threshold": "0.5", "policy": '"every"', "max-fps": "5", "workers": "2", "roi": '"0,0,0.5,1"',
    "smooth": '["mean:3", "hysteresis:0.8,0.4"]', "min-duration": "1.5", "max-gap": "30", "max-silence": "600",
    "events": "true", "sink": '["jsonl", "csv:x"]',
    "check": "true", "sha256": f'"{"a" * 64}"', "verify": "true", "labels": '"labels.txt"', "normalization": '"-1..1"',
    "resize": '"letterbox"', "color": '"bgr"', "activation": '"softmax"', "task": '"binary"', "layout": '"nchw"',
    "output": "1", "image-size": "224",
}  # fmt: skip
AS_OPTIONS = [
    "m.tflite", "camera:0", "--backend", "litert", "--threads", "2", "--top-k", "3", "--threshold", "0.5", "--policy",
    "every", "--max-fps", "5", "--workers", "2", "--roi", "0,0,0.5,1", "--smooth", "mean:3", "--smooth",
    "hysteresis:0.8,0.4", "--min-duration", "1.5", "--max-gap", "30", "--max-silence", "600",
    "--events", "--sink", "jsonl", "--sink", "csv:x", "--check",
    "--sha256", "a" * 64, "--verify", "--labels", "labels.txt", "--normalization", "-1..1", "--resize", "letterbox",
    "--color", "bgr", "--activation", "softmax", "--task", "binary", "--layout", "nchw", "--output", "1",
    "--image-size", "224",
]  # fmt: skip


def completed(arguments: list[str]) -> dict[str, object]:
    options = parse_arguments(make_run_parser(), arguments)
    return vars(complete_options(options, make_run_parser(), arguments))


def from_file(tmp_path: Path, text: str, *arguments: str) -> dict[str, object]:
    (tmp_path / "run.toml").write_text(text)
    return completed(["--config", str(tmp_path / "run.toml"), *arguments])


def test_every_option_may_stand_in_the_file(tmp_path: Path) -> None:
    text = "\n".join(f"{key} = {value}" for key, value in EVERYTHING.items())
    found = from_file(tmp_path, text)
    assert found | {"config": None} == completed(AS_OPTIONS)
    options = {action.dest for action in make_run_parser()._actions}
    in_file = {key.replace("-", "_") for key in EVERYTHING}
    of_the_command_line = {"help", "version", "log_level", "config", "systemd_unit", "unit_user", "self_test"}
    assert options - in_file == {*of_the_command_line, "source_option"}  # which is a table in the file


def test_keys_may_have_underscores(tmp_path: Path) -> None:
    assert from_file(tmp_path, 'model = "m.tflite"\nsource = "camera:0"\nmax_fps = 2\n')["max_fps"] == 2


TABLE = 'model = "m.tflite"\nsource = "camera:0"\n[source_options]\nsize = "640x480"\nfps = 15\nhflip = true\n'


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {"size": "640x480", "fps": "15", "hflip": "true"}),
        (["--source-option", "fps=5"], {"size": "640x480", "fps": "5", "hflip": "true"}),
        (["m.tflite", "photos/"], {}),
        (["m.tflite", "rtsp://x", "--source-option", "stall=9"], {"stall": "9"}),
    ],
)
def test_source_options_belong_to_the_source(tmp_path: Path, arguments: list[str], expected: dict[str, str]) -> None:
    assert dict(from_file(tmp_path, TABLE, *arguments)["source_option"] or ()) == expected


def test_the_command_line_overrules_the_file(tmp_path: Path) -> None:
    text = 'model = "m.tflite"\nsource = "camera:0"\ntop-k = 3\nthreads = 2\nsink = ["jsonl", "csv:x"]\n'
    found = from_file(tmp_path, text, "--top-k", "5", "--sink", "console", "other.tflite")
    assert (found["model"], found["source"]) == ("other.tflite", "camera:0")
    assert (found["top_k"], found["threads"], found["sink"]) == (5, 2, ["console"])


def test_a_source_in_the_place_of_the_model_is_refused(tmp_path: Path) -> None:
    text = 'model = "m.tflite"\nsource = "camera:0"\n'
    with pytest.raises(UsageError, match=r"photos/: stands in the place of MODEL; to overrule the source in .* both"):
        from_file(tmp_path, text, "photos/")
    found = from_file(tmp_path, text, "m.tflite", "photos/")
    assert (found["model"], found["source"]) == ("m.tflite", "photos/")
    assert from_file(tmp_path, 'source = "camera:0"', "model.bin")["model"] == "model.bin"


def test_a_unit_does_not_drop_what_the_command_line_says(tmp_path: Path) -> None:
    text = 'model = "m.tflite"\nsource = "camera:0"\n'
    with pytest.raises(UsageError, match=r"runs .*run\.toml alone; put what you say of threads, sink into it"):
        from_file(tmp_path, text, "--systemd-unit", "--threads", "4", "--sink", "console")


def test_what_neither_says_keeps_its_default(tmp_path: Path) -> None:
    found = from_file(tmp_path, 'model = "m.tflite"\nsource = "camera:0"')
    assert found | {"config": None} == completed(["m.tflite", "camera:0"])


@pytest.mark.parametrize(
    "arguments",
    [["m.tflite", "--top-k", "5", "-"], ["--top-k", "5", "m.tflite", "-"], ["m.tflite", "-", "--top-k", "5"]],
)
def test_options_may_stand_anywhere(arguments: list[str]) -> None:
    found = completed(arguments)
    assert (found["model"], found["source"], found["top_k"]) == ("m.tflite", "-", 5)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("topk = 3", "unknown key 'topk'; known keys: model, source"),
        ("source_option = 'size=1x1'", "unknown key 'source_option'"),
        ("source_options = 3", "source_options: expected a table, [source_options]"),
        ("[source_options]\nsize = [1, 2]", "source_options: size: expected a text, a number or true, got [1, 2]"),
        ("top-k = 0", "top-k: '0' is not a whole number within 1..256"),
        ("top-k = 1.5", "top-k: '1.5' is not a whole number"),
        ("top-k = true", "top-k: expected a text or a number, got True"),
        ("threads = [1]", "threads: expected a text or a number"),
        ("events = 1", "events: expected true or false, got 1"),
        ('events = "yes"', "events: expected true or false"),
        ('policy = "some"', "policy: 'some' is not one of latest, every"),
        ('sink = "pigeon"', "sink: no sink 'pigeon'"),
        ('smooth = ["mean:0"]', "smooth: mean of 0 frames"),
        ("model = ", "no TOML"),
        ('log-level = "debug"', "unknown key 'log-level'"),
        ("[sink]\nkind = 1", "sink: expected a text or a number"),
        ("model = 3\nmodel = 4", "no TOML"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        from_file(tmp_path, line)
    assert str(caught.value).startswith(f"{tmp_path / 'run.toml'}: ")
    assert message in str(caught.value)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_configuration_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("config") / "run.toml"
    path.write_bytes(content)
    with pytest.raises((ContractError, UsageError)):  # there is no way to name a model and a source in so few bytes
        completed(["--config", str(path)])


@pytest.mark.parametrize(("arguments", "missing"), [([], "MODEL and SOURCE missing"), (["m.tflite"], "SOURCE missing")])
def test_a_model_and_a_source_are_needed(arguments: list[str], missing: str) -> None:
    with pytest.raises(UsageError, match=missing):
        completed(arguments)


def test_a_file_that_is_not_there_or_too_long_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"absent\.toml: cannot read: No such file"):
        completed(["--config", str(tmp_path / "absent.toml")])
    with pytest.raises(ContractError, match=r"run\.toml: more than 1 MiB"):
        from_file(tmp_path, "#" * ((1 << 20) + 1))
