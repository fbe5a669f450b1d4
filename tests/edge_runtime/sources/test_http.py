"""HTTP cameras: passwords by Basic and Digest, redirects, certificates, boundaries."""

import base64
import hashlib
import re
import ssl
import subprocess
import time
from itertools import islice
from pathlib import Path

import pytest
from mjpeg_server import Camera, jpeg
from programs import program

from edge_runtime.contracts.results import Frame
from edge_runtime.errors import SourceError
from edge_runtime.sources import open_source
from edge_runtime.sources.live import LiveSettings

RED = (255, 0, 0)
EVERY = LiveSettings(policy="every", first_pause=0.01, longest_pause=0.02)
BASIC = 'Basic realm="camera"'
DIGEST = 'Digest realm="camera", nonce="abc", qop="auth", algorithm={}'


class Guarded(Camera):
    """Lets in whoever knows that me has the password s/cret, by Digest where ``algorithm`` says one."""

    algorithm = ""

    def is_welcome(self, authorization: str | None) -> bool:
        if authorization is None:
            return False
        scheme, _, said = authorization.partition(" ")
        if scheme == "Basic":
            return not self.algorithm and base64.b64decode(said) == b"me:s/cret"
        values = dict(re.findall(r'(\w+)="?([^",]*)"?', said))
        return self.algorithm != "" and values["response"] == self.response(values)

    def response(self, values: dict[str, str]) -> str:
        """RFC 7616, 3.4.1."""

        def digest(text: str) -> str:
            return hashlib.new(self.algorithm.replace("-", "").lower(), text.encode()).hexdigest()

        known, asked = digest("me:camera:s/cret"), digest(f"GET:{values['uri']}")
        return digest(f"{known}:{values['nonce']}:{values['nc']}:{values['cnonce']}:{values['qop']}:{asked}")


def frames(address: str, options: dict[str, object] | None = None, count: int = 1) -> list[Frame]:
    source = open_source(address, EVERY, options)
    try:
        return list(islice(source, count))
    finally:
        source.close()


def with_password(address: str, password: str = "s%2Fcret") -> str:
    return address.replace("://", f"://me:{password}@")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("place", ["stream", "still"])
def test_digest_sends_no_password(algorithm: str, place: str) -> None:
    with Guarded([jpeg(RED)], "hang") as camera:
        camera.algorithm = algorithm
        camera.challenges = (BASIC, DIGEST.format(algorithm))
        (frame,) = frames(with_password(camera.url(place)))
        assert frame.source == camera.url(place)
    assert [(said or "-").split()[0] for said in camera.seen][:2] == ["-", "Digest"]
    assert "cret" not in str(camera.seen)


def test_basic_is_answered_where_it_alone_is_asked_for_and_may_be() -> None:
    with Guarded([jpeg(RED)], "hang") as camera:
        camera.challenges = (BASIC,)
        assert len(frames(with_password(camera.url()))) == 1
        assert camera.seen == [None, "Basic " + base64.b64encode(b"me:s/cret").decode()]
        camera.seen.clear()
        with pytest.raises(SourceError, match=f"{camera.url()}: cannot connect: Unauthorized"):
            frames(with_password(camera.url()), {"auth": "digest"})
        assert camera.seen == [None]


@pytest.mark.parametrize("algorithm", ["", "MD5"])
def test_a_wrong_password_is_tried_once_and_not_in_another_way(algorithm: str) -> None:
    with Guarded([jpeg(RED)], "hang") as camera:
        camera.algorithm = algorithm
        camera.challenges = (DIGEST.format(algorithm), BASIC) if algorithm else (BASIC,)
        with pytest.raises(SourceError, match="cannot connect: Unauthorized"):
            frames(with_password(camera.url(), "wrong"))
    assert [(said or "-").split()[0] for said in camera.seen] == ["-", "Digest" if algorithm else "Basic"]


def test_a_redirect_to_another_host_gets_no_password() -> None:
    with Guarded([jpeg(RED)], "hang") as other, Guarded([], "hang") as camera:
        other.challenges = camera.challenges = (BASIC,)
        camera.redirects_to = other.url()
        with pytest.raises(SourceError, match=f"{camera.url()}: cannot connect"):
            frames(with_password(camera.url()))
        assert other.seen == [None]


