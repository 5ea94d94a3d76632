"""Passwords: argon2id, hashed off the event loop and never more at once than there are cores.

Without the bound a burst of logins would take all memory and every thread from the classes in progress.
"""

import asyncio
import os

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

# OWASP's least for argon2id: 19 MiB, two passes, one lane
TIME_COST = 2
MEMORY_KIB = 19 * 1024
PARALLELISM = 1


class Hasher:
    def __init__(self, *, at_once: int | None = None) -> None:
        self._argon2 = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM)
        self._slots = asyncio.Semaphore(at_once or os.cpu_count() or 1)
        self._decoy = ""

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(self._argon2.hash, password)

    async def is_right(self, password_hash: str | None, password: str) -> bool:
        """Without a hash it takes just as long and says no: timing does not tell whether a login exists."""
        async with self._slots:
            return await asyncio.to_thread(self._verify, password_hash, password)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        self._decoy = self._decoy or self._argon2.hash("nobody's password")
        try:
            self._argon2.verify(password_hash or self._decoy, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
        return password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        return self._argon2.check_needs_rehash(password_hash)
