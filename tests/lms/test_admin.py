"""What the program does from outside, and the demo province."""

import pytest

from lms.admin import AdminError, create_administrator, migrate, setup_token
from lms.db.engine import Database
from lms.demo import ACCOUNTS, PASSWORD, seed
from tests.support.lms import Lms


async def test_the_first_start_gives_a_token_until_there_is_an_administrator(
    database: Database, database_url: str
) -> None:
    first, second = await setup_token(database_url), await setup_token(database_url)
    assert first and second and first != second
    await create_administrator(database_url, login="giang", name="Giang", password="mat-khau-dai")
    assert await setup_token(database_url) is None
    await migrate(database_url)


@pytest.mark.parametrize(
    ("login", "name", "password", "code"),
    [
        ("giang", "Giang", "short", "password_too_short"),
        ("có dấu", "Giang", "long enough", "bad_login"),
        ("giang", " ", "long enough", "name_empty"),
        ("taken", "Giang", "long enough", "login_taken"),
    ],
)
async def test_a_wrong_administrator_is_told_in_both_languages(
    database: Database, database_url: str, login: str, name: str, password: str, code: str
) -> None:
    await create_administrator(database_url, login="taken", name="X", password="long enough")
    with pytest.raises(AdminError) as caught:
        await create_administrator(database_url, login=login, name=name, password=password)
    assert caught.value.code == code
    assert caught.value.message_vi in str(caught.value) and caught.value.message_en in str(caught.value)


async def test_the_demo_province_is_planted_once_and_tells_its_story(lms: Lms, database_url: str) -> None:
    assert await seed(database_url) == ACCOUNTS
    assert await seed(database_url) == ACCOUNTS
    people = {}
    for account in ACCOUNTS:
        answer = await lms.stranger.ask("POST", "/auth/login", json={"login": account.login, "password": PASSWORD})
        assert answer.status == 200, account
        people[account.login] = answer.headers["Set-Cookie"].split("=", 1)[1].split(";")[0]
    giang = lms.stranger
    giang.token = people["giang"]
    assert (await giang.get("/people?page_size=1"))["total"] == 40
    assert len((await giang.get("/units"))["items"]) == 7
    (course,) = (await giang.get("/courses"))["items"]
    table = await giang.get(f"/courses/{course['id']}/sessions")
    past = table["items"][0]
    assert [session["state"] for session in table["items"]] == ["ended", "scheduled"]
    rows = (await giang.get(f"/sessions/{past['id']}/attendance"))["rows"]
    percents = {row["person"]["login"]: row["coverage_percent"] for row in rows}
    assert percents["cuc"] == pytest.approx(98.8)
    assert (percents["hoa1"], percents["hoa2"], percents["em"]) == (40, 0, 0)
