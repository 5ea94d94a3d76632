"""From a session's times to spans of its clock. Pure.

Required is [0, duration], or `required_minutes` from `required_from_minutes` on, cut to how long the
session really lasted: nobody can be asked for seconds that were never held.
"""

from lms.attendance.rules import Span


def required_spans(duration_s: float, from_minutes: float, minutes: float | None) -> tuple[Span, ...]:
    start = from_minutes * 60
    end = duration_s if minutes is None else min(duration_s, start + minutes * 60)
    return (Span(start, end),) if end > start else ()


def on_clock(start_unix: float, end_unix: float, *, zero_unix: float) -> Span | None:
    """Unix seconds as session seconds; None when all of it lies before second 0."""
    start, end = start_unix - zero_unix, end_unix - zero_unix
    return Span(max(0.0, start), end) if end > 0 and end > start else None
