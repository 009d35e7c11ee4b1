"""What is seen while a file is read: reasons in both languages, with the address of the cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from flask_babel import force_locale
from sqlalchemy import insert

from portal.base.db import session
from portal.base.sheets import Cell
from portal.people.models import ImportFinding, Severity

CHUNK = 2000
LONGEST_VALUE = 500


def both(say: Callable[[], str]) -> dict[str, str]:
    """What `say` says, in Chinese and in English."""
    texts = {}
    for language in ("zh", "en"):
        with force_locale(language):
            texts[language] = str(say())
    return texts


class Findings:
    """The findings of one rehearsal, in the order in which they were made."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.fatal_rows: set[int] = set()
        self._texts: dict[tuple[str, str], dict[str, str]] = {}

    def cell(
        self,
        severity: Severity,
        code: str,
        say: Callable[[], str],
        *,
        cell: Cell | None = None,
        row: int | None = None,
        field: str | None = None,
        label: str = "",
    ) -> None:
        """Something about one cell (or, without it, one row) of the file."""
        number = cell.row if cell is not None else row
        if severity is Severity.FATAL and number is not None:
            self.fatal_rows.add(number)
        self.rows.append(
            {
                "severity": severity.value,
                "code": code,
                "sheet": cell.place.sheet[:80] if cell is not None else "",
                "row": number,
                "letters": cell.letters if cell is not None else None,
                "field": field,
                "label": label[:120],
                "value": cell.text[:LONGEST_VALUE] if cell is not None else None,
                "text": both(say),
                "before": None,
                "after": None,
            }
        )

    def change(
        self, code: str, *, label: str, row: int | None, field: str, before: str, after: str
    ) -> None:
        """What would be different: a value before and after."""
        self.rows.append(
            {
                "severity": Severity.CHANGE.value,
                "code": code,
                "sheet": "",
                "row": row,
                "letters": None,
                "field": field,
                "label": label[:120],
                "value": None,
                "text": {},
                "before": before[:LONGEST_VALUE],
                "after": after[:LONGEST_VALUE],
            }
        )

    def counts(self) -> Counter[str]:
        """How many of each severity."""
        return Counter(row["severity"] for row in self.rows)

    def store(self, batch_id: int) -> None:
        """Keep them with the batch."""
        for rows in chunks(self.rows, CHUNK):
            session().execute(insert(ImportFinding), [row | {"batch_id": batch_id} for row in rows])


def chunks(rows: Iterable[Any], size: int) -> Iterable[list[Any]]:
    """`rows` in lists of at most `size`."""
    taken: list[Any] = []
    for row in rows:
        taken.append(row)
        if len(taken) == size:
            yield taken
            taken = []
    if taken:
        yield taken
