"""The first tables"""

import sqlalchemy as sa
from alembic import op


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_due", "outbox", ["done_at", "due_at"], unique=False)
    op.create_table(
        "setup_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_setup_links")),
    )
    op.create_table(
        "taken_events",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taken_events")),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("parent_id", sa.String(length=16), nullable=True),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name=op.f("fk_units_parent_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("code", name=op.f("uq_units_code")),
    )
    op.create_index(op.f("ix_units_parent_id"), "units", ["parent_id"], unique=False)
    op.create_index(op.f("ix_units_path"), "units", ["path"], unique=False)
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("folded_name", sa.String(length=200), nullable=False),
        sa.Column("unit_id", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_people_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("login", name=op.f("uq_people_login")),
    )
    op.create_index(op.f("ix_people_folded_name"), "people", ["folded_name"], unique=False)
    op.create_index(op.f("ix_people_name"), "people", ["name"], unique=False)
    op.create_index(op.f("ix_people_unit_id"), "people", ["unit_id"], unique=False)
    op.create_table(
        "courses",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_courses_created_by_people")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_courses_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
    )
    op.create_index(op.f("ix_courses_unit_id"), "courses", ["unit_id"], unique=False)
    op.create_table(
        "held_roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("unit_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_held_roles_person_id_people")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_held_roles_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_roles")),
        sa.UniqueConstraint("person_id", "role", "unit_id", name=op.f("uq_held_roles_person_id_role_unit_id")),
    )
    op.create_index(op.f("ix_held_roles_unit_id"), "held_roles", ["unit_id"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sign_ins_person_id_people")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_ins")),
    )
    op.create_index(op.f("ix_sign_ins_expires_at"), "sign_ins", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sign_ins_person_id"), "sign_ins", ["person_id"], unique=False)
    op.create_table(
        "completion_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("coverage_percent", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_completion_rules_course_id_courses")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_completion_rules_created_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_completion_rules")),
        sa.UniqueConstraint("course_id", "version", name=op.f("uq_completion_rules_course_id_version")),
    )
    op.create_table(
        "enrolments",
        sa.Column("course_id", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_enrolments_course_id_courses")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_enrolments_person_id_people")),
        sa.PrimaryKeyConstraint("course_id", "person_id", name=op.f("pk_enrolments")),
    )
    op.create_index(op.f("ix_enrolments_person_id"), "enrolments", ["person_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("course_id", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("host_id", sa.String(length=16), nullable=False),
        sa.Column("is_recorded", sa.Boolean(), nullable=False),
        sa.Column("required_from_minutes", sa.Double(), nullable=False),
        sa.Column("required_minutes", sa.Double(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("room_sid", sa.String(length=64), nullable=True),
        sa.Column("zero_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_sessions_course_id_courses")),
        sa.ForeignKeyConstraint(["host_id"], ["people.id"], name=op.f("fk_sessions_host_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_course_id"), "sessions", ["course_id"], unique=False)
    op.create_index(op.f("ix_sessions_host_id"), "sessions", ["host_id"], unique=False)
    op.create_index(op.f("ix_sessions_starts_at"), "sessions", ["starts_at"], unique=False)
    op.create_index(op.f("ix_sessions_state"), "sessions", ["state"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("reference", sa.String(length=160), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=False),
        sa.Column("speed", sa.Double(), nullable=False),
        sa.Column("wall_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wall_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_evidence_person_id_people")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_evidence_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint(
            "session_id",
            "person_id",
            "source",
            "reference",
            name=op.f("uq_evidence_session_id_person_id_source_reference"),
        ),
    )
    op.create_index("ix_evidence_person_wall", "evidence", ["person_id", "source", "wall_end"], unique=False)
    op.create_table(
        "library_items",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("session_id", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("folded_title", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_library_items_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_items")),
        sa.UniqueConstraint("session_id", name=op.f("uq_library_items_session_id")),
    )
    op.create_table(
        "stays",
        sa.Column("participant_sid", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("room_sid", sa.String(length=64), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_stays_person_id_people")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_stays_session_id_sessions")),
        sa.PrimaryKeyConstraint("participant_sid", name=op.f("pk_stays")),
    )
    op.create_index(op.f("ix_stays_person_id"), "stays", ["person_id"], unique=False)
    op.create_index(op.f("ix_stays_session_id"), "stays", ["session_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_stays_session_id"), table_name="stays")
    op.drop_index(op.f("ix_stays_person_id"), table_name="stays")
    op.drop_table("stays")
    op.drop_table("library_items")
    op.drop_index("ix_evidence_person_wall", table_name="evidence")
    op.drop_table("evidence")
    op.drop_index(op.f("ix_sessions_state"), table_name="sessions")
    op.drop_index(op.f("ix_sessions_starts_at"), table_name="sessions")
    op.drop_index(op.f("ix_sessions_host_id"), table_name="sessions")
    op.drop_index(op.f("ix_sessions_course_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(op.f("ix_enrolments_person_id"), table_name="enrolments")
    op.drop_table("enrolments")
    op.drop_table("completion_rules")
    op.drop_index(op.f("ix_sign_ins_person_id"), table_name="sign_ins")
    op.drop_index(op.f("ix_sign_ins_expires_at"), table_name="sign_ins")
    op.drop_table("sign_ins")
    op.drop_index(op.f("ix_held_roles_unit_id"), table_name="held_roles")
    op.drop_table("held_roles")
    op.drop_index(op.f("ix_courses_unit_id"), table_name="courses")
    op.drop_table("courses")
    op.drop_index(op.f("ix_people_unit_id"), table_name="people")
    op.drop_index(op.f("ix_people_name"), table_name="people")
    op.drop_index(op.f("ix_people_folded_name"), table_name="people")
    op.drop_table("people")
    op.drop_index(op.f("ix_units_path"), table_name="units")
    op.drop_index(op.f("ix_units_parent_id"), table_name="units")
    op.drop_table("units")
    op.drop_table("taken_events")
    op.drop_table("setup_links")
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.drop_table("outbox")
