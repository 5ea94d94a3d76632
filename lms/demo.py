"""The demo province: units, forty staff, a course with a session that has been and one that is to come.

The session that has been was really held only in this story: its evidence is written as the node would have
proven it, but there is no recording of it unless one is put beside the database.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lms.accounts.models import HeldRole, Person
from lms.accounts.passwords import Hasher
from lms.accounts.repository import People
from lms.accounts.service import actor_of, enrol_in_unit
from lms.actor import Role
from lms.admin import opened
from lms.attendance.models import Evidence, Source
from lms.attendance.repository import EvidenceLog
from lms.courses.schemas import NewCourse
from lms.courses.service import add_course
from lms.db.uow import UnitOfWork
from lms.enrolments.models import Enrolment
from lms.enrolments.repository import Enrolments
from lms.ids import CourseId, PersonId, SessionId, new_id
from lms.organisation.models import Unit
from lms.organisation.repository import Units
from lms.organisation.service import plant
from lms.sessions.models import Session, Stay
from lms.sessions.repository import Sessions, Stays
from lms.sessions.schemas import SessionState

PASSWORD = "lophop-demo"
COURSE_TITLE = "Ứng dụng CNTT 2026"
COVERAGE_PERCENT = 80

# code, name, kind, code of the parent
_UNITS = (
    ("so-gddt", "Sở Giáo dục và Đào tạo Lâm Đồng", "department", None),
    ("pgd-dalat", "Phòng GDĐT Đà Lạt", "office", "so-gddt"),
    ("pgd-baoloc", "Phòng GDĐT Bảo Lộc", "office", "so-gddt"),
    ("thcs-nguyendu", "THCS Nguyễn Du", "school", "pgd-dalat"),
    ("th-doanthidiem", "TH Đoàn Thị Điểm", "school", "pgd-dalat"),
    ("thcs-phanchutrinh", "THCS Phan Chu Trinh", "school", "pgd-baoloc"),
    ("th-levantam", "TH Lê Văn Tám", "school", "pgd-baoloc"),
)

# login, name, unit, role: the people of the stories told in the documents
_ACCOUNTS = (
    ("giang", "Trần Hương Giang", "so-gddt", Role.ADMINISTRATOR),
    ("binh", "Lê Thanh Bình", "so-gddt", Role.OFFICIAL),
    ("cuc", "Nguyễn Thị Cúc", "thcs-nguyendu", Role.TEACHER),
    ("dung", "Phạm Tiến Dũng", "th-levantam", Role.TEACHER),
    ("em", "Đỗ Thị Em", "thcs-phanchutrinh", Role.TRAINEE),
    ("hoa1", "Nguyễn Thị Hoa", "thcs-nguyendu", Role.TRAINEE),
    ("hoa2", "Nguyễn Thị Hoa", "th-doanthidiem", Role.TRAINEE),
)

_STAFF = (
    "Bùi Quang Anh", "Cao Thị Bích", "Chu Văn Cường", "Dương Mỹ Duyên", "Đặng Hữu Đạt", "Đinh Thị Đào",
    "Hà Ngọc Giao", "Hoàng Văn Hải", "Hồ Thị Hạnh", "Huỳnh Minh Hiếu", "K’Brịch", "Kơ Să Ha Lim", "Lâm Thị Khánh",
    "Lê Quốc Khải", "Lương Thế Kiên", "Lý Thị Lan", "Mai Xuân Lộc", "Ngô Thị Mai", "Nguyễn Đức Minh",
    "Nguyễn Hoàng Nam", "Nguyễn Thị Ngọc Nga", "Phan Thị Nhung", "Phùng Văn Phúc", "Quách Thị Phượng",
    "Tạ Minh Quân", "Thái Thị Quyên", "Tô Văn Sơn", "Trần Thị Thảo", "Triệu Quang Thắng", "Trịnh Thị Thúy",
    "Trương Công Toàn", "Võ Thị Trang", "Vũ Đình Tuấn",
)  # fmt: skip

_HELD_S = 180.0
# who was there, in session seconds: dung lost the line, hoa1 left early, em and hoa2 never came
_PRESENCE = {
    "binh": ((0.0, 180.0),),
    "cuc": ((2.0, 180.0),),
    "dung": ((3.0, 60.0), (90.0, 180.0)),
    "hoa1": ((0.0, 72.0),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    login: str
    password: str
    name: str
    role: str


ACCOUNTS = tuple(
    DemoAccount(login=login, password=PASSWORD, name=name, role=role) for login, name, _, role in _ACCOUNTS
)


async def seed(database_url: str) -> tuple[DemoAccount, ...]:
    """Put the demo province into an empty database; in one that has it, or anything else, change nothing."""
    password_hash = await Hasher().hash(PASSWORD)
    async with opened(database_url) as database, database.begin() as uow:
        if await Units(uow).root() is None:
            await plant_province(uow, password_hash, datetime.now(UTC))
    return ACCOUNTS


async def plant_province(uow: UnitOfWork, password_hash: str, now: datetime) -> None:
    units = await _plant_units(uow)
    people = await _add_people(uow, units, password_hash, now)
    course_id = await _add_course(uow, people, now)
    await _add_past_session(uow, course_id, people, now)
    _add_session(uow, course_id, people["binh"].id, "Buổi 2: Soạn bài giảng điện tử", now + timedelta(minutes=10))
    await uow.flush()


async def _plant_units(uow: UnitOfWork) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for code, name, kind, parent in _UNITS:
        units[code] = plant(code, name, kind, units[parent] if parent else None)
        Units(uow).add(units[code])
        await uow.flush()
    return units


async def _add_people(uow: UnitOfWork, units: dict[str, Unit], password_hash: str, now: datetime) -> dict[str, Person]:
    schools = [code for code, _, kind, _ in _UNITS if kind == "school"]
    staff = [
        (f"gv{number:02d}", name, schools[number % len(schools)], Role.TEACHER)
        for number, name in enumerate(_STAFF, start=1)
    ]
    people: dict[str, Person] = {}
    for login, name, unit, role in (*_ACCOUNTS, *staff):
        person = enrol_in_unit(login, name, units[unit], now, password_hash)
        person.roles = [HeldRole(role=role, unit_id=units[unit].id)]
        People(uow).add(person)
        people[login] = person
    await uow.flush()
    return people


async def _add_course(uow: UnitOfWork, people: dict[str, Person], now: datetime) -> CourseId:
    giang = actor_of(await People(uow).whole(people["giang"].id))
    new = NewCourse(
        title=COURSE_TITLE,
        unit_id=giang.unit_id,
        description="Bồi dưỡng ứng dụng công nghệ thông tin trong dạy học, kết hợp trực tiếp và xem lại.",
        coverage_percent=COVERAGE_PERCENT,
    )
    course_id = await add_course(uow, giang, new, now)
    trainees = ["cuc", "dung", "em", "hoa1", "hoa2", *(f"gv{number:02d}" for number in range(1, 9))]
    for login in trainees:
        Enrolments(uow).add(Enrolment(course_id=course_id, person_id=people[login].id, enrolled_at=now))
    await uow.flush()
    return course_id


def _add_session(uow: UnitOfWork, course_id: CourseId, host_id: PersonId, title: str, starts_at: datetime) -> Session:
    session = Session(
        id=SessionId(new_id()),
        course_id=course_id,
        title=title,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        host_id=host_id,
        is_recorded=True,
        required_from_minutes=0.0,
        required_minutes=None,
        state=SessionState.SCHEDULED,
    )
    Sessions(uow).add(session)
    return session


async def _add_past_session(uow: UnitOfWork, course_id: CourseId, people: dict[str, Person], now: datetime) -> None:
    zero = now.replace(second=0, microsecond=0) - timedelta(days=1)
    session = _add_session(uow, course_id, people["binh"].id, "Buổi 1: Làm quen với lớp học trực tuyến", zero)
    # no recording exists of it, so none may be promised
    session.is_recorded = False
    session.open_room("RM_demo", zero)
    session.end(zero + timedelta(seconds=_HELD_S))
    await uow.flush()
    for login, spans in _PRESENCE.items():
        _add_presence(uow, session.id, people[login].id, spans, zero)


def _add_presence(
    uow: UnitOfWork,
    session_id: SessionId,
    person_id: PersonId,
    spans: tuple[tuple[float, float], ...],
    zero: datetime,
) -> None:
    for number, (start, end) in enumerate(spans):
        joined_at, left_at = zero + timedelta(seconds=start), zero + timedelta(seconds=end)
        sid = f"PA_demo{person_id}{number}"
        Stays(uow).add(
            Stay(
                participant_sid=sid,
                session_id=session_id,
                person_id=person_id,
                room_sid="RM_demo",
                joined_at=joined_at,
                left_at=left_at,
            )
        )
        EvidenceLog(uow).add(
            Evidence(
                session_id=session_id,
                person_id=person_id,
                source=Source.LIVE,
                reference=f"demo:{number}",
                start_s=start,
                end_s=end,
                speed=1.0,
                wall_start=joined_at,
                wall_end=left_at,
                recorded_at=left_at,
            )
        )
