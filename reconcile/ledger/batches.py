"""Many rows in one statement: built once and sent as a batch, where row by row it would be built for each."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table, bindparam, update

Values = dict[str, Any]


def update_many(connection: Connection, table: Table, rows: Iterable[tuple[Values, Values]]) -> None:
    """Update rows of a table, each given as the columns that find it and those that change.

    One statement for each set of columns; values are values, never expressions. Rows are changed in the order given.
    """
    by_columns: defaultdict[tuple[tuple[str, ...], tuple[str, ...]], list[Values]] = defaultdict(list)
    for found_by, changes in rows:
        if changes:
            key = {f"found_by_{name}": value for name, value in found_by.items()}
            by_columns[tuple(found_by), tuple(sorted(changes))].append(key | changes)
    for (names, _), parameters in by_columns.items():
        where = [table.c[name] == bindparam(f"found_by_{name}") for name in names]
        connection.execute(update(table).where(*where), parameters)
