"""The OpenAPI document is valid, complete, and the one the web client was typed from."""

from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from lms.api import ROUTES
from lms.openapi import api_document, rendered
from lms.web.routing import Access
from tests.support.lms import Lms

COMMITTED = Path(__file__).parents[3] / "web_client" / "openapi.json"


def test_the_document_is_valid_openapi_3_1() -> None:
    document: Any = api_document()
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_every_route_is_described_once() -> None:
    described = [(method, path) for path, item in api_document()["paths"].items() for method in item]
    assert len(described) == len(ROUTES)
    names = [route.handler.__name__ for route in ROUTES]
    assert len(names) == len(set(names))


def test_the_committed_document_is_the_current_one() -> None:
    assert COMMITTED.read_bytes() == rendered(), "run: python -m lms.openapi > web_client/openapi.json"


async def test_the_document_is_served(lms: Lms) -> None:
    answer = await lms.stranger.ask("GET", "/api/openapi.json")
    assert answer.json == api_document()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_route_answers_strangers_unless_it_says_so(lms: Lms) -> None:
    for route in ROUTES:
        path = route.path.replace("{path:.+}", "archive.json")
        for name in ("course_id", "session_id", "person_id", "unit_id", "item_id"):
            path = path.replace("{" + name + "}", "nothing23456")
        answer = await lms.stranger.ask(route.method, path, json={} if route.body else None)
        expected = {400, 401, 422, 204} if route.options.access is Access.PUBLIC or route.body else {401, 422}
        assert answer.status in expected, (route.method, path, answer.status)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_change_goes_through_without_the_header(lms: Lms) -> None:
    await lms.unit("so")
    person = await lms.person("an", "so")
    for route in ROUTES:
        if route.method == "GET":
            continue
        path = route.path
        for name in ("course_id", "session_id", "person_id", "unit_id"):
            path = path.replace("{" + name + "}", "nothing23456")
        answer = await person.ask(route.method, path, headers={"X-Lophop": ""})
        assert (answer.status, answer.code) == (403, "missing_csrf_header"), path
