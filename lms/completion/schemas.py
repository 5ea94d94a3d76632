"""Completion as the API shows it: the decision, its evidence and the sentence that explains it."""

from msgspec import Struct

from lms.accounts.schemas import PersonLink
from lms.courses.schemas import RuleView


class SessionCoverage(Struct, frozen=True, kw_only=True):
    session_id: str
    title: str
    coverage_percent: float
    live_percent: float
    replay_percent: float


class CompletionView(Struct, frozen=True, kw_only=True):
    person: PersonLink
    is_complete: bool
    coverage_percent: float
    live_percent: float
    replay_percent: float
    rule_version: int
    explanation_vi: str
    explanation_en: str
    sessions: list[SessionCoverage]


class CompletionTable(Struct, frozen=True, kw_only=True):
    rule: RuleView
    rows: list[CompletionView]
