"""Hashing passwords."""

import asyncio

from argon2 import PasswordHasher

from lms.accounts.passwords import Hasher


async def test_the_right_password_is_right_and_another_is_not() -> None:
    hasher = Hasher()
    stored = await hasher.hash("mật khẩu dài")
    assert stored.startswith("$argon2id$")
    assert await hasher.is_right(stored, "mật khẩu dài")
    assert not await hasher.is_right(stored, "mật khẩu ngắn")


async def test_nobody_has_no_right_password() -> None:
    hasher = Hasher()
    assert not await hasher.is_right(None, "nobody's password")
    assert not await hasher.is_right("not a hash", "x")


class Counting(PasswordHasher):
    """Knows how many hashes ran at the same time."""

    running = 0
    most = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.running += 1
        self.most = max(self.most, self.running)
        answer = super().hash(password, salt=salt)
        self.running -= 1
        return answer


async def test_no_more_hashes_run_at_once_than_allowed() -> None:
    hasher = Hasher(at_once=1)
    hasher._argon2 = counting = Counting(time_cost=1, memory_cost=1024, parallelism=1)
    await asyncio.gather(*(hasher.hash("x" * 8) for _ in range(6)))
    assert counting.most == 1
