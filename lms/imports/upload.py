"""Reading an uploaded file: the body itself, or the first file of a form."""

from aiohttp import BodyPartReader, web

from lms.errors import Malformed, TooLarge

FILE_LIMIT = 16 * 1024 * 1024
_CHUNK = 64 * 1024


async def read_file(request: web.Request) -> bytes:
    if (request.content_length or 0) > FILE_LIMIT:
        raise TooLarge("too_large")
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    try:
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and (part.filename or part.name == "file"):
                return await _read_part(part)
    except ValueError as error:
        raise Malformed("malformed") from error
    raise Malformed("file_field_missing")


async def _read_part(part: BodyPartReader) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(_CHUNK):
        content.extend(chunk)
        if len(content) > FILE_LIMIT:
            raise TooLarge("too_large")
    return bytes(content)