def test_a_redirect_on_the_same_host_is_followed_with_it() -> None:
    with Guarded([jpeg(RED)], "hang") as camera:
        camera.challenges = (BASIC,)

        class Once(str):
            def __bool__(self) -> bool:
                camera.redirects_to = ""
                return True

        camera.redirects_to = Once(camera.url("still"))
        assert len(frames(with_password(camera.url()))) == 1


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_certificate_is_trusted_where_the_user_says_so(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with Camera([jpeg(RED)], "hang") as camera, Camera([jpeg(RED)], "hang") as plain:
        camera.socket = context.wrap_socket(camera.socket, server_side=True)
        address = camera.url().replace("http:", "https:")
        with pytest.raises(SourceError, match=r"certificate verify failed.*trust its certificate with verify=FILE"):
            frames(address)
        assert len(frames(address, {"verify": str(certificate[0])})) == 1
        assert len(frames(address, {"verify": "off"})) == 1
        camera.redirects_to = plain.url()
        with pytest.raises(SourceError, match="redirects to an address without TLS"):
            frames(address, {"verify": "off"})
        assert plain.seen == []


def test_what_is_no_certificate_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("I am a text")
    for path in (tmp_path / "text", tmp_path / "absent"):
        with pytest.raises(SourceError, match=f"https://h/: verify={path}: cannot read a certificate"):
            open_source("https://h/", None, {"verify": str(path)})
    with pytest.raises(SourceError, match=r"http://h/: the source option verify is for https://"):
        open_source("http://h/", None, {"verify": "off"})


@pytest.mark.parametrize("with_length", [True, False])
@pytest.mark.parametrize(
    ("boundary", "delimiter"),
    [("foo", "--foo"), ("--foo", "----foo"), ("--foo", "--foo"), ('"a b"', "--a b"), ("-----x", "-------x")],
)
def test_boundaries_of_the_rfc_and_of_cameras(boundary: str, delimiter: str, with_length: bool) -> None:
    with Camera([jpeg(RED), jpeg(RED)], "end", with_length=with_length) as camera:
        camera.header_boundary, camera.delimiter = boundary, delimiter
        found = frames(camera.url(), None, 2)
    assert all(isinstance(frame, Frame) and frame.pixels[5, 5, 0] > 250 for frame in found)


FAST = {"interval": 0.05}


def test_snapshots_come_over_one_connection() -> None:
    with Camera([jpeg(RED)]) as camera:
        camera.protocol = "HTTP/1.1"
        assert len(frames(camera.url("still"), FAST, 5)) == 5
        assert camera.connections == 1
        assert camera.requests >= 5


def test_snapshots_go_on_where_the_server_keeps_no_connection() -> None:
    with Camera([jpeg(RED)]) as camera:
        assert len(frames(camera.url("still"), FAST, 3)) == 3
        assert camera.connections >= 3


@pytest.mark.parametrize("algorithm", ["", "SHA-256"])
def test_a_kept_connection_is_asked_for_the_password_and_redirects_too(algorithm: str) -> None:
    with Guarded([jpeg(RED)]) as camera:
        camera.protocol = "HTTP/1.1"
        camera.algorithm = algorithm
        camera.challenges = (DIGEST.format(algorithm),) if algorithm else (BASIC,)
        assert len(frames(with_password(camera.url("still")), FAST, 3)) == 3
        assert camera.connections == 1


def test_a_server_that_ends_the_kept_connection_is_asked_anew() -> None:
    with Camera([jpeg(RED)]) as camera:
        camera.protocol = "HTTP/1.1"
        source = open_source(camera.url("still"), EVERY, FAST)
        taken = iter(source)
        next(taken)
        camera.protocol = "HTTP/1.0"  # the next answer ends it
        assert all(isinstance(next(taken), Frame) for _ in range(4))
        assert source.counts.reconnects == 0
        source.close()


@pytest.mark.parametrize("name", ["X-Timestamp", "timestamp"])
def test_the_cameras_own_time_is_taken_where_it_is_believable(name: str) -> None:
    now_ns = time.time_ns()
    for said_ns, is_taken in ((now_ns - 90 * 10**9, True), (12345 * 10**9, False)):
        with Camera([jpeg(RED)], "hang") as camera:
            camera.part_headers = f"{name}: {said_ns / 1e9:.6f}\r\n"
            (frame,) = frames(camera.url())
        expected_ns = said_ns if is_taken else time.time_ns()
        assert abs(frame.captured_ns - expected_ns) < (1000 if is_taken else 30 * 10**9)
        assert time.monotonic_ns() - frame.monotonic_ns < 30 * 10**9  # ages do not go by it


def test_a_time_that_is_none_is_left_out() -> None:
    with Camera([jpeg(RED)], "hang") as camera:
        camera.part_headers = "X-Timestamp: nan\r\nX-Timestamp: inf\r\nX-Timestamp: now\r\n"
        (frame,) = frames(camera.url())
    assert abs(frame.captured_ns - time.time_ns()) < 30 * 10**9
