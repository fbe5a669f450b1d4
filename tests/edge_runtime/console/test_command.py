"""Exit codes and messages that all commands share."""

import logging
import os
import threading

import pytest

from edge_runtime.console.command import make_parser, parse_arguments, run_command, tool_version
from edge_runtime.console.native import native_output_as_debug
from edge_runtime.contracts.errors import EdgeDeployError


class RefusedError(EdgeDeployError):
    exit_code = 3


def run(body: object, *arguments: str) -> int:
    parser = make_parser("edge-try", "Tries.", "edge-try --range -1..1")
    parser.add_argument("--range", default="")
    return run_command(parser, body, arguments)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EdgeDeployError("x.json: broken"), 1),
        (RefusedError("x.json: broken"), 3),
        (OSError(28, "x.json: broken"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_errors_become_one_line_and_an_exit_code(
    error: BaseException, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    def body(options: object) -> int:
        raise error

    assert run(body) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith("edge-try: ")
    assert "broken" in err or code == 130


def test_debug_adds_the_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    def body(options: object) -> int:
        raise EdgeDeployError("two\nlines")

    assert run(body, "--log-level", "debug") == 1
    err = capfd.readouterr().err
    assert err.splitlines()[0] == "edge-try: two lines"
    assert "Traceback" in err


def test_an_unexpected_error_is_one_line_too(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(lambda _options: 1 // 0) == 1
    err = capfd.readouterr().err
    assert len(err.splitlines()) == 1
    assert "unexpected ZeroDivisionError" in err


@pytest.mark.parametrize("arguments", [("--range", "-1..1"), ("--range=-1..1",)])
def test_a_value_may_begin_with_a_dash(arguments: tuple[str, ...]) -> None:
    seen = []
    assert run(lambda options: seen.append(options.range) or 0, *arguments) == 0
    assert seen == ["-1..1"]


@pytest.mark.parametrize("words", ["--range 1 a b", "a --range 1 b", "a b --range 1", "a --range -1..1"])
def test_options_may_stand_anywhere_between_optional_words(words: str) -> None:
    parser = make_parser("edge-try", "Tries.", "edge-try a b")
    parser.add_argument("model", nargs="?")
    parser.add_argument("source", nargs="?")
    parser.add_argument("--range", required=True)
    options = parse_arguments(parser, words.split())
    assert (options.model, options.source) == ("a", "b" if "b" in words else None)


def test_wrong_usage_is_exit_code_2() -> None:
    with pytest.raises(SystemExit) as caught:
        run(lambda _options: 0, "--rang", "1")
    assert caught.value.code == 2


def test_help_shows_an_example_and_version_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--help", "--version"):
        with pytest.raises(SystemExit) as caught:
            run(lambda _options: 0, option)
        assert caught.value.code == 0
    out = capsys.readouterr().out
    assert "example:\n  edge-try --range -1..1" in out
    assert f"edge-try {tool_version()}" in out


def test_blocks_in_several_threads_leave_the_descriptors_as_they_were(capfd: pytest.CaptureFixture[str]) -> None:
    before = os.fstat(1).st_ino, os.fstat(2).st_ino
    started = threading.Barrier(4)

    def redirect() -> None:
        started.wait()
        for _ in range(50):
            with native_output_as_debug():
                os.write(1, b"chatter\n")

    threads = [threading.Thread(target=redirect) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (os.fstat(1).st_ino, os.fstat(2).st_ino) == before
    os.write(1, b"afterwards\n")
    assert capfd.readouterr().out == "afterwards\n"


def test_native_output_goes_to_the_debug_log(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "edge-deploy-kit"), native_output_as_debug():
        os.write(1, b"chatter on stdout\n")
        os.write(2, b"chatter on stderr\n")
    print("afterwards", flush=True)
    assert capfd.readouterr() == ("afterwards\n", "")
    assert {"chatter on stdout", "chatter on stderr"} <= set(caplog.messages)
