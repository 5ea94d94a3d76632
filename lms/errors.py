"""What can go wrong, by category. A domain error carries a stable code and data, never an HTTP status.

DomainError
 +- Malformed      the request cannot be read
 +- Invalid        it can be read but says something impossible
 +- Unauthenticated / Forbidden / NotFound / Conflict / TooLarge / TooMany / Unavailable
"""

from collections.abc import Mapping


class DomainError(Exception):
    """`fields` maps a field of the request to a code of its own; `data` fills the placeholders of the message."""

    def __init__(self, code: str, /, *, fields: Mapping[str, str] | None = None, **data: object) -> None:
        super().__init__(code)
        self.code = code
        self.fields = dict(fields or {})
        self.data = data


class Malformed(DomainError):
    pass


class Invalid(DomainError):
    pass


class Unauthenticated(DomainError):
    pass


class Forbidden(DomainError):
    pass


class NotFound(DomainError):
    pass


class Conflict(DomainError):
    pass


class TooLarge(DomainError):
    pass


class TooMany(DomainError):
    pass


class Unavailable(DomainError):
    pass
