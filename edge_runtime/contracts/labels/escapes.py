r"""The text of string literals with escapes, such as ``caf\303\251`` or ``caf\xc3\xa9``. Nothing is evaluated."""

from __future__ import annotations

import re

from edge_runtime.contracts.errors import ContractError

_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|([0-3]?[0-7]{1,2})|(.))")
_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def unescape(literal: str) -> str:
    """What stands between the quotes of a literal, in which escapes are bytes of UTF-8.

    Raises:
        ContractError: the bytes are not UTF-8.
    """
    content = _ESCAPE.sub(_byte, literal.encode())
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ContractError(f"the name {literal[:40]!r} is not in UTF-8; write it in UTF-8") from error


def _byte(match: re.Match[bytes]) -> bytes:
    hexadecimal, octal, other = match.groups()
    if hexadecimal:
        return bytes([int(hexadecimal, 16)])
    if octal:
        return bytes([int(octal, 8)])
    return _CONTROL.get(other, other)
