"""How a process ends in which LiveKit's Python client has run.

Threads of that client call into Python whenever they like, also while the interpreter is being taken down. CPython then
ends such a thread by unwinding it, and Rust aborts the process for that, or hangs in the attempt.
"""

import atexit
import os
import sys
from typing import NoReturn


def end_process(status: int) -> NoReturn:
    """Does all that is registered for the end while the interpreter is whole, and takes nothing down."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)
