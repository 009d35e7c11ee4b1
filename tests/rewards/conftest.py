"""An item on the shelf, coins to spend, and an order that waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.base import clock
from portal.coins.models import Account, AccountKind
from portal.coins.queries import verify
from portal.notify.models import Notice
from portal.people.rules import make_token
from portal.rewards import queries
from portal.rewards.models import Order, Reward
from tests.rewards.making import as_viewer, coins_for, new_item, new_order


@pytest.fixture
def item(db: Any, cast: Any) -> int:
    """The number of an item of Taiyuan: 10 coins, five pieces. The agent has 25 coins."""
    with db():
        coins_for(cast.agent, 25)
        return new_item(cast.hr).id


@pytest.fixture
def waiting(db: Any, cast: Any, item: int) -> Order:
    """The agent's order, which waits to be fetched."""
    with db() as session:
        order = new_order(cast.agent, session.get_one(Reward, item))
        session.flush()
        session.expunge(order)
        return order


class Books:
    """What the records say: wallets, pieces, and whether everything adds up."""

    def __init__(self, db: Any) -> None:
        self.db = db

    def purse(self, member: Any) -> dict[str, int]:
        """What somebody has, and what is set aside for them: {"wallet": 15, "held": 10}."""
        rows = self.db.rows(
            select(Account.kind, Account.balance).where(
                Account.owner_id == member.id,
                Account.kind.in_([AccountKind.WALLET, AccountKind.HELD]),
            )
        )
        return {str(kind): balance for kind, balance in rows}

    def in_store(self) -> int:
        """The coins that were spent."""
        store = Account.kind == AccountKind.STORE
        return self.db.scalar(select(Account.balance).where(store)) or 0

    def pieces(self, reward_id: int) -> tuple[int, int, int]:
        """An item's (stock, reserved, handed)."""
        with self.db(read_only=True) as session:
            found = session.get_one(Reward, reward_id)
            return found.stock, found.reserved, found.handed

    def state(self, order: Order) -> str:
        """Where an order stands."""
        return str(self.db.scalar(select(Order.state).where(Order.id == order.id)))

    def told(self, kind: str) -> Any:
        """Who was told this."""
        return self.db.scalar(select(Notice.person_id).where(Notice.kind == f"rewards.{kind}"))

    def is_sound(self) -> bool:
        """The ledger verifies, and every item's numbers are those of its orders."""
        with self.db(read_only=True):
            faults, wrong = verify(), queries.miscounted()
        assert not faults, faults
        assert not wrong, wrong
        return True


@pytest.fixture
def books(db: Any) -> Books:
    """See `Books`."""
    return Books(db)


@pytest.fixture
def call(db: Any, app: Any) -> Callable[..., Any]:
    """Calls the API as somebody: `call(cast.agent, "get", "/rewards/")`."""

    def send(
        member: Any,
        method: str,
        path: str,
        *,
        scopes: str = "rewards:read rewards:write",
        key: str | None = None,
        **options: Any,
    ) -> Any:
        with db():
            until = clock.today() + timedelta(days=30)
            token = make_token(
                as_viewer(member), name="t", scopes=scopes.split(), expires_on=until
            )[1]
        headers = {"Authorization": f"Bearer {token}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return getattr(app.test_client(), method)(f"/api/v1{path}", headers=headers, **options)

    return send
