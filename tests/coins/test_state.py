"""B7: random life of the ledger against a small dictionary, each step compared."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from portal.base.db import session, transaction
from portal.base.errors import Refused
from portal.coins import queries, rules
from portal.coins.models import AccountKind, Reason, Transfer

PEOPLE = (1, 2, 3)
AMOUNTS = st.integers(1, 8)
DAYS = st.sampled_from([None, date(2026, 2, 26), date(2026, 3, 4)])


class Ledger(RuleBasedStateMachine):
    """Funds, gives, spends, repeats and reverses; `balances` is what must come out."""

    app: Any = None
    runs = 0
    posted = Bundle("posted")

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.run, self.number = type(self).runs, 0
        self.balances: dict[int, int] = defaultdict(int)
        self.reversed: set[int] = set()
        self.context = self.app.app_context()
        self.context.push()
        with transaction():
            self.issue = rules.account(AccountKind.ISSUE).id
            self.budget = rules.account(AccountKind.BUDGET, self.run, period="2026-03").id
            self.drive = rules.account(AccountKind.DRIVE, self.run).id
            owners = [self.run * 10 + person for person in PEOPLE]
            self.wallets = list(rules.accounts_of(AccountKind.WALLET, owners).values())
            self.balances[self.issue] = queries.balance(self.issue)

    def teardown(self) -> None:
        self.context.pop()

    def key(self) -> str:
        self.number += 1
        return f"{self.run}:{self.number}"

    def post(self, reason: Reason, legs: list[tuple[int, int]], day: date | None = None) -> Any:
        """Post, and expect what the dictionary says."""
        key = self.key()
        enough = all(
            account == self.issue or self.balances[account] + amount >= 0
            for account, amount in legs
        )
        deed = {"key": key, "reason": reason, "legs": legs, "by_id": None, "happened_on": day}
        try:
            with transaction():
                number = rules.transfer(**deed).id  # type: ignore[arg-type]
        except Refused:
            assert not enough, f"refused, though there was enough: {legs}"
            return multiple()
        assert enough, f"posted, though there was not enough: {legs}"
        for account, amount in legs:
            self.balances[account] += amount
        return (number, deed)

    @rule(target=posted, amount=AMOUNTS)
    def fund(self, amount: int) -> Any:
        return self.post(Reason.FUND, [(self.issue, -amount), (self.budget, amount)])

    @rule(
        target=posted,
        shares=st.dictionaries(st.sampled_from(range(len(PEOPLE))), AMOUNTS, min_size=1),
        day=DAYS,
    )
    def award(self, shares: dict[int, int], day: date | None) -> Any:
        legs = [(self.wallets[person], amount) for person, amount in shares.items()]
        return self.post(Reason.AWARD, [(self.budget, -sum(shares.values())), *legs], day)

    @rule(target=posted, person=st.sampled_from(range(len(PEOPLE))), amount=AMOUNTS, day=DAYS)
    def spend(self, person: int, amount: int, day: date | None) -> Any:
        legs = [(self.wallets[person], -amount), (self.drive, amount)]
        return self.post(Reason.GIFT_TO_DRIVE, legs, day)

    @rule(before=posted)
    def repeat(self, before: tuple[int, dict[str, Any]]) -> None:
        number, deed = before
        with transaction():
            assert rules.transfer(**deed).id == number

    @rule(before=posted, amount=AMOUNTS)
    def repeat_otherwise(self, before: tuple[int, dict[str, Any]], amount: int) -> None:
        legs = [(account, value * (amount + 1)) for account, value in before[1]["legs"]]
        with pytest.raises(Refused) as refused, transaction():
            rules.transfer(**(before[1] | {"legs": legs}))
        assert refused.value.status == 409

    @rule(before=consumes(posted))
    def take_back(self, before: tuple[int, dict[str, Any]]) -> None:
        number, deed = before
        back = [(account, -amount) for account, amount in deed["legs"]]
        enough = all(
            account == self.issue or self.balances[account] + amount >= 0
            for account, amount in back
        )
        try:
            with transaction():
                original = session().get(Transfer, number)
                assert original is not None
                rules.reverse(original.id, key=self.key(), reason=Reason.REVERSAL, by_id=None)
        except rules.Short:
            assert not enough
            return
        assert enough
        for account, amount in back:
            self.balances[account] += amount

    @invariant()
    def is_as_in_the_dictionary(self) -> None:
        with transaction(read_only=True):
            for account, balance in self.balances.items():
                assert queries.balance(account) == balance

    @invariant()
    def is_sound(self) -> None:
        with transaction(read_only=True):
            assert queries.verify() == []


def play(app: Any, *, examples: int, steps: int) -> None:
    Ledger.app = app
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_ledger_against_a_dictionary(app: Any, at: Any) -> None:
    at("2026-03-05 12:00")
    play(app, examples=8, steps=20)


@pytest.mark.long
def test_the_ledger_against_a_dictionary_for_long(app: Any, at: Any) -> None:
    at("2026-03-05 12:00")
    play(app, examples=150, steps=50)
