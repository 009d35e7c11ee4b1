"""The inboxes of the past two months: coins received, most of them read by now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.base import clock
from portal.base.db import session
from portal.coins.models import Account, AccountKind, Award, Entry, Transfer
from portal.demo.world import World
from portal.notify.models import Notice

RECENT_DAYS = 60


def seed(world: World) -> None:
    """A notice for each award of the past two months, as the award itself would have told."""
    world.insert(Notice, _of_awards(world))


def _of_awards(world: World) -> Iterator[dict[str, Any]]:
    names = {person.id: person.name for person in world.people}
    now = clock.now()
    rows = session().execute(
        select(
            Award.id,
            Award.by_id,
            Award.amount,
            Award.value,
            Award.reason,
            Account.owner_id,
            Transfer.entered_at,
        )
        .join(Transfer, Transfer.id == Award.transfer_id)
        .join(Entry, Entry.transfer_id == Transfer.id)
        .join(Account, Account.id == Entry.account_id)
        .where(
            Transfer.entered_at >= now - timedelta(days=RECENT_DAYS),
            Account.kind == AccountKind.WALLET,
        )
        .order_by(Transfer.id, Entry.id)
    )
    for award_id, by_id, amount, value, words, person_id, at in rows:
        is_new = at > now - timedelta(days=10) and world.rng.random() < 0.6
        read_at = min(at + timedelta(minutes=world.rng.randrange(2, 1500)), now)
        yield {
            "person_id": person_id,
            "kind": "coins.awarded",
            "key": f"award:{award_id}:{person_id}",
            "link": f"/coins/awards/{award_id}",
            "why": "",
            "params": {
                "by": names.get(by_id, ""),
                "amount": amount,
                "value": str(value),
                "words": words,
            },
            "not_before": at,
            "created_at": at,
            "read_at": None if is_new else read_at,
        }
