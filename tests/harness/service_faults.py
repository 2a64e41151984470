"""What can go wrong with one answer of the live service of the tests."""

from __future__ import annotations

import time
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedIOBase

_PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"
_LONGEST_SECONDS = 60
_GIGABYTES = 2


class Fault(Enum):
    """An answer that is lost, or fails: before or after the service has acted."""

    CUT_BEFORE = auto()
    CUT_AFTER = auto()
    FAIL_BEFORE = auto()
    FAIL_AFTER = auto()


@dataclass(frozen=True)
class Odd:
    """Another answer than the service's own; ``acts`` tells whether the service acts before.

    ``writes`` writes the whole answer to the connection, in place of status, headers and body.
    """

    status: int
    acts: bool = True
    body: bytes = b""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    writes: Callable[[BufferedIOBase], None] | None = None


CREATED, ACCEPTED, NO_CONTENT = Odd(201), Odd(202), Odd(204)
PAGE_BEFORE = Odd(200, False, _PAGE, "text/html")
PAGE_AFTER = Odd(200, True, _PAGE, "text/html")
GATEWAY_BEFORE = Odd(502, False, _PAGE, "text/html")
GATEWAY_AFTER = Odd(502, True, _PAGE, "text/html")
TOO_LATE = Odd(504, True, _PAGE, "text/html")


def too_many(seconds: object = 1) -> Odd:
    """An answer that asks to come back later, of a gateway that did not pass the request on."""
    return Odd(429, False, headers={"Retry-After": str(seconds)})


def unavailable(seconds: object = 1) -> Odd:
    """As above, of a gateway that has no service behind it."""
    return Odd(503, False, headers={"Retry-After": str(seconds)})


def redirect(address: str, status: int = 302) -> Odd:
    """An answer that sends elsewhere, as a single sign-on does."""
    return Odd(status, False, headers={"Location": address})


def _trickle(out: BufferedIOBase) -> None:
    """Headers that come one by one, for a minute."""
    out.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(_LONGEST_SECONDS * 10):
        out.write(b"X-%d: a\r\n" % number)
        out.flush()
        time.sleep(0.1)


def _information(out: BufferedIOBase) -> None:
    """Interim answers, for a minute, and never the answer itself."""
    end = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < end:
        out.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        out.flush()
        time.sleep(0.01)


def _bomb(out: BufferedIOBase) -> None:
    """A small body that unpacks to gigabytes."""
    out.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n")
    out.write(b"Connection: close\r\n\r\n")
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for _number in range(_GIGABYTES * 1024):
        out.write(packer.compress(b" " * 2**20))
    out.write(packer.flush())
    out.flush()


def _endless_body(out: BufferedIOBase) -> None:
    """A body that goes on, a little at a time, for a minute."""
    out.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
    end = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < end:
        out.write(b" ")
        out.flush()
        time.sleep(0.05)


TRICKLED_HEADERS = Odd(200, writes=_trickle)
INTERIM_WITHOUT_END = Odd(200, writes=_information)
BODY_WITHOUT_END = Odd(200, writes=_endless_body)
BOMB = Odd(200, writes=_bomb)
WITHOUT_END = {
    "trickled headers": TRICKLED_HEADERS,
    "1xx": INTERIM_WITHOUT_END,
    "body": BODY_WITHOUT_END,
    "gzip": BOMB,
}


def write_odd(odd: Odd, out: BufferedIOBase) -> None:
    """Write the whole answer; the client may go away meanwhile."""
    assert odd.writes is not None
    with suppress(OSError):
        odd.writes(out)
