"""What an answer says, unpacked within a limit: a few packed bytes can stand for gigabytes."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

# httpx asks for every coding that it can unpack, and unpacks a chunk of the answer whole.
ACCEPTED = "gzip"
_GZIP = 16 + zlib.MAX_WBITS
_PIECE = 1024 * 1024


async def read_body(response: httpx.Response, limit: int) -> bytes:
    """The body of an answer that was sent with ``stream=True``.

    Raises ``httpx.DecodingError`` when it has more than ``limit`` bytes, or is packed otherwise than once by gzip.
    """
    body = bytearray()
    coding = _coding(response)
    packed = _Gzip() if coding else None
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise TypeError("an async transport answers with an async stream")
    async for chunk in response.stream:
        for piece in (chunk,) if packed is None else packed.unpack(chunk):
            body += piece
            if len(body) > limit:
                raise httpx.DecodingError(f"more than {limit} bytes")
    if packed is not None and packed.is_cut_off:
        raise httpx.DecodingError("the packed answer ends too early")
    return bytes(body)


def _coding(response: httpx.Response) -> str:
    """``gzip``, or nothing when the body is not packed."""
    codings = [each.strip().lower() for each in response.headers.get("content-encoding", "").split(",")]
    named = [each.removeprefix("x-") for each in codings if each not in {"", "identity"}]
    if named and named != ["gzip"]:
        raise httpx.DecodingError(f"the answer is packed as {', '.join(named)[:50]}, which was not asked for")
    return named[0] if named else ""


class _Gzip:
    """Unpacks a body of one or more gzip members, a piece at a time."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._begun = False

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        """What a chunk stands for, in pieces of bounded size."""
        while chunk:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            self._begun = True
            try:
                yield self._member.decompress(chunk, _PIECE)
            except zlib.error as error:
                raise httpx.DecodingError(f"the answer cannot be unpacked: {error}") from error
            chunk = self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    @property
    def is_cut_off(self) -> bool:
        """Whether something began and did not end. Nothing at all, as with 204 and 304, is whole."""
        return self._begun and not self._member.eof
