"""The body of a request as pictures in memory: raw bytes or multipart, limits kept while it comes.

Nothing is written to disk: frameworks spool multipart files into temporary ones, so the parts are
gathered here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from digit_ocr.service import problems
from digit_ocr.service.problems import Refusal
from digit_ocr.service.settings import ServiceSettings

FILE_FIELDS = ("file", "files")
MAX_FIELDS = 1000
MAX_FIELD_BYTES = 1024
MAX_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Picture:
    """One uploaded file, as it came: `name` is what the client called it."""

    name: str | None
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Upload:
    """What a request brought: its pictures, and the multipart fields that are no files."""

    pictures: tuple[Picture, ...]
    fields: dict[str, list[str]]
    wants_list: bool
    """The client sent several pictures, or named the field `files`: it expects a list."""


async def receive_upload(request: Request, settings: ServiceSettings, deadline: float) -> Upload:
    """Return the pictures and fields of a request; `deadline` is in the event loop's time.

    Raises: Refusal: too large, too slow, too many files, malformed, or no picture in it.
    """
    try:
        async with asyncio.timeout_at(deadline):
            upload = await _receive(request, settings)
    except TimeoutError:
        raise Refusal(
            problems.UPLOAD_TOO_SLOW,
            f"the body did not arrive within {settings.request_timeout_seconds:g} seconds",
            # The rest of the body may still come: this connection serves no other request.
            {"Connection": "close"},
        ) from None
    if not upload.pictures:
        raise Refusal(problems.NO_PICTURE, "the request holds no picture")
    for picture in upload.pictures:
        if not picture.data:
            raise Refusal(problems.NO_PICTURE, f"{picture.name or 'the body'} is empty")
    return upload


async def _receive(request: Request, settings: ServiceSettings) -> Upload:
    chunks = _bounded_chunks(request, settings.max_upload_bytes)
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind.lower() == b"multipart/form-data":
        form = _MultipartForm(options.get(b"boundary", b""), settings.max_files)
        async for chunk in chunks:
            form.write(chunk)
        return form.upload()
    # Whatever type is declared: what the bytes are is seen when they are decoded.
    body = bytearray()
    async for chunk in chunks:
        body += chunk
    return Upload((Picture(None, bytes(body)),), {}, wants_list=False)


async def _bounded_chunks(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """Yield the body piece by piece.

    Raises: Refusal: it is, or says that it is, larger than `max_bytes`.
    """
    refusal = Refusal(
        problems.UPLOAD_TOO_LARGE,
        f"the body is larger than {max_bytes:,} bytes",
        {"Connection": "close"},
    )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        if "expect" not in request.headers:
            await _discard(request, 8 * max_bytes)
        raise refusal
    received, more = 0, True
    while more:
        chunk, more = await _next_chunk(request)
        received += len(chunk)
        if received > max_bytes:
            if more:
                await _discard(request, 8 * max_bytes)
            raise refusal
        yield chunk


async def _next_chunk(request: Request) -> tuple[bytes, bool]:
    """Return the next piece of the body, and whether more will come.

    Raises: ClientDisconnect: the client has gone.
    """
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


async def _discard(request: Request, max_bytes: int) -> None:
    """Read on without keeping anything: many clients see an answer only once they have sent all."""
    discarded, more = 0, True
    while more and discarded < max_bytes:
        chunk, more = await _next_chunk(request)
        discarded += len(chunk)


class _MultipartForm:
    """The parts of a multipart body, gathered while it comes."""

    def __init__(self, boundary: bytes, max_files: int) -> None:
        if not boundary:
            raise Refusal(problems.BAD_REQUEST, "the multipart content type names no boundary")
        self._max_files = max_files
        self._pictures: list[Picture] = []
        self._fields: dict[str, list[str]] = {}
        self._field_count = 0
        self._wants_list = False
        self._complete = False
        self._header_name = b""
        self._header_value = b""
        self._disposition = b""
        self._data = bytearray()
        self._name = ""
        self._file_name: str | None = None
        self._is_file = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._add_to_header_name,
                    "on_header_value": self._add_to_header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._add_data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise Refusal(problems.BAD_REQUEST, f"malformed multipart body: {error}") from None

    def write(self, chunk: bytes) -> None:
        """Take the next piece of the body.

        Raises: Refusal: it is malformed, or holds too many files or fields.
        """
        if self._complete:
            return
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise Refusal(problems.BAD_REQUEST, f"malformed multipart body: {error}") from None

    def upload(self) -> Upload:
        """Return what the parts held.

        Raises: Refusal: the body ended before its last boundary.
        """
        if not self._complete:
            raise Refusal(problems.BAD_REQUEST, "the multipart body ends before its last boundary")
        wants_list = self._wants_list or len(self._pictures) > 1
        return Upload(tuple(self._pictures), self._fields, wants_list)

    def _begin_part(self) -> None:
        self._disposition = b""
        self._data = bytearray()

    def _add_to_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_to_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        # `file` is a picture even from a client that gives it no file name.
        self._is_file = b"filename" in options or self._name in FILE_FIELDS
        file_name = options.get(b"filename", b"").decode("utf-8", "replace")
        self._file_name = file_name[:MAX_NAME_LENGTH] or None
        if self._is_file and self._name not in FILE_FIELDS:
            raise Refusal(
                problems.BAD_REQUEST, f"a file came as {self._name[:40]!r}; name the field `file`"
            )
        if self._is_file and len(self._pictures) >= self._max_files:
            raise Refusal(
                problems.TOO_MANY_FILES, f"one request may hold {self._max_files} files at most"
            )
        self._field_count += not self._is_file
        if self._field_count > MAX_FIELDS:
            raise Refusal(problems.BAD_REQUEST, f"more than {MAX_FIELDS} form fields")

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]
        if not self._is_file and len(self._data) > MAX_FIELD_BYTES:
            raise Refusal(problems.BAD_REQUEST, f"the form field {self._name[:40]!r} is too long")

    def _end_part(self) -> None:
        if self._is_file:
            self._pictures.append(Picture(self._file_name, bytes(self._data)))
            self._wants_list |= self._name == "files"
        else:
            value = self._data.decode("utf-8", "replace")
            self._fields.setdefault(self._name, []).append(value)

    def _end(self) -> None:
        self._complete = True
