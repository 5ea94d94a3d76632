"""Signing in and managing people over HTTP."""

import pytest

from lms.accounts.limiter import FAILURES_PER_LOGIN
from lms.accounts.signing_in import issue_setup_link
from lms.actor import Role
from tests.support.lms import Browser, Lms

PASSWORD = "mat-khau-dai"


async def with_password(lms: Lms) -> Browser:
    await lms.unit("so")
    person = await lms.person("an", "so", Role.OFFICIAL)
    await lms.set_password(person, PASSWORD)
    return person


async def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_cannot_use(lms: Lms) -> None:
    await with_password(lms)
    answer = await lms.stranger.ask("POST", "/auth/login", json={"login": " AN ", "password": PASSWORD})
    assert answer.status == 200
    assert answer.json["roles"] == [
        {"role": "official", "unit_id": answer.json["unit"]["id"], "unit_name": "Đơn vị so"}
    ]
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    token = cookie.split("lophop_session=")[1].split(";")[0]
    me = await Browser(lms.client, token).get("/me")
    assert me["login"] == "an"


async def test_behind_https_the_cookie_is_secure(lms: Lms) -> None:
    await with_password(lms)
    answer = await lms.stranger.ask(
        "POST", "/auth/login", json={"login": "an", "password": PASSWORD}, headers={"X-Forwarded-Proto": "https"}
    )
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("given", [("an", "wrong-password"), ("nobody", PASSWORD), ("an", "")])
async def test_wrong_credentials_are_told_alike(lms: Lms, given: tuple[str, str]) -> None:
    await with_password(lms)
    answer = await lms.stranger.ask("POST", "/auth/login", json={"login": given[0], "password": given[1]})
    assert (answer.status, answer.code) == (401, "wrong_credentials")
    assert answer.json["error"]["message_vi"] == "Tên đăng nhập hoặc mật khẩu không đúng."
    assert "Set-Cookie" not in answer.headers


async def test_guessing_is_slowed_down(lms: Lms) -> None:
    await with_password(lms)
    wrong = {"login": "an", "password": "guess"}
    for _ in range(FAILURES_PER_LOGIN):
        assert (await lms.stranger.ask("POST", "/auth/login", json=wrong)).status == 401
    answer = await lms.stranger.ask("POST", "/auth/login", json={"login": "an", "password": PASSWORD})
    assert (answer.status, answer.code) == (429, "too_many_attempts")
    assert int(answer.headers["Retry-After"]) > 0
    lms.pass_time(301)
    assert (await lms.stranger.ask("POST", "/auth/login", json={"login": "an", "password": PASSWORD})).status == 200


async def test_without_the_header_nothing_changes(lms: Lms) -> None:
    person = await with_password(lms)
    for method, path in (("PATCH", "/me"), ("POST", "/auth/logout"), ("POST", "/units"), ("DELETE", "/units/x")):
        answer = await person.ask(method, path, json={"locale": "en"}, headers={"X-Lophop": "0"})
        assert (answer.status, answer.code) == (403, "missing_csrf_header"), path
    assert (await person.get("/me"))["locale"] == "vi"


async def test_signing_out_ends_the_session_on_the_server(lms: Lms) -> None:
    person = await with_password(lms)
    await person.post("/auth/logout")
    answer = await person.ask("GET", "/me")
    assert (answer.status, answer.code) == (401, "not_signed_in")


async def test_a_session_expires(lms: Lms) -> None:
    person = await with_password(lms)
    lms.pass_time(14 * 24 * 3600 + 1)
    assert (await person.ask("GET", "/me")).status == 401


async def test_the_language_is_kept(lms: Lms) -> None:
    person = await with_password(lms)
    await person.patch("/me", {"locale": "en"})
    assert (await person.get("/me"))["locale"] == "en"
    assert (await person.ask("PATCH", "/me", json={"locale": "fr"})).status == 422


async def test_the_setup_link_makes_one_administrator_once(lms: Lms) -> None:
    async with lms.database.begin() as uow:
        token = await issue_setup_link(uow, lms.now)
    wanted = {"token": token, "login": "giang", "name": "Trần  Hương Giang", "password": PASSWORD}
    answer = await lms.stranger.ask("POST", "/auth/setup", json=wanted)
    assert answer.status == 200
    assert answer.json["name"] == "Trần Hương Giang"
    assert answer.json["roles"][0]["role"] == "administrator"
    again = await lms.stranger.ask("POST", "/auth/setup", json=wanted | {"login": "gian"})
    assert (again.status, again.code) == (403, "setup_link_dead")
    async with lms.database.begin() as uow:
        assert await issue_setup_link(uow, lms.now) is None


async def test_a_setup_link_dies_after_a_week(lms: Lms) -> None:
    async with lms.database.begin() as uow:
        token = await issue_setup_link(uow, lms.now)
    lms.pass_time(7 * 24 * 3600 + 1)
    wanted = {"token": token, "login": "giang", "name": "Giang", "password": PASSWORD}
    assert (await lms.stranger.ask("POST", "/auth/setup", json=wanted)).code == "setup_link_dead"


