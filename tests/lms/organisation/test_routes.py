"""The unit tree over HTTP."""

from lms.actor import Role
from tests.support.lms import Browser, Lms


async def a_tree(lms: Lms) -> tuple[Browser, dict[str, str]]:
    ids = {"so": await lms.unit("so", kind="department")}
    for code, parent in (("dalat", "so"), ("baoloc", "so"), ("nguyendu", "dalat"), ("levantam", "baoloc")):
        ids[code] = await lms.unit(code, parent)
    return await lms.person("giang", "so", Role.ADMINISTRATOR), ids


async def codes(browser: Browser) -> list[str]:
    return [unit["code"] for unit in (await browser.get("/units"))["items"]]


async def test_the_tree_comes_parents_first(lms: Lms) -> None:
    giang, _ = await a_tree(lms)
    assert await codes(giang) == ["so", "baoloc", "levantam", "dalat", "nguyendu"]


async def test_everybody_sees_their_own_unit_and_managers_what_is_below(lms: Lms) -> None:
    await a_tree(lms)
    official = await lms.person("hung", "dalat", Role.OFFICIAL)
    trainee = await lms.person("em", "levantam")
    assert await codes(official) == ["dalat", "nguyendu"]
    assert await codes(trainee) == ["levantam"]


async def test_a_unit_is_added_renamed_and_moved_with_all_below(lms: Lms) -> None:
    giang, ids = await a_tree(lms)
    new = await giang.post("/units", {"code": "to-1", "name": "Tổ  1", "parent_id": ids["nguyendu"], "kind": "team"})
    assert (new["name"], new["depth"]) == ("Tổ 1", 3)
    await giang.patch(f"/units/{ids['dalat']}", {"parent_id": ids["baoloc"], "name": "Đà Lạt"})
    assert await codes(giang) == ["so", "baoloc", "dalat", "nguyendu", "to-1", "levantam"]
    moved = await lms.person("an", "baoloc", Role.ADMINISTRATOR)
    assert "to-1" in await codes(moved)


async def test_a_unit_cannot_move_below_itself(lms: Lms) -> None:
    giang, ids = await a_tree(lms)
    answer = await giang.ask("PATCH", f"/units/{ids['dalat']}", json={"parent_id": ids["nguyendu"]})
    assert (answer.status, answer.code) == (409, "unit_under_itself")


async def test_the_top_unit_neither_moves_nor_goes(lms: Lms) -> None:
    giang, ids = await a_tree(lms)
    assert (await giang.ask("DELETE", f"/units/{ids['so']}")).code == "unit_is_root"
    assert (await giang.ask("PATCH", f"/units/{ids['so']}", json={"parent_id": ids["dalat"]})).code == "unit_is_root"


async def test_only_an_empty_unit_can_be_removed(lms: Lms) -> None:
    giang, ids = await a_tree(lms)
    await lms.person("cuc", "nguyendu")
    assert (await giang.ask("DELETE", f"/units/{ids['nguyendu']}")).code == "unit_not_empty"
    assert (await giang.ask("DELETE", f"/units/{ids['dalat']}")).code == "unit_not_empty"
    await giang.delete(f"/units/{ids['levantam']}")
    assert "levantam" not in await codes(giang)


async def test_a_code_is_unique(lms: Lms) -> None:
    giang, ids = await a_tree(lms)
    answer = await giang.ask("POST", "/units", json={"code": "dalat", "name": "X", "parent_id": ids["so"]})
    assert (answer.status, answer.code) == (409, "unit_code_taken")


async def test_nobody_changes_units_outside_their_reach(lms: Lms) -> None:
    _, ids = await a_tree(lms)
    an = await lms.person("an", "dalat", Role.ADMINISTRATOR)
    assert (await an.ask("PATCH", f"/units/{ids['baoloc']}", json={"name": "X"})).code == "not_administrator_here"
    grab = await an.ask("PATCH", f"/units/{ids['nguyendu']}", json={"parent_id": ids["baoloc"]})
    assert grab.code == "not_administrator_here"


async def test_nonsense_is_told_by_field(lms: Lms) -> None:
    giang, ids = await a_tree(lms)
    wrong = {"code": "có dấu", "name": "X", "parent_id": ids["so"]}
    answer = await giang.ask("POST", "/units", json=wrong)
    assert (answer.status, answer.code) == (422, "invalid_input")
    assert list(answer.json["error"]["fields"]) == ["code"]
    assert (await giang.ask("POST", "/units", data=b"{not json")).status == 400
    assert (await giang.ask("PATCH", "/units/nowhere", json={"name": "X"})).code == "unit_not_found"
