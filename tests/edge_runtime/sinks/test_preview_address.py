"""Where the preview listens, and when a token is needed."""

import pytest

from edge_runtime.errors import SinkError
from edge_runtime.sinks.preview.address import read_address

TOKEN = "a token of some length"


@pytest.mark.parametrize(
    ("target", "host", "port"),
    [
        ("", "127.0.0.1", 8080),
        ("9000", "127.0.0.1", 9000),
        ("localhost:9000", "localhost", 9000),
        ("[::1]:0", "::1", 0),
    ],
)
def test_this_machine_needs_no_token(target: str, host: str, port: int) -> None:
    found = read_address(target, {})
    assert (found.host, found.port, found.token) == (host, port, None)
    assert found.is_loopback
    assert read_address(target, {"EDGE_PREVIEW_TOKEN": TOKEN}).token == TOKEN


@pytest.mark.parametrize("target", ["0.0.0.0:8080", "[::]:8080", "192.168.1.7:80"])
def test_others_do(target: str) -> None:
    first, second = read_address(target, {}), read_address(target, {})
    assert first.token_is_new
    assert len(first.token) >= 32
    assert first.token != second.token
    assert first.token not in repr(first)
    told = read_address(target, {"EDGE_PREVIEW_TOKEN": TOKEN})
    assert (told.token, told.token_is_new) == (TOKEN, False)


@pytest.mark.parametrize("target", ["x", "70000", "-1", "host.example:80", "127.0.0.1:", "1.2.3:80", "٣"])
def test_other_texts_are_refused(target: str) -> None:
    with pytest.raises(SinkError, match="expected preview"):
        read_address(target, {})


def test_a_short_token_is_refused() -> None:
    with pytest.raises(SinkError, match="EDGE_PREVIEW_TOKEN is shorter than 16"):
        read_address("0.0.0.0:80", {"EDGE_PREVIEW_TOKEN": "secret"})
