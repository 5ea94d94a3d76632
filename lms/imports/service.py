"""Use case of importing CSV: all of the file or none of it, and a dry run that does everything but keep it."""

from dataclasses import dataclass
from datetime import datetime

from lms.accounts.passwords import Hasher
from lms.actor import Actor, Role
from lms.db.uow import UnitOfWork
from lms.errors import Forbidden
from lms.imports import people, units
from lms.imports.parsing import Sheet, parse
from lms.imports.schemas import ImportQuery, ImportReport
from lms.organisation.repository import Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    uow: UnitOfWork
    actor: Actor
    hasher: Hasher
    now: datetime


async def run(importer: Importer, query: ImportQuery, content: bytes) -> ImportReport:
    paths = importer.actor.paths(Role.ADMINISTRATOR)
    if not paths:
        raise Forbidden("not_administrator_here")
    columns = units.COLUMNS if query.kind == "units" else people.COLUMNS
    sheet = parse(content, columns)
    row_count = len(sheet.rows) + len({error.row for error in sheet.errors if error.row > 1})
    tally = await _import(importer, query, sheet)
    keeps = not sheet.errors and not query.is_dry_run
    if not keeps:
        await importer.uow.session.rollback()
    return ImportReport(
        rows=row_count,
        created=tally.created,
        updated=tally.updated,
        unchanged=tally.unchanged,
        is_dry_run=query.is_dry_run,
        errors=sorted(sheet.errors, key=lambda error: (error.row, error.column)),
    )


async def _import(importer: Importer, query: ImportQuery, sheet: Sheet) -> units.Tally:
    if query.kind == "people":
        return await people.PeopleImport(importer.uow, importer.actor, sheet, importer.hasher, importer.now).run(
            is_dry_run=query.is_dry_run
        )
    reachable = await Units(importer.uow).inside(importer.actor.paths(Role.ADMINISTRATOR))
    home = units.widest_home(list(reachable), importer.actor)
    if home is None:
        raise Forbidden("not_administrator_here")
    return await units.UnitImport(importer.uow, importer.actor, sheet, home).run()