async def a_tree(lms: Lms) -> tuple[Browser, Browser]:
    """An administrator of the whole, and one of a school."""
    await lms.unit("so")
    await lms.unit("truong", "so")
    await lms.unit("khac", "so")
    return await lms.person("giang", "so", Role.ADMINISTRATOR), await lms.person("hieu", "truong", Role.ADMINISTRATOR)


async def unit_ids(browser: Browser) -> dict[str, str]:
    return {unit["code"]: unit["id"] for unit in (await browser.get("/units"))["items"]}


async def test_an_administrator_adds_finds_and_changes_people(lms: Lms) -> None:
    giang, _ = await a_tree(lms)
    units = await unit_ids(giang)
    new = {"login": "Cuc", "name": "Nguyễn Thị Cúc", "unit_id": units["truong"], "password": PASSWORD}
    cuc = await giang.post("/people", new)
    assert cuc["login"] == "cuc"
    assert [role["role"] for role in cuc["roles"]] == ["trainee"]
    found = await giang.get("/people?query=thi cuc")
    assert [person["login"] for person in found["items"]] == ["cuc"]
    role = {"role": "teacher", "unit_id": units["khac"]}
    changed = await giang.patch(f"/people/{cuc['id']}", {"roles": [role], "name": "Nguyễn Cúc"})
    assert changed["roles"][0]["unit_name"] == "Đơn vị khac"
    answer = await lms.stranger.ask("POST", "/auth/login", json={"login": "cuc", "password": PASSWORD})
    assert answer.json["name"] == "Nguyễn Cúc"


async def test_a_login_is_taken_once_whatever_its_case(lms: Lms) -> None:
    giang, _ = await a_tree(lms)
    units = await unit_ids(giang)
    answer = await giang.ask("POST", "/people", json={"login": "HIEU", "name": "X", "unit_id": units["so"]})
    assert (answer.status, answer.code) == (409, "login_taken")
    assert answer.json["error"]["fields"] == {"login": "login_taken"}


async def test_a_school_administrator_reaches_only_the_school(lms: Lms) -> None:
    giang, hieu = await a_tree(lms)
    units = await unit_ids(giang)
    assert [person["login"] for person in (await hieu.get("/people"))["items"]] == ["hieu"]
    outside = await hieu.ask("POST", "/people", json={"login": "x", "name": "X", "unit_id": units["khac"]})
    assert (outside.status, outside.code) == (403, "not_administrator_here")
    above = await hieu.ask("PATCH", f"/people/{giang.person_id}", json={"name": "X"})
    assert (above.status, above.code) == (404, "person_not_found")
    role = {"role": "administrator", "unit_id": units["so"]}
    climb = await hieu.ask("PATCH", f"/people/{hieu.person_id}", json={"roles": [role]})
    assert (climb.status, climb.code) == (403, "role_beyond_own")


async def test_somebody_with_a_role_above_cannot_be_changed_from_below(lms: Lms) -> None:
    giang, hieu = await a_tree(lms)
    units = await unit_ids(giang)
    roles = [{"role": "official", "unit_id": units["so"]}]
    new = {"login": "mai", "name": "Mai", "unit_id": units["truong"], "roles": roles}
    mai = await giang.post("/people", new)
    answer = await hieu.ask("PATCH", f"/people/{mai['id']}", json={"password": "taken-over"})
    assert (answer.status, answer.code) == (403, "role_beyond_own")


async def test_the_last_administrator_stays(lms: Lms) -> None:
    giang, _ = await a_tree(lms)
    for change in ({"is_active": False}, {"roles": []}):
        answer = await giang.ask("PATCH", f"/people/{giang.person_id}", json=change)
        assert (answer.status, answer.code) == (409, "last_administrator")
    assert (await giang.get("/me"))["roles"]


async def test_a_deactivated_person_is_out_at_once(lms: Lms) -> None:
    giang, hieu = await a_tree(lms)
    await giang.patch(f"/people/{hieu.person_id}", {"is_active": False})
    assert (await hieu.ask("GET", "/me")).status == 401


async def test_a_trainee_sees_no_list_of_people(lms: Lms) -> None:
    await a_tree(lms)
    em = await lms.person("em", "truong")
    assert (await em.ask("GET", "/people")).code == "not_manager_here"


async def test_pages_tell_the_total(lms: Lms) -> None:
    giang, _ = await a_tree(lms)
    for number in range(5):
        await lms.person(f"p{number}", "khac", name=f"Người {number}")
    page = await giang.get("/people?query=nguoi&page=2&page_size=3")
    assert page["total"] == 7
    assert len(page["items"]) == 3
    assert (await giang.ask("GET", "/people?page=0")).status == 422
