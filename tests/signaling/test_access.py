"""What everybody is answered: our own bugs are a plain 500, a client that has gone is nobody's bug."""

from unittest import mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from signaling.api.access import GONE, answer_always


@pytest.mark.parametrize(("has_gone", "status"), [(True, GONE), (False, 500)])
async def test_who_goes_away_before_the_answer_is_no_fault_of_ours(has_gone: bool, status: int) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        raise ConnectionResetError("Cannot write to closing transport")

    transport = mock.Mock(**{"is_closing.return_value": has_gone})
    answer = await answer_always(make_mocked_request("GET", "/rtc", transport=transport), handler)
    assert answer.status == status
