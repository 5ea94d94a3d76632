"""From a session's times to spans of its clock. Pure.

Required is the session from its scheduled start on (a room may open early: nobody must have waited in it), or
`required_minutes` from `required_from_minutes` on, always cut to how long the session really lasted: nobody
can be asked for seconds that were never held.
"""

from lms.attendance.rules import Span


def required_spans(
    duration_s: float, from_minutes: float, minutes: float | None, *, early_s: float = 0.0
) -> tuple[Span, ...]:
    """`early_s`: how long before the scheduled start second 0 was."""
    start = early_s + from_minutes * 60
    end = duration_s if minutes is None else min(duration_s, start + minutes * 60)
    return (Span(start, end),) if end > start else ()


def early_part(opened_before_start_s: float, duration_s: float, *, has_ended: bool) -> float:
    """Seconds at the beginning that nobody has to attend: until the scheduled start, unless the whole session
    was held before it."""
    early = max(0.0, opened_before_start_s)
    return 0.0 if has_ended and early >= duration_s else early


def on_clock(start_unix: float, end_unix: float, *, zero_unix: float) -> Span | None:
    """Unix seconds as session seconds; None when all of it lies before second 0."""
    start, end = start_unix - zero_unix, end_unix - zero_unix
    return Span(max(0.0, start), end) if end > 0 and end > start else None
