"""Print the OpenAPI document: `python -m lms.openapi > web_client/openapi.json`."""

import sys
from functools import cache
from typing import Any

import orjson

from lms.api import ROUTES
from lms.web.openapi import document

API_VERSION = "1"


def api_document() -> dict[str, Any]:
    return document(ROUTES, version=API_VERSION)


@cache
def rendered() -> bytes:
    return orjson.dumps(api_document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    sys.stdout.buffer.write(rendered())
