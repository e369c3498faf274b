"""Bodies of requests: read in pieces, within their limits, and not slower than any network is.

Where a request is signed, what was signed is a digest; the body is believed once it has that.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from anyio.to_thread import run_sync
from starlette.requests import Request

from pack.errors import InvalidContent
from pack.mesh.challenges import digest_field
from pack_servers.http.peers.refusal import NotServed

SECONDS: Final = 60.0
SLOWEST: Final = 16 * 1024
"""Bytes a second, after the first minute."""
_GZIP: Final = 16 + zlib.MAX_WBITS


async def read_body(request: Request, most: int) -> bytes:
    """A whole body of at most so many bytes.

    Raises:
        NotServed: It is larger, too slow, or not what was signed.
    """
    return b"".join([block async for block in _blocks(request, most)])


async def save_body(request: Request, file: str, most: int) -> None:
    """Write a body of at most so many bytes to a file.

    Raises:
        NotServed: It is larger, too slow, or not what was signed.
    """
    with Path(file).open("wb") as opened:
        async for block in _blocks(request, most):
            await run_sync(opened.write, block)


def unpacked(body: bytes, request: Request, most: int) -> bytes:
    """A body as it was before git compressed it, which it does with long ones.

    Raises:
        InvalidContent: It is not what its encoding says.
        NotServed: It is larger than that, or cut off.
    """
    if request.headers.get("content-encoding") not in ("gzip", "x-gzip"):
        return body
    unpacking = zlib.decompressobj(wbits=_GZIP)
    try:
        content = unpacking.decompress(body, most)
    except zlib.error as error:
        raise InvalidContent("the body is not what its encoding says") from error
    if not unpacking.eof:
        raise NotServed(413, "body_too_large", "the request body is too large, or cut off")
    return content


async def _blocks(request: Request, most: int) -> AsyncIterator[bytes]:
    too_large = NotServed(413, "body_too_large", "the request body is too large")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise too_large
    stream, size, digest = request.stream().__aiter__(), 0, hashlib.sha256()
    begun = asyncio.get_running_loop().time()
    while True:
        try:
            async with asyncio.timeout_at(begun + SECONDS + size / SLOWEST):
                block = await anext(stream)
        except StopAsyncIteration:
            _check(request, digest_field(digest.digest()))
            return
        except TimeoutError as error:
            raise NotServed(408, "request_timeout", "the request did not arrive in time") from error
        digest.update(block)
        size += len(block)
        if size > most:
            raise too_large
        yield block


def expect_digest(request: Request, field: str) -> None:
    """Have the body refused unless it has this `Content-Digest`, which was signed."""
    request.state.digest = field


def check_digest(request: Request, body: bytes) -> None:
    """Do nothing, unless a body that was read already is not the one that was signed.

    Raises:
        NotServed: It is not.
    """
    _check(request, digest_field(hashlib.sha256(body).digest()))


def _check(request: Request, found: str) -> None:
    if getattr(request.state, "digest", found) != found:
        raise NotServed(400, "wrong_digest", "the body is not the one that was signed")
