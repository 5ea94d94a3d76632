"""A process ends with its last words and its status, whatever its threads are at."""

import subprocess
import sys

# a thread that never ends keeps a Python process from ending by itself
PROGRAM = """
import atexit, threading
from tests.support.process_end import end_process

atexit.register(print, "registered")
threading.Thread(target=threading.Event().wait).start()
print("said", end=" ")
end_process(3)
"""


def test_what_is_registered_and_written_is_not_lost() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "said registered\n", "")
