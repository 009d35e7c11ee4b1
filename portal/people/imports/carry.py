"""Carrying a plan out, and taking a whole batch back: set-based, both all or nothing."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import (
    Column,
    ForeignKey,
    Table,
    TypeDecorator,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from portal.base import clock
from portal.base.db import Base, session
from portal.base.errors import Refused
from portal.people.imports.findings import chunks
from portal.people.imports.plan import TABLES, New, Plan
from portal.people.models import ImportBatch, ImportChange, Position, Term, UnitPath

CHUNK = 1000
REFERRED = {"unit", "shift_kind", "person", "employment"}
"""Tables whose rows are referred to: their new ids are needed."""
OWN_CHOICES = {"locale", "theme"}
"""Columns that people set for themselves: undoing does not mind them."""
ADVISORY_KEY = 0x696D706F7274


def alone() -> None:
    """One import writes at a time; the others wait."""
    if session().get_bind().dialect.name == "postgresql":
        session().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_KEY})


def carry_out(plan: Plan, batch: ImportBatch) -> None:
    """Write the plan in this transaction. Raises Refused when somebody was quicker."""
    moment = clock.now()
    ids: dict[str, list[int]] = {}
    try:
        for name, table in TABLES.items():
            _close(table, plan.closes[name], batch.id, moment)
            _change(table, plan, batch.id)
            rows = [_resolved(row, table, ids, batch.id, moment) for row in plan.adds[name]]
            ids[name] = _add(table, rows)
        session().flush()
    except IntegrityError as error:
        raise Refused(_("导入时有人同时改了同样的内容，请重新核对一遍。"), status=409) from error
    batch.digests = {name: digest(table, batch.id) for name, table in TABLES.items()}


def _resolved(
    row: dict[str, Any], table: Table, ids: dict[str, list[int]], batch_id: int, moment: datetime
) -> dict[str, Any]:
    values = {
        key: ids[value.table][value.number] if isinstance(value, New) else value
        for key, value in row.items()
    }
    values["batch_id"] = batch_id
    if "recorded_from" in table.c:
        values["recorded_from"] = moment
    return values


def _add(table: Table, rows: list[dict[str, Any]]) -> list[int]:
    ids: list[int] = []
    for part in chunks(rows, CHUNK):
        if table.name in REFERRED:
            statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
            ids += session().scalars(statement, part).all()
        else:
            session().execute(insert(table), part)
    return ids


def _close(table: Table, row_ids: list[int], batch_id: int, moment: datetime) -> None:
    for part in chunks(row_ids, CHUNK):
        session().execute(update(table).where(table.c.id.in_(part)).values(recorded_to=moment))
        _remember(
            batch_id, table,
            [(row_id, {"recorded_to": None}, {"recorded_to": moment}) for row_id in part],
        )  # fmt: skip


def _change(table: Table, plan: Plan, batch_id: int) -> None:
    by_columns: dict[tuple[str, ...], list[Any]] = {}
    for change in plan.changes[table.name]:
        by_columns.setdefault(tuple(sorted(change.after)), []).append(change)
    for columns, changes in by_columns.items():
        statement = (
            update(table)
            .where(table.c.id == bindparam("row_id"))
            .values({name: bindparam(f"new_{name}") for name in columns})
        )
        for part in chunks(changes, CHUNK):
            session().connection().execute(
                statement,
                [
                    {"row_id": c.id} | {f"new_{name}": c.after[name] for name in columns}
                    for c in part
                ],
            )
            _remember(batch_id, table, part)


def _remember(batch_id: int, table: Table, changes: list[Any]) -> None:
    session().execute(
        insert(ImportChange),
        [
            {
                "batch_id": batch_id,
                "table_name": table.name,
                "row_id": row_id,
                "before": {name: _plain(value) for name, value in before.items()},
                "after": {name: _plain(value) for name, value in after.items()},
            }
            for row_id, before, after in changes
        ],
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime | time) else value


def _typed(column: Column[Any], value: Any) -> Any:
    plain: Any = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    kind: Any = plain.python_type
    if isinstance(value, str) and issubclass(kind, date | datetime | time):
        return kind.fromisoformat(value)
    return value


# ---- what stands there ----------------------------------------------------------------------


def digest(table: Table, batch_id: int | None) -> str:
    """A hash of the rows a batch added (or, with None, of the whole table)."""
    columns = [column for column in table.c if column.name not in OWN_CHOICES]
    statement = select(*columns).order_by(table.c.id)
    if batch_id is not None:
        statement = statement.where(table.c.batch_id == batch_id)
    found = hashlib.sha256()
    for row in session().execute(statement.execution_options(yield_per=2000)):
        found.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


# ---- taking it back -------------------------------------------------------------------------


def take_back(batch: ImportBatch) -> None:
    """Make the data what it was before the batch. Raises Refused when something stands on it."""
    _refuse_changed(batch)
    _refuse_leaned_on(batch)
    _drop_parts_of_people(batch)
    try:
        for table in reversed(TABLES.values()):
            session().execute(delete(table).where(table.c.batch_id == batch.id))
        _restore(batch)
        session().flush()
    except IntegrityError as error:
        raise _stands(_("别的记录")) from error


def _stands(what: str) -> Refused:
    says = _("这批导入之后，又有内容建立在它上面（%(what)s），不能整批撤销了。", what=what)
    return Refused(says, status=409)


def _refuse_changed(batch: ImportBatch) -> None:
    for model in (UnitPath, Term, Position):
        later = select(model.id).where(model.batch_id == batch.id, model.recorded_to.is_not(None))
        if session().scalar(later.limit(1)) is not None:
            raise _stands(_("后来的调动或离职"))
    for name, table in TABLES.items():
        if digest(table, batch.id) != batch.digests.get(name):
            raise _stands(_("后来的修改"))


def _refuse_leaned_on(batch: ImportBatch) -> None:
    """Rows of other batches, pages and rooms that point at rows of this one."""
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            target = key.column.table
            if target.name not in REFERRED or _is_part_of_person(key):
                continue
            own = table.c.batch_id if table.name in TABLES else None
            points = exists().where(target.c.id == key.parent, target.c.batch_id == batch.id)
            found = select(table.c[next(iter(table.primary_key)).name]).where(points)
            if own is not None:
                found = found.where(or_(own.is_(None), own != batch.id))
            if session().execute(found.limit(1)).first() is not None:
                raise _stands(_told(table.name))


def _told(table: str) -> str:
    known = {
        "web_session": _("有人已经登录过"),
        "api_token": _("有人建了访问令牌"),
        "employment": _("后来的入职"),
        "term": _("后来的任职"),
        "position": _("后来的调动"),
        "unit_path": _("后来的组织变动"),
        "role_grant": _("后来的授权"),
    }
    return str(known.get(table) or _("别的记录"))


def _is_part_of_person(key: ForeignKey) -> bool:
    """A row whose own key is the person (the password, the birthday that is kept, a choice of
    notices) says something of them and goes with them; nothing stands on it."""
    return key.column.table.name == "person" and key.parent.primary_key


def _drop_parts_of_people(batch: ImportBatch) -> None:
    person = TABLES["person"]
    added = select(person.c.id).where(person.c.batch_id == batch.id)
    for table in reversed(Base.metadata.sorted_tables):
        for key in table.foreign_keys:
            if _is_part_of_person(key):
                session().execute(delete(table).where(key.parent.in_(added)))


def _restore(batch: ImportBatch) -> None:
    rows = session().execute(
        select(
            ImportChange.table_name, ImportChange.row_id, ImportChange.before, ImportChange.after
        )
        .where(ImportChange.batch_id == batch.id)
        .order_by(ImportChange.id.desc())
    )
    for row in rows.all():
        table = TABLES[row.table_name]
        before = {name: _typed(table.c[name], value) for name, value in row.before.items()}
        after = {name: _typed(table.c[name], value) for name, value in row.after.items()}
        unchanged = [
            table.c[name].is_(None) if value is None else table.c[name] == value
            for name, value in after.items()
        ]
        done = (
            session()
            .connection()
            .execute(update(table).where(table.c.id == row.row_id, *unchanged).values(before))
        )
        if done.rowcount != 1:
            raise _stands(_("后来的修改"))
