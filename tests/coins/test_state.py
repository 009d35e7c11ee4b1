"""B7: random life of the ledger against a small dictionary, each step compared."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any, ClassVar

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
from sqlalchemy import delete, func, select

from portal.base.db import session, transaction
from portal.base.errors import Refused
from portal.coins import queries, rules
from portal.coins.models import Account, AccountKind, CoinRule, Lapse, Reason, RuleName, Transfer
from portal.people import rules as people

PEOPLE = (1, 2, 3)
AMOUNTS = st.integers(1, 8)
DAYS = st.sampled_from([None, date(2026, 2, 26), date(2026, 3, 4)])
TODAY = date(2026, 3, 5)


class Ledger(RuleBasedStateMachine):
    """Funds, gives, spends, repeats, reverses, and lets old coins lapse; `balances` is what must
    come out, and `months` what came into each wallet, by month, and left it for good."""

    app: Any = None
    at: ClassVar[Any] = None
    runs = 0
    posted = Bundle("posted")

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.run, self.number = type(self).runs, 0
        self.balances: dict[int, int] = defaultdict(int)
        self.reversed: set[int] = set()
        self.lots: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.today = TODAY
        self.move_to(self.today)
        self.context = self.app.app_context()
        self.context.push()
        with transaction():
            self.issue = rules.account(AccountKind.ISSUE).id
            self.budget = rules.account(AccountKind.BUDGET, self.run, period="2026-03").id
            self.drive = rules.account(AccountKind.DRIVE, self.run).id
            session().execute(delete(Lapse))
            self.sweep_out()
            owners = [people.add_person(name=f"第{self.run}轮{person}号").id for person in PEOPLE]
            self.wallets = list(rules.accounts_of(AccountKind.WALLET, owners).values())
            self.expired = rules.account(AccountKind.EXPIRED).id
            self.balances[self.issue] = queries.balance(self.issue)
            self.balances[self.expired] = queries.balance(self.expired)
            session().execute(delete(CoinRule))
            rules.set_number(None, RuleName.EXPIRY, number=1, since=self.today)

    def sweep_out(self) -> None:
        """What earlier runs left in wallets goes, so that only this run's coins lapse."""
        left = select(Account.id, Account.balance).where(
            Account.kind == AccountKind.WALLET, Account.balance > 0
        )
        for wallet, balance in session().execute(left).all():
            legs = [(wallet, -balance), (self.issue, balance)]
            rules.transfer(
                key=f"{self.run}:out:{wallet}", reason=Reason.REVERSAL, legs=legs, by_id=None
            )

    def move_to(self, day: date) -> None:
        type(self).at(f"{day} 12:00")

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
            if account in self.wallets and amount > 0:
                self.lots[account][f"{day or self.today:%Y-%m}"] += amount
        return (number, deed | {"month": f"{day or self.today:%Y-%m}"})

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
        deed = {name: value for name, value in deed.items() if name != "month"}
        with transaction():
            assert rules.transfer(**deed).id == number

    @rule(before=posted, amount=AMOUNTS)
    def repeat_otherwise(self, before: tuple[int, dict[str, Any]], amount: int) -> None:
        legs = [(account, value * (amount + 1)) for account, value in before[1]["legs"]]
        deed = {name: value for name, value in before[1].items() if name != "month"}
        with pytest.raises(Refused) as refused, transaction():
            rules.transfer(**(deed | {"legs": legs}))
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
            if account in self.wallets and amount < 0:
                self.lots[account][deed["month"]] += amount

    @rule(days=st.integers(1, 40))
    def time_goes_by(self, days: int) -> None:
        """Each morning the jobs run; what was told 30 days ago and is still old then is gone."""
        self.today += timedelta(days=days)
        self.move_to(self.today)
        with transaction(read_only=True):
            told = self.told(self.today - timedelta(days=1))
        for _twice in range(2):
            with transaction():
                rules.lapse_told(self.today)
        for wallet, amount in told.items():
            gone = min(amount, max(0, self.balances[wallet] - self.young(wallet)))
            self.balances[wallet] -= gone
            self.balances[self.expired] += gone
        for _twice in range(2):
            with transaction():
                rules.plan_lapses(self.today)
                rules.remind_lapses(self.today)
                rules.tell_lapses(self.today)

    def told(self, until: date) -> dict[int, int]:
        """What was told of each wallet to last until this day or less."""
        rows = session().execute(
            select(Lapse.account_id, func.sum(Lapse.amount))
            .where(
                Lapse.ended_on.is_(None),
                Lapse.until <= until,
                Lapse.told_on <= until - timedelta(days=30),
                Lapse.account_id.in_(self.wallets),
            )
            .group_by(Lapse.account_id)
        )
        return {row[0]: int(row[1]) for row in rows}

    def young(self, wallet: int) -> int:
        """What came in this month and last: coins last one month more."""
        months = queries.months_until(self.today, 2)
        return sum(lot for month, lot in self.lots[wallet].items() if month >= months[0])

    @invariant()
    def lots_are_the_balance(self) -> None:
        """What is left by month adds up to the balance, and is taken from the oldest."""
        with transaction(read_only=True):
            for wallet in self.wallets:
                rest, left = self.balances[wallet], {}
                for month, lot in sorted(self.lots[wallet].items(), reverse=True):
                    if min(lot, rest):
                        left[month] = min(lot, rest)
                    rest -= min(lot, rest)
                found = queries.lots(wallet, self.balances[wallet])
                assert {f"{lot.month:%Y-%m}": lot.left for lot in found} == left
                assert rest == 0

    @invariant()
    def is_as_in_the_dictionary(self) -> None:
        with transaction(read_only=True):
            for account, balance in self.balances.items():
                assert queries.balance(account) == balance

    @invariant()
    def is_sound(self) -> None:
        with transaction(read_only=True):
            assert queries.verify() == []


def play(app: Any, at: Any, *, examples: int, steps: int) -> None:
    Ledger.app, Ledger.at = app, at
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
    play(app, at, examples=8, steps=20)


@pytest.mark.long
def test_the_ledger_against_a_dictionary_for_long(app: Any, at: Any) -> None:
    play(app, at, examples=150, steps=50)
