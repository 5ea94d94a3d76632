"""What the recorder has written, read from disk."""

from aiohttp import web


class Archives: ...


ARCHIVES = web.AppKey("archives", Archives)
