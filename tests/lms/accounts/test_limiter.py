"""How often signing in may fail."""

from lms.accounts.limiter import FAILURES_PER_ADDRESS, FAILURES_PER_LOGIN, WINDOW_S, LoginLimiter


def failing(limiter: LoginLimiter, times: int, *, login: str = "an", address: str = "::1", now: float = 0) -> None:
    for _ in range(times):
        limiter.failed(login, address, now)


def test_a_few_failures_cost_nothing() -> None:
    limiter = LoginLimiter()
    failing(limiter, FAILURES_PER_LOGIN - 1)
    assert limiter.wait_s("an", "::1", 0) == 0


def test_too_many_failures_of_one_login_make_it_wait_until_the_window_has_passed() -> None:
    limiter = LoginLimiter()
    failing(limiter, FAILURES_PER_LOGIN)
    assert limiter.wait_s("an", "::2", 0) == int(WINDOW_S) + 1
    assert limiter.wait_s("an", "::2", WINDOW_S + 0.1) == 0


def test_another_login_from_another_address_is_not_disturbed() -> None:
    limiter = LoginLimiter()
    failing(limiter, FAILURES_PER_LOGIN)
    assert limiter.wait_s("binh", "::2", 0) == 0


def test_one_address_cannot_guess_many_logins() -> None:
    limiter = LoginLimiter()
    for number in range(FAILURES_PER_ADDRESS):
        limiter.failed(f"login{number}", "::1", 0)
    assert limiter.wait_s("fresh", "::1", 1) > 0
    assert limiter.wait_s("fresh", "::2", 1) == 0


def test_success_forgets_the_failures_of_the_login() -> None:
    limiter = LoginLimiter()
    failing(limiter, FAILURES_PER_LOGIN)
    limiter.succeeded("an")
    assert limiter.wait_s("an", "::1", 0) == 0
