"""Gifts as one reader may see them: the wall, the list, the receipt, what I gave myself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import exists, select, union
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnyRow, AnySelect, session
from portal.coins.models import Account, AccountKind, Entry
from portal.drives import policy
from portal.drives.models import Drive, Gift, GiftKind, Shown
from portal.drives.queries.drives import PAGE
from portal.people.models import Person


@dataclass(frozen=True, slots=True)
class GiftLine:
    """A gift as one viewer may see it. `giver` is empty where they are not told."""

    id: int
    kind: str
    giver: str | None
    shown: str
    is_outsider: bool
    amount_fen: int | None
    amount_coins: int | None
    message: str | None
    receipt_no: int | None
    given_on: date
    is_reversed: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines of a list, and where the next ones begin."""

    lines: Sequence[GiftLine]
    after: int | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The slip of one gift, for its giver and the committee."""

    gift: GiftLine
    drive_id: int
    drive: str
    received_by: str | None
    counted_by: str | None
    given_at: datetime
    reverses_id: int | None
    reverses_no: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class OwnGift:
    """One of my own gifts, with the drive it went to."""

    id: int
    drive_id: int
    drive: str
    kind: str
    shown: str
    amount_fen: int | None
    amount_coins: int | None
    receipt_no: int | None
    given_on: date
    is_reversed: bool


def _gifts() -> AnySelect:
    later = aliased(Gift)
    return select(
        Gift,
        Person.name.label("name"),
        exists(select(later.id).where(later.reverses_id == Gift.id)).label("is_reversed"),
    ).outerjoin(Person, Person.id == Gift.giver_id)


def _masked(viewer: Viewer, place: Sequence[int], row: AnyRow) -> GiftLine:
    """The gift as `viewer` may see it. Nothing else makes a GiftLine."""
    gift: Gift = row.Gift
    is_named = policy.names_giver(viewer, place, gift)
    return GiftLine(
        id=gift.id,
        kind=gift.kind,
        giver=(row.name or gift.giver_name) if is_named else None,
        shown=gift.shown,
        is_outsider=gift.giver_name is not None,
        amount_fen=gift.amount_fen,
        amount_coins=gift.amount_coins,
        message=gift.message,
        receipt_no=gift.receipt_no,
        given_on=clock.local(gift.given_at).date(),
        is_reversed=row.is_reversed,
    )


def wall(viewer: Viewer, drive: Drive, *, after: int | None = None, limit: int = PAGE) -> Page:
    """The latest gifts to a drive as `viewer` may see them, keyset-paged."""
    statement = (
        _gifts()
        .where(Gift.drive_id == drive.id, Gift.reverses_id.is_(None))
        .order_by(Gift.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(Gift.id < after)
    rows = session().execute(statement).all()
    lines = [_masked(viewer, drive.place, row) for row in rows[:limit]]
    return Page(lines, lines[-1].id if len(rows) > limit else None)


def every_gift(viewer: Viewer, drive: Drive, batch: int = 1000) -> Iterator[GiftLine]:
    """All gifts to a drive as `viewer` may see them, the latest first, read in batches."""
    after: int | None = None
    while True:
        page = wall(viewer, drive, after=after, limit=batch)
        yield from page.lines
        after = page.after
        if after is None:
            return


def giver_words(line: GiftLine) -> str:
    """Who gave, or what stands there for those who are not told."""
    if line.giver is not None:
        return line.giver
    if line.shown == Shown.ANONYMOUS:
        return str(_("匿名"))
    return str(_("一位朋友") if line.is_outsider else _("一位同事"))


def table_of_gifts(viewer: Viewer, drive: Drive) -> Iterator[tuple[object, ...]]:
    """The gifts as a table with a header, masked as `viewer` sees them; money in yuan."""
    yield (
        _("编号"), _("日期"), _("捐赠人"), _("金额（元）"), _("金币"), _("收据"), _("留言"),
        _("状态"),
    )  # fmt: skip
    for line in every_gift(viewer, drive):
        yield (
            line.id,
            line.given_on,
            giver_words(line),
            None if line.amount_fen is None else Decimal(line.amount_fen).scaleb(-2),
            line.amount_coins,
            line.receipt_no,
            line.message,
            _("已更正") if line.is_reversed else None,
        )


def receipt_of(viewer: Viewer, gift: Gift) -> Receipt:
    """The slip of one gift. Whether the viewer may see it at all is asked before."""
    taker, counter, first = aliased(Person), aliased(Person), aliased(Gift)
    statement = (
        _gifts()
        .add_columns(
            Drive,
            taker.name.label("taker"),
            counter.name.label("counter"),
            first.receipt_no.label("reverses_no"),
        )
        .join(Drive, Drive.id == Gift.drive_id)
        .outerjoin(taker, taker.id == Gift.received_by_id)
        .outerjoin(counter, counter.id == Gift.counted_by_id)
        .outerjoin(first, first.id == Gift.reverses_id)
        .where(Gift.id == gift.id)
    )
    row = session().execute(statement).one()
    return Receipt(
        gift=_masked(viewer, row.Drive.place, row),
        drive_id=row.Drive.id,
        drive=row.Drive.title,
        received_by=row.taker,
        counted_by=row.counter,
        given_at=gift.given_at,
        reverses_id=gift.reverses_id,
        reverses_no=row.reverses_no,
        reason=gift.reason,
    )


def given_by(person_id: int, *, after: int | None = None, limit: int = PAGE) -> list[OwnGift]:
    """What this person gave, for themself only; one more than `limit`.

    An anonymous gift names nobody: it is found through the entries of the person's own wallet.
    """
    wallet = (
        select(Account.id)
        .where(
            Account.kind == AccountKind.WALLET,
            Account.owner_id == person_id,
            Account.currency == "coin",
        )
        .scalar_subquery()
    )
    named = select(Gift.id).where(Gift.giver_id == person_id, Gift.reverses_id.is_(None))
    unnamed = (
        select(Gift.id)
        .join(Entry, Entry.transfer_id == Gift.transfer_id)
        .where(
            Entry.account_id == wallet,
            Gift.shown == Shown.ANONYMOUS,
            Gift.kind == GiftKind.COINS,
            Gift.reverses_id.is_(None),
        )
    )
    own = union(named, unnamed).subquery()
    later = aliased(Gift)
    statement = (
        select(
            Gift.id, Gift.drive_id, Drive.title, Gift.kind, Gift.shown, Gift.amount_fen,
            Gift.amount_coins, Gift.receipt_no, Gift.given_at,
            exists(select(later.id).where(later.reverses_id == Gift.id)),
        )
        .join(own, own.c.id == Gift.id)
        .join(Drive, Drive.id == Gift.drive_id)
        .order_by(Gift.id.desc())
        .limit(limit + 1)
    )  # fmt: skip
    if after is not None:
        statement = statement.where(Gift.id < after)
    return [
        OwnGift(*row[:8], given_on=clock.local(row[8]).date(), is_reversed=row[9])
        for row in session().execute(statement)
    ]
