"""`python -m lophop` is the command `lophop`."""

import sys

from lophop.cli import main

sys.exit(main())
