"""The media node as it is, but its Python can be kept busy from outside: a signal runs on the thread of the event loop.

SIGUSR1 blocks it for LOPHOP_TEST_BUSY_S seconds; SIGUSR2 lets 400 ms of work come again and again for as
long. The work holds the interpreter.
"""

import os
import runpy
import signal
import time

BURST_S = 0.4
PAUSE_S = 0.1


def _work(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(1000))


def _block(*_: object) -> None:
    _work(float(os.environ["LOPHOP_TEST_BUSY_S"]))


def _burst(*_: object) -> None:
    _work(BURST_S)
    if time.monotonic() >= _bursts_end:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _begin_bursts(*_: object) -> None:
    global _bursts_end
    _bursts_end = time.monotonic() + float(os.environ["LOPHOP_TEST_BUSY_S"])
    signal.setitimer(signal.ITIMER_REAL, PAUSE_S, BURST_S + PAUSE_S)


_bursts_end = 0.0
if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _block)
    signal.signal(signal.SIGUSR2, _begin_bursts)
    signal.signal(signal.SIGALRM, _burst)
    runpy.run_module("signaling", run_name="__main__")
