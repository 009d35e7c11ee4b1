"""Counting each drive's money and coins in three ways."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select

from portal.base.db import session
from portal.coins.models import Account, AccountKind, Entry
from portal.drives.models import Drive, DriveState, Gift
from portal.drives.queries.drives import Totals, totals


@dataclass(frozen=True, slots=True)
class Check:
    """One drive's two totals counted in three ways; right when the three are equal."""

    drive_id: int
    title: str
    unit: str
    raised: int
    entries: int
    gifts: int

    @property
    def is_right(self) -> bool:
        return self.raised == self.entries == self.gifts


def checks() -> list[Check]:
    """Each opened drive's money and coins: kept balance, sum of entries, sum of gifts."""
    sign = case((Gift.reverses_id.is_(None), 1), else_=-1)
    by_gift = {
        row.drive_id: Totals(row.fen or 0, row.coins or 0)
        for row in session().execute(
            select(
                Gift.drive_id,
                func.sum(sign * Gift.amount_fen).label("fen"),
                func.sum(sign * Gift.amount_coins).label("coins"),
            ).group_by(Gift.drive_id)
        )
    }
    by_entry: dict[tuple[int, str], int] = {
        (row.owner_id, row.currency): int(row.total)
        for row in session().execute(
            select(Account.owner_id, Account.currency, func.sum(Entry.amount).label("total"))
            .join(Entry, Entry.account_id == Account.id)
            .where(Account.kind == AccountKind.DRIVE)
            .group_by(Account.owner_id, Account.currency)
        )
    }
    rows = session().execute(
        select(Drive.id, Drive.title).where(Drive.state != DriveState.DRAFT).order_by(Drive.id)
    )
    found = [(row.id, row.title) for row in rows]
    kept = totals(drive_id for drive_id, _title in found)
    checked = []
    for drive_id, title in found:
        balance, sums = kept[drive_id], by_gift.get(drive_id, Totals())
        fen, coins = by_entry.get((drive_id, "fen"), 0), by_entry.get((drive_id, "coin"), 0)
        checked.append(Check(drive_id, title, "fen", balance.fen, fen, int(sums.fen)))
        checked.append(Check(drive_id, title, "coin", balance.coins, coins, int(sums.coins)))
    return checked
