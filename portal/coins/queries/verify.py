"""Checking the whole ledger: everything that must be true of it, by reading every entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.base.db import AnyRow, AnySelect, session
from portal.coins.models import (
    RECOGNITION,
    RETURNS,
    SOURCES,
    Account,
    AccountKind,
    Entry,
    Transfer,
    WalletMonth,
)
from portal.coins.models.chain import FIRST, entry_hash, instant, transfer_seal
from portal.coins.queries.digests import STREAM, broken_digest


@dataclass(frozen=True, slots=True)
class KindTotal:
    """All accounts of one kind: how many, and what they hold together."""

    currency: str
    kind: str
    accounts: int
    balance: int

    @property
    def label(self) -> str:
        return AccountKind(self.kind).label


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole ledger at this moment. `zero`: each currency adds up to zero."""

    kinds: tuple[KindTotal, ...]
    last_transfer_id: int
    last_entered_at: datetime | None

    def of(self, currency: str) -> tuple[KindTotal, ...]:
        return tuple(kind for kind in self.kinds if kind.currency == currency)

    @property
    def sums(self) -> dict[str, int]:
        sums: dict[str, int] = {}
        for kind in self.kinds:
            sums[kind.currency] = sums.get(kind.currency, 0) + kind.balance
        return sums

    @property
    def zero(self) -> bool:
        return not any(self.sums.values())


def totals() -> Totals:
    """All accounts added up, from the kept balances."""
    rows = session().execute(
        select(Account.currency, Account.kind, func.count(), func.sum(Account.balance))
        .group_by(Account.currency, Account.kind)
        .order_by(Account.currency, Account.kind)
    )
    last = (
        session()
        .execute(select(Transfer.id, Transfer.entered_at).order_by(Transfer.id.desc()).limit(1))
        .one_or_none()
    )
    kinds = tuple(KindTotal(row[0], row[1], row[2], int(row[3])) for row in rows)
    return Totals(kinds, last.id if last else 0, last.entered_at if last else None)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that must never be true, in words; `entry_id` names the first broken entry."""

    message: str
    entry_id: int | None = None


def verify() -> list[Fault]:
    """Everything that is wrong with the ledger; an empty list when all is well."""
    checks = (
        _broken_entry,
        _unbalanced_transfer,
        _mixed_transfer,
        _wrong_balance,
        _overdrawn_account,
        _wrong_month,
        _not_zero,
        _broken_digest,
    )
    return [fault for check in checks if (fault := check()) is not None]


def count_entries() -> int:
    """How many entries there are; reads them all."""
    return session().scalar(select(func.count()).select_from(Entry)) or 0


def _first(query: AnySelect) -> tuple[int, ...] | None:
    row = session().execute(query.limit(1)).one_or_none()
    return None if row is None else tuple(row)


def _broken_entry() -> Fault | None:
    """Each entry follows the one before it on its account: in number, balance and hash."""
    with session().connection().execute(_chains(), execution_options=STREAM) as rows:
        return _broken_link(rows)


def _broken_link(rows: Iterable[AnyRow]) -> Fault | None:
    account_id, seq, balance, head = 0, 0, 0, FIRST
    for row in rows:
        if row.account_id != account_id:
            account_id, seq, balance, head = row.account_id, 0, 0, FIRST
        seq, balance = seq + 1, balance + row.amount
        if row.balance_after != balance:
            message = _(
                "分录 %(entry)s（账户 %(account)s）记着余额 %(written)s，逐笔相加是 %(summed)s。",
                entry=row.id, account=account_id, written=row.balance_after, summed=balance,
            )  # fmt: skip
            return Fault(message, row.id)
        head = hash_of(row, head)
        if row.seq != seq or row.hash != head:
            message = _(
                "分录 %(entry)s（账户 %(account)s 第 %(seq)s 条）和校验码对不上：它被改过，"
                "或前面少了一条。",
                entry=row.id, account=account_id, seq=seq,
            )  # fmt: skip
            return Fault(message, row.id)
    return None


LINKED = (
    Entry.account_id,
    Entry.seq,
    Entry.transfer_id,
    Entry.amount,
    Entry.balance_after,
    Entry.hash,
    Transfer.reason,
    Transfer.happened_on,
    Transfer.entered_at,
    Transfer.key,
    Transfer.content_hash,
    Transfer.memo,
    Transfer.by_id,
    Transfer.currency,
    Transfer.reverses_id,
)
"""What goes into the hash of an entry; the last six are sealed."""


def _chains() -> AnySelect:
    return (
        select(Entry.id, *LINKED)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .order_by(Entry.account_id, Entry.seq)
    )


def hash_of(row: AnyRow, before: str) -> str:
    """The hash that an entry should have, after one with the hash `before`. `row`: ends in LINKED.

    Taken apart by place: asking a row for fifteen names takes as long as the hash.
    """
    account_id, seq, transfer_id, amount, balance_after, _hash, *others = row[-len(LINKED) :]
    reason, happened_on, entered_at = others[:3]
    return entry_hash(
        before,
        account_id=account_id,
        seq=seq,
        transfer_id=transfer_id,
        amount=amount,
        balance_after=balance_after,
        reason=reason,
        happened_on=happened_on,
        entered_at=instant(entered_at),
        seal=seal_of(row),
    )


def seal_of(row: AnyRow) -> str:
    """The seal of an entry's transfer. `row`: ends in LINKED."""
    key, content_hash, memo, by_id, currency, reverses_id = row[-6:]
    return transfer_seal(
        key=key,
        content_hash=content_hash,
        memo=memo,
        by_id=by_id,
        currency=currency,
        reverses_id=reverses_id,
    )


