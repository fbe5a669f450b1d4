"""Opens an address as the user wants it: with a password, and with or without a look at the server's certificate.

User and password are sent to the host in the address alone: not where it redirects to, and not without TLS where the
address has it.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Callable, Mapping
from http.client import HTTPMessage
from typing import IO, Any
from urllib.error import URLError
from urllib.parse import unquote, urlsplit
from urllib.request import (
    HTTPDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    HTTPRedirectHandler,
    OpenerDirector,
    Request,
    build_opener,
)

from edge_runtime.errors import SourceError
from edge_runtime.sources.address import without_password, without_user
from edge_runtime.sources.http.kept import KeptConnection
from edge_runtime.sources.options import SourceOption, choice_option

_LONGEST_REFUSAL = 1 << 16
HTTP_OPTIONS = (choice_option("auth", "auto", "digest"), SourceOption("verify", "FILE|off", str))


def make_opener(url: str, options: Mapping[str, Any]) -> OpenerDirector:
    """What opens ``url``, the address with its user and password.

    Args:
        url: where requests go.
        options: the values of HTTP_OPTIONS. ``auth``: "auto" answers as the server asks, "digest" never sends the
            password itself. ``verify``: a file with the certificate to trust, or "off".

    Raises:
        SourceError: the certificate cannot be read.
    """
    parts = urlsplit(url)
    context = _tls(without_password(url), options["verify"]) if "verify" in options else None
    kept = KeptConnection(context)
    handlers: list[Any] = [_Redirect(), kept]
    if parts.username is not None:
        passwords = HTTPPasswordMgrWithDefaultRealm()
        user, password = unquote(parts.username), unquote(parts.password or "")
        passwords.add_password(None, without_user(url), user, password)
        handlers.append(_Authorization(passwords, takes_basic=options.get("auth") != "digest"))
    opener = build_opener(*handlers)
    opener.close = kept.close  # type: ignore[method-assign] # the library's own does nothing
    return opener


def _tls(name: str, verify: str) -> ssl.SSLContext:
    if not name.startswith("https:"):
        raise SourceError(f"{name}: the source option verify is for https://")
    if verify == "off":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context
    try:
        return ssl.create_default_context(cafile=verify)
    except (OSError, ssl.SSLError) as error:
        raise SourceError(f"{name}: verify={verify}: cannot read a certificate (PEM): {error.strerror}") from error


class _Authorization(HTTPDigestAuthHandler):
    """Answers a server that asks who it is: by Digest where that is offered, else by Basic if it may."""

    def __init__(self, passwords: HTTPPasswordMgrWithDefaultRealm, *, takes_basic: bool) -> None:
        super().__init__(passwords)
        self._passwords = passwords
        self._takes_basic = takes_basic

    def http_error_401(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage) -> Any:  # noqa: ARG002
        """The answer with user and password; None where they were sent already, or are for another host."""
        user, password = self._passwords.find_user_password("", req.full_url)
        if user is None or password is None or req.has_header("Authorization"):
            return None
        fp.read(_LONGEST_REFUSAL)  # so that the connection is fit for another request
        offers = headers.get_all("WWW-Authenticate", [])
        digests = [offer for offer in offers if offer.lower().startswith("digest ")]
        if digests:
            return self.retry_http_digest_auth(req, digests[0])
        asks_for_basic = not offers or any(offer.lower().startswith("basic") for offer in offers)  # some say nothing
        if not (self._takes_basic and asks_for_basic):
            return None
        secret = base64.b64encode(f"{user}:{password}".encode()).decode()
        req.add_unredirected_header("Authorization", f"Basic {secret}")
        return self.parent.open(req, timeout=req.timeout)

    def get_algorithm_impls(self, algorithm: str) -> tuple[Callable[[str], str], Callable[[str, str], str]]:
        """The two functions of an algorithm of RFC 7616; the library knows MD5 and SHA."""
        if algorithm.upper() != "SHA-256":
            return super().get_algorithm_impls(algorithm)

        def digest(text: str) -> str:
            return hashlib.sha256(text.encode()).hexdigest()

        return digest, lambda secret, data: digest(f"{secret}:{data}")


class _Redirect(HTTPRedirectHandler):
    """Follows no redirect that leaves TLS."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """The request that a redirect asks for."""
        if req.type == "https" and not newurl.startswith("https:"):
            fp.close()
            raise URLError("it redirects to an address without TLS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
