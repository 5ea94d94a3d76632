"""Pages of a list: numbered from 1, with the total, so that a table can show where it is."""

from typing import Any, TypeVar

from sqlalchemy import Select

Row = TypeVar("Row", bound=Any)


def page_of(query: Select[Row], page: int, page_size: int) -> Select[Row]:
    return query.limit(page_size).offset((page - 1) * page_size)