def _unbalanced_transfer() -> Fault | None:
    """The entries of each transfer add up to zero, and there are two of them or more."""
    found = _first(
        select(Transfer.id, func.coalesce(func.sum(Entry.amount), 0), func.min(Entry.id))
        .outerjoin(Entry, Entry.transfer_id == Transfer.id)
        .group_by(Transfer.id)
        .having(or_(func.coalesce(func.sum(Entry.amount), 0) != 0, func.count(Entry.id) < 2))
        .order_by(Transfer.id)
    )
    if found is None:
        return None
    message = _(
        "第 %(transfer)s 笔的各分录相加是 %(sum)s，应当是 0。", transfer=found[0], sum=found[1]
    )
    return Fault(message, found[2])


def _mixed_transfer() -> Fault | None:
    """A transfer stays within the currency that it names."""
    found = _first(
        select(Transfer.id, Entry.id)
        .join(Entry, Entry.transfer_id == Transfer.id)
        .join(Account, Account.id == Entry.account_id)
        .where(Account.currency != Transfer.currency)
        .order_by(Entry.id)
    )
    if found is None:
        return None
    return Fault(_("第 %(transfer)s 笔混用了两种单位。", transfer=found[0]), found[1])


def _wrong_balance() -> Fault | None:
    """What is kept of each account is what its last entry says."""
    last = aliased(Entry)
    found = _first(
        select(Account.id, Account.balance, func.coalesce(last.balance_after, 0))
        .outerjoin(last, and_(last.account_id == Account.id, last.seq == Account.entries))
        .where(
            or_(
                Account.balance != func.coalesce(last.balance_after, 0),
                Account.head != func.coalesce(last.hash, ""),
                exists(
                    select(Entry.id).where(
                        Entry.account_id == Account.id, Entry.seq > Account.entries
                    )
                ),
            )
        )
        .order_by(Account.id)
    )
    if found is None:
        return None
    return Fault(
        _(
            "账户 %(account)s 的余额是 %(kept)s，分录相加是 %(summed)s。",
            account=found[0], kept=found[1], summed=found[2],
        )
    )  # fmt: skip


def _overdrawn_account() -> Fault | None:
    found = _first(
        select(Account.id, Entry.id, Entry.balance_after)
        .join(Entry, Entry.account_id == Account.id)
        .where(Entry.balance_after < 0, Account.kind.not_in(list(SOURCES)))
        .order_by(Entry.id)
    )
    if found is None:
        return None
    message = _("账户 %(account)s 在分录 %(entry)s 之后低于零。", account=found[0], entry=found[1])
    return Fault(message, found[1])


def _wrong_month() -> Fault | None:
    """The monthly totals of each wallet add up to what its entries add up to."""
    original = aliased(Transfer)
    source = func.coalesce(original.reason, Transfer.reason)
    recognised = source.in_(list(RECOGNITION))
    of_lot = and_(
        source.not_in(list(RETURNS)),
        (Entry.amount > 0) == Transfer.reverses_id.is_(None),
    )
    entries = (
        select(
            Entry.account_id,
            func.sum(Entry.amount).label("change"),
            func.sum(case((recognised, Entry.amount), else_=0)).label("received"),
            func.sum(case((of_lot, Entry.amount), else_=0)).label("lot"),
        )
        .join(Account, Account.id == Entry.account_id)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .outerjoin(original, original.id == Transfer.reverses_id)
        .where(Account.kind == AccountKind.WALLET)
        .group_by(Entry.account_id)
        .subquery()
    )
    kept = (
        select(
            WalletMonth.account_id,
            func.sum(WalletMonth.change).label("change"),
            func.sum(WalletMonth.received).label("received"),
            func.sum(WalletMonth.lot).label("lot"),
        )
        .group_by(WalletMonth.account_id)
        .subquery()
    )
    found = _first(
        select(entries.c.account_id, func.coalesce(kept.c.change, 0), entries.c.change)
        .outerjoin(kept, kept.c.account_id == entries.c.account_id)
        .where(
            or_(
                func.coalesce(kept.c.change, 0) != entries.c.change,
                func.coalesce(kept.c.received, 0) != entries.c.received,
                func.coalesce(kept.c.lot, 0) != entries.c.lot,
            )
        )
        .order_by(entries.c.account_id)
    )
    if found is None:
        return None
    return Fault(
        _(
            "账户 %(account)s 的各月合计记着 %(kept)s，与分录（共 %(summed)s）不一致。",
            account=found[0], kept=found[1], summed=found[2],
        )
    )  # fmt: skip


def _not_zero() -> Fault | None:
    wrong = {currency: total for currency, total in totals().sums.items() if total}
    if not wrong:
        return None
    listed = ", ".join(f"{currency} {total}" for currency, total in wrong.items())
    return Fault(_("所有账户相加不是零：%(sums)s。", sums=listed))


def _broken_digest() -> Fault | None:
    """Each digest fits to the entries, and to the digest before it."""
    broken = broken_digest()
    return None if broken is None else Fault(broken.message, broken.entry_id)
