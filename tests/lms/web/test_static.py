"""The built web client and its headers."""

from lms.web.static import content_policy
from tests.support.lms import Lms


def build(lms: Lms) -> None:
    root = lms.data / "web"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html><title>Lophop</title>")
    (root / "assets" / "app-1a2b.js").write_text("console.log(1)" * 100)
    (root / "assets" / "app-1a2b.js.br").write_bytes(b"brotli")
    (root / "favicon.svg").write_text("<svg/>")
    (lms.data / "secret.txt").write_text("secret")


async def fetch(lms: Lms, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    async with lms.client.get(path, headers=headers, auto_decompress=False) as response:
        return response.status, dict(response.headers), await response.read()


async def test_every_page_is_the_same_page_and_asked_for_anew(lms: Lms) -> None:
    build(lms)
    for path in ("/", "/courses/abc", "/setup", "/index.html"):
        status, headers, body = await fetch(lms, path)
        assert (status, b"Lophop" in body, headers["Cache-Control"]) == (200, True, "no-cache"), path


async def test_hashed_assets_are_kept_for_ever_and_come_compressed(lms: Lms) -> None:
    build(lms)
    status, headers, body = await fetch(lms, "/assets/app-1a2b.js", **{"Accept-Encoding": "br"})
    assert (status, body, headers["Content-Encoding"]) == (200, b"brotli", "br")
    assert "immutable" in headers["Cache-Control"]
    assert headers["Content-Type"].startswith(("text/javascript", "application/javascript"))
    assert (await fetch(lms, "/assets/gone.js"))[0] == 404


async def test_other_files_are_served_and_nothing_outside(lms: Lms) -> None:
    build(lms)
    assert (await fetch(lms, "/favicon.svg"))[2] == b"<svg/>"
    for path in ("/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt"):
        assert b"secret" != (await fetch(lms, path))[2], path


async def test_the_policy_lets_in_nothing_foreign(lms: Lms) -> None:
    build(lms)
    _, headers, _ = await fetch(lms, "/")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_sockets_are_allowed_to_this_host_only() -> None:
    assert "connect-src 'self' ws://lop.example:7880 wss://lop.example:7880;" in content_policy("lop.example:7880")
    assert "connect-src 'self';" in content_policy("x; script-src *")


async def test_before_the_client_is_built_the_page_says_so(lms: Lms) -> None:
    status, _, body = await fetch(lms, "/")
    assert status == 503
    assert "Chưa dựng giao diện" in body.decode()


async def test_unknown_api_paths_are_json_and_not_the_page(lms: Lms) -> None:
    build(lms)
    for path in ("/api/v1/nowhere", "/api/v2/me", "/api/x"):
        answer = await lms.stranger.ask("GET", path if path.startswith("/api") else path)
        assert (answer.status, answer.code) == (404, "no_such_path")


async def test_it_says_that_it_lives(lms: Lms) -> None:
    assert (await lms.stranger.ask("GET", "/healthz")).json == {"status": "ok"}
