"""The own statement to take along: for a spreadsheet, and whole, so that it can be checked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, select

from portal.base import clock
from portal.base.db import session
from portal.coins.models import Entry, Reason, Transfer, Value
from portal.coins.models.chain import FIRST, instant
from portal.coins.queries.digests import STREAM, digests_from, proof
from portal.coins.queries.ledger import Line, statement_lines
from portal.coins.queries.verify import LINKED, seal_of

FORMAT = "sunhome-statement-1"
SOME = 500


def start_of(day: date) -> datetime:
    """The first instant of a day at home."""
    return datetime.combine(day, time.min, clock.HOME_ZONE)


def entered_in(first: date | None, last: date | None) -> ColumnElement[bool]:
    """The condition that a Transfer was entered from `first` to `last`; None: without an end."""
    conditions: list[ColumnElement[bool]] = []
    if first is not None:
        conditions.append(Transfer.entered_at >= start_of(first))
    if last is not None:
        conditions.append(Transfer.entered_at < start_of(last + timedelta(days=1)))
    return and_(True, *conditions)


def first_entered(account_id: int) -> datetime | None:
    """When the first entry of an account was entered."""
    return session().scalar(
        select(Transfer.entered_at)
        .join(Entry, Entry.transfer_id == Transfer.id)
        .where(Entry.account_id == account_id, Entry.seq == 1)
    )


def count_entered(account_id: int, first: date | None, last: date | None) -> int:
    """How many entries of an account were entered in a period."""
    query = (
        select(func.count())
        .select_from(Entry)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .where(Entry.account_id == account_id, entered_in(first, last))
    )
    return session().scalar(query) or 0


def lines_entered(account_id: int, first: date | None, last: date | None) -> Iterator[Line]:
    """The entries of an account that were entered in a period, the oldest first, a few at a time:
    as they stand on the page."""
    query = (
        statement_lines()
        .where(Entry.account_id == account_id, entered_in(first, last))
        .order_by(None)
        .order_by(Entry.seq)
    )
    for row in session().connection().execute(query, execution_options=STREAM):
        yield Line(*row)


def table(lines: Iterator[Line]) -> Iterator[Sequence[object]]:
    """A statement as a table, with its head."""
    yield (
        _("序号"), _("发生在"), _("记入"), _("事由"), _("谁"), _("写的话"), _("变动"),
        _("之前余额"), _("之后余额"),
    )  # fmt: skip
    # a million lines say the same few words: each is looked up once
    labels = {reason.value: reason.label for reason in Reason}
    values = {value.value: value.label for value in Value}
    for line in lines:
        told = (values.get(line.value or ""), line.words or line.memo)
        yield (
            line.seq, line.happened_on, line.entered_at, labels[line.reason], line.who or "",
            " · ".join(part for part in told if part), line.amount, line.balance_before,
            line.balance_after,
        )  # fmt: skip


# ---- whole, to be checked -----------------------------------------------------------------------


def whole(account_id: int, day: date | None = None) -> Iterator[bytes]:
    """The whole statement as JSON that `sunhome_check.py` reads: docs/check.md says what is in it.

    With the newest proof, and the one that held at the digest of `day`. A transfer's seal stands
    for what is not the reader's: its key, who entered it, the other accounts.
    """
    found = [each for each in (proof(account_id, day) if day else None, proof(account_id)) if each]
    proofs = {each.digest_id: each for each in found}
    chain = digests_from(min(proofs)) if proofs else []
    head = {"format": FORMAT, "account": account_id, "before": chain[0][1] if chain else FIRST}
    yield ("{" + ",\n".join(f'"{name}":{_json(value)}' for name, value in head.items())).encode()
    yield from _listed(
        "proofs",
        (
            {"day": each.day.isoformat(), "seq": each.seq, "path": each.path}
            for each in proofs.values()
        ),
    )
    yield from _listed(
        "digests",
        (
            {
                "day": each.day.isoformat(),
                "through": each.through_id,
                "entries": each.entries,
                "tree": each.tree,
                "root": each.root,
            }
            for each, _before in chain
        ),
    )
    yield from _listed("entries", _entries(account_id))
    yield b"}\n"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _listed(name: str, items: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    yield f',\n"{name}":[\n'.encode()
    some: list[str] = []
    for number, item in enumerate(items):
        some.append((",\n" if number else "") + _json(item))
        if len(some) == SOME:
            yield "".join(some).encode()
            some.clear()
    yield ("".join(some) + "]").encode()


def _entries(account_id: int) -> Iterator[dict[str, Any]]:
    query = (
        select(*LINKED)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .where(Entry.account_id == account_id)
        .order_by(Entry.seq)
    )
    for row in session().connection().execute(query, execution_options=STREAM):
        yield {
            "seq": row.seq,
            "transfer": row.transfer_id,
            "amount": row.amount,
            "balance": row.balance_after,
            "reason": row.reason,
            "happened_on": row.happened_on.isoformat(),
            "entered_at": instant(row.entered_at),
            "seal": seal_of(row),
            "hash": row.hash,
        }
