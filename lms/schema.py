"""Every model in one place, so that migrations and tests see the whole schema."""

from lms.accounts.models import HeldRole, Person, SetupLink, SignIn
from lms.attendance.models import Evidence
from lms.courses.models import Course, RuleVersion
from lms.db.base import Base
from lms.db.outbox import OutboxRow
from lms.enrolments.models import Enrolment
from lms.library.models import LibraryItem
from lms.live.models import TakenEvent
from lms.organisation.models import Unit
from lms.sessions.models import Session, Stay

MODELS: tuple[type[Base], ...] = (
    Unit,
    Person,
    HeldRole,
    SignIn,
    SetupLink,
    Course,
    RuleVersion,
    Enrolment,
    Session,
    Stay,
    Evidence,
    LibraryItem,
    TakenEvent,
    OutboxRow,
)

METADATA = Base.metadata
