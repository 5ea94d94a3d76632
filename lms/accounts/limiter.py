"""How often signing in may fail. Pure: `now` is unix seconds.

Counted per login and per address, so that neither one account can be guessed nor one address guess many.
"""

from collections import OrderedDict, deque

WINDOW_S = 300.0
FAILURES_PER_LOGIN = 10
FAILURES_PER_ADDRESS = 100
_KEYS_LIMIT = 50_000


class LoginLimiter:
    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, login: str, address: str, now: float) -> int:
        """Seconds until the next attempt may be made; 0 when it may be made now."""
        waits = (
            self._wait_s(f"login:{login}", FAILURES_PER_LOGIN, now),
            self._wait_s(f"address:{address}", FAILURES_PER_ADDRESS, now),
        )
        return max(waits)

    def failed(self, login: str, address: str, now: float) -> None:
        for key in (f"login:{login}", f"address:{address}"):
            self._failures.setdefault(key, deque(maxlen=FAILURES_PER_ADDRESS)).append(now)
            self._failures.move_to_end(key)
        while len(self._failures) > _KEYS_LIMIT:
            self._failures.popitem(last=False)

    def succeeded(self, login: str) -> None:
        self._failures.pop(f"login:{login}", None)

    def _wait_s(self, key: str, limit: int, now: float) -> int:
        recent = self._failures.get(key)
        if recent is None:
            return 0
        while recent and recent[0] <= now - WINDOW_S:
            recent.popleft()
        if len(recent) < limit:
            return 0
        return int(recent[-limit] + WINDOW_S - now) + 1
