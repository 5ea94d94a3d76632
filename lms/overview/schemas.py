"""Today's page and the wall of running rooms, as the API shows them."""

from msgspec import Struct

from lms.courses.schemas import CourseCard
from lms.sessions.schemas import SessionCard
from lms.web.schemas import Moment


class Today(Struct, frozen=True, kw_only=True):
    """Sessions of today and the nearest ones around it that concern the asker, and their courses."""

    sessions: list[SessionCard]
    courses: list[CourseCard]


class LiveRoom(Struct, frozen=True, kw_only=True):
    session_id: str
    title: str
    course_title: str
    host_name: str
    zero_at: Moment | None
    is_recorded: bool
    enrolled_count: int
    connected_count: int
    receiving_count: int


class LiveRooms(Struct, frozen=True, kw_only=True):
    items: list[LiveRoom]
