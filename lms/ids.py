"""Typed identifiers and the one place that draws them: 12 letters and digits without look-alikes."""

import secrets
from typing import NewType

UnitId = NewType("UnitId", str)
PersonId = NewType("PersonId", str)
CourseId = NewType("CourseId", str)
SessionId = NewType("SessionId", str)
ItemId = NewType("ItemId", str)

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 12


def new_id() -> str:
    """About 59 bits: enough that two ids of one table never meet by chance."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
