"""Moving coins: zero in all, never below zero, once per key, reversed once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.base.errors import Refused
from portal.coins import queries, rules
from portal.coins.models import Account, AccountKind, Entry, Reason, Transfer, WalletMonth


@pytest.fixture
def places(db: Any) -> dict[str, int]:
    """Ten coins in a budget, and two wallets."""
    with db():
        found = {
            "issue": rules.account(AccountKind.ISSUE).id,
            "budget": rules.account(AccountKind.BUDGET, 1, period="2026-03").id,
            "ann": rules.account(AccountKind.WALLET, 1).id,
            "bo": rules.account(AccountKind.WALLET, 2).id,
            "fen": rules.account(AccountKind.DRIVE, 1, currency="fen").id,
        }
        rules.transfer(
            key="fund", reason=Reason.FUND, legs=[(found["issue"], -10), (found["budget"], 10)],
            by_id=None,
        )  # fmt: skip
    return found


def move(places: dict[str, int], key: str, amount: int, **options: Any) -> Transfer:
    options.setdefault("reason", Reason.AWARD)
    return rules.transfer(
        key=key, legs=[(places["budget"], -amount), (places["ann"], amount)], by_id=None, **options
    )


def test_an_account_is_opened_once(db: Any) -> None:
    with db():
        first = rules.account(AccountKind.WALLET, 5)
        assert rules.account(AccountKind.WALLET, 5).id == first.id
        assert rules.account(AccountKind.WALLET, 5, currency="fen").id != first.id
        again = rules.accounts_of(AccountKind.WALLET, [5, 6, 5])
        assert again[5] == first.id
        assert set(again) == {5, 6}


def test_the_same_key_moves_once(db: Any, places: dict[str, int], is_sound: Any) -> None:
    with db():
        first = move(places, "k", 4).id
    with db():
        assert move(places, "k", 4).id == first
        assert queries.wallet(1) == 4
        assert queries.balance(places["budget"]) == 6
    for other in ({"amount": 5}, {"amount": 4, "memo": "x"}, {"amount": 4, "reason": Reason.FUND}):
        with db(), pytest.raises(Refused) as refused:
            move(places, "k", **other)  # type: ignore[arg-type]
        assert refused.value.status == 409
    assert is_sound()


def test_never_below_zero(db: Any, places: dict[str, int], is_sound: Any) -> None:
    with db(), pytest.raises(rules.Short, match="还剩 10 枚金币，不够这次的 11") as short:
        move(places, "k", 11)
    assert (short.value.left, short.value.field, short.value.status) == (10, "amount", 422)
    with db():
        move(places, "k", 10)
    with db(), pytest.raises(rules.Short):
        move(places, "k2", 1)
    with db(), pytest.raises(rules.Short, match="钱包里有 10 枚金币"):
        rules.transfer(
            key="w", reason=Reason.GIFT_TO_DRIVE, by_id=None,
            legs=[(places["ann"], -11), (places["bo"], 11)],
        )  # fmt: skip
    assert is_sound()


def test_a_refusal_writes_nothing(db: Any, places: dict[str, int]) -> None:
    before = db.scalar(select(func.count()).select_from(Transfer))
    with db():
        with pytest.raises(rules.Short):
            move(places, "k", 11)
        move(places, "good", 1)
    assert db.scalar(select(func.count()).select_from(Transfer)) == before + 1


@pytest.mark.parametrize(
    "legs",
    [
        [],
        [("ann", 1)],
        [("ann", 1), ("budget", -2)],
        [("ann", 0), ("budget", 0)],
        [("ann", 1), ("ann", -1)],
        [("ann", 1.0), ("budget", -1.0)],
        [("ann", True), ("budget", -1)],
        [("ann", 10**13), ("budget", -(10**13))],
        [("ann", 1), ("fen", -1)],
        [("ann", 1), ("nowhere", -1)],
    ],
)
def test_a_program_that_errs_is_stopped(
    db: Any, places: dict[str, int], legs: list[tuple[str, Any]]
) -> None:
    with db(), pytest.raises(ValueError, match=r"\w"):
        rules.transfer(
            key="k", reason=Reason.AWARD, by_id=None,
            legs=[(places.get(name, 987654), amount) for name, amount in legs],
        )  # fmt: skip
    assert db.scalar(select(func.count()).select_from(Transfer)) == 1


def test_a_closed_account_takes_part_in_nothing(db: Any, places: dict[str, int]) -> None:
    from portal.base import clock

    with db() as session:
        session.get_one(Account, places["ann"]).closed_at = clock.now()
    with db(), pytest.raises(Refused, match="已经关闭"):
        move(places, "k", 1)


def test_reversed_once(db: Any, places: dict[str, int], is_sound: Any) -> None:
    with db():
        move(places, "k", 4)
    with db() as session:
        original = session.scalars(select(Transfer).where(Transfer.key == "k")).one()
        back = rules.reverse(original.id, key="back", reason=Reason.REVERSAL, by_id=None)
        assert session.get_one(Transfer, back.id).reverses_id == original.id
        assert queries.wallet(1) == 0
        assert (
            rules.reverse(original.id, key="back", reason=Reason.REVERSAL, by_id=None).id == back.id
        )
        with pytest.raises(Refused, match="已经撤回过"):
            rules.reverse(original.id, key="other", reason=Reason.REVERSAL, by_id=None)
        with pytest.raises(Refused, match="本身就是更正"):
            rules.reverse(back.id, key="third", reason=Reason.REVERSAL, by_id=None)
    assert is_sound()
    assert db.rows(select(WalletMonth.change, WalletMonth.received)) == [(0, 0)]


def test_many_at_once_all_or_nothing(db: Any, places: dict[str, int], is_sound: Any) -> None:
    def postings(count: int) -> list[rules.Posting]:
        legs = ((places["budget"], -1), (places["bo"], 1))
        return [rules.Posting(f"m{n}", Reason.AWARD, legs) for n in range(count)]

    with db(), pytest.raises(rules.Short):
        rules.post(postings(11))
    assert db.scalar(select(func.count()).select_from(Entry)) == 2
    with db():
        assert [posted.is_new for posted in rules.post(postings(4))] == [True] * 4
        assert [posted.is_new for posted in rules.post(postings(6))] == [False] * 4 + [True] * 2
        with pytest.raises(ValueError, match="twice"):
            rules.post([*postings(1), *postings(1)])
    with db(read_only=True):
        assert queries.wallet(2) == 6
        entries = queries.statement(places["bo"], None, 10)
        assert [line.balance_after for line in entries] == [6, 5, 4, 3, 2, 1]
    assert is_sound()


def test_a_loaded_account_shows_its_new_balance(db: Any, places: dict[str, int]) -> None:
    with db() as session:
        loaded = session.get_one(Account, places["budget"])
        assert loaded.balance == 10
        move(places, "k", 3)
        assert loaded.balance == 7
