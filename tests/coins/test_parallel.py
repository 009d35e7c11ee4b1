"""Processes with threads at one account: one last coin, transfers both ways, one key."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.base import clock
from portal.coins import queries, rules
from portal.coins.models import AccountKind, Award, Reason, RuleName, Transfer
from tests.coins import worker


@pytest.fixture
def where(app: Any) -> tuple[str, str]:
    settings = app.config["SUNHOME"]
    return settings.database_url, str(settings.instance)


@pytest.fixture
def pair(db: Any) -> tuple[int, int]:
    """Two wallets with a hundred coins each."""
    with db():
        source = rules.account(AccountKind.ISSUE).id
        pair = tuple(rules.account(AccountKind.WALLET, person).id for person in (1, 2))
        for wallet in pair:
            rules.transfer(
                key=f"open{wallet}", reason=Reason.OPENING, legs=[(source, -100), (wallet, 100)],
                by_id=None,
            )  # fmt: skip
    return pair[0], pair[1]


def test_fifty_at_the_last_coin(
    cast: Any, db: Any, fund: Any, where: tuple[str, str], is_sound: Any
) -> None:
    fund(1)
    rows = [(where, cast.leader.id, cast.agent.id, f"try{n}") for n in range(50)]
    answers = Counter(worker.at_once(worker.award_one, rows))
    assert answers.pop("given") == 1
    assert sum(answers.values()) == 49
    assert all("预算" in words for words in answers), answers
    assert db.scalar(select(func.count()).select_from(Award)) == 1
    with db(read_only=True):
        assert queries.wallet(cast.agent.id) == 1
    assert is_sound()


def test_both_ways_at_once(
    db: Any, where: tuple[str, str], pair: tuple[int, int], is_sound: Any
) -> None:
    ways = [pair, (pair[1], pair[0])]
    answers = worker.at_once(
        worker.move_to_and_fro, [(where, ways[n % 2], f"w{n}", 12) for n in range(10)]
    )
    assert answers == ["done"] * 10
    with db(read_only=True):
        assert [queries.balance(wallet) for wallet in pair] == [100, 100]
    assert is_sound()


def test_one_key_twenty_times(
    db: Any, where: tuple[str, str], pair: tuple[int, int], is_sound: Any
) -> None:
    answers = worker.at_once(worker.same_key, [(where, pair)] * 20)
    assert len(set(answers)) == 1, answers
    assert isinstance(answers[0], int)
    assert db.scalar(select(func.count()).where(Transfer.key == "the-one")) == 1
    with db(read_only=True):
        assert queries.balance(pair[0]) == 99
    assert is_sound()


# ---- caps, and a second pair of eyes ----------------------------------------------------------


@pytest.mark.parametrize("cap", ["most_received", "most_of_pair"])
def test_fifty_at_the_last_of_a_cap(
    cast: Any, db: Any, fund: Any, *, where: Any, is_sound: Any, cap: str
) -> None:
    """B8: a budget of many slices, so that nothing but the cap stands in the way."""
    with db():
        today = clock.today()
        rules.set_number(None, RuleName(cap), number=7, since=today.replace(day=1))
    fund(8000)
    rows = [(where, cast.leader.id, cast.agent.id, f"cap{n}") for n in range(50)]
    answers = Counter(worker.at_once(worker.award_one, rows))
    assert answers.pop("given") == 7
    assert sum(answers.values()) == 43
    assert all("最多 7 枚" in words for words in answers), answers
    with db(read_only=True):
        assert queries.wallet(cast.agent.id) == 7
    assert is_sound()


def test_ten_decide_at_once(
    cast: Any, db: Any, fund: Any, give: Any, *, where: Any, is_sound: Any
) -> None:
    with db():
        rules.set_number(None, RuleName.REVIEW, number=10, since=clock.today())
    fund(100)
    request_id = give(30)
    deciders = [(cast.manager.id, "approve"), (cast.hr.id, "refuse"), (cast.hr.id, "approve"),
                (cast.manager.id, "refuse"), (cast.leader.id, "recall")]  # fmt: skip
    rows = [(where, person, request_id, deed) for person, deed in deciders * 2]
    answers = Counter(worker.at_once(worker.decide_one, rows))
    assert answers.pop("done") == 1, answers
    assert all("不用再处理" in words for words in answers), answers
    assert is_sound()
    with db(read_only=True):
        paid, left = queries.wallet(cast.agent.id), queries.budget(1, clock.today())
        assert paid in {0, 30}
        assert left.held == 0
