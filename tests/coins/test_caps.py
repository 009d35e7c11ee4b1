"""What one person may be awarded in a month: refused with who, what is left, and what to do."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.base.errors import Refused
from portal.coins import queries, rules
from portal.coins.models import AccountKind, Award, Reason
from portal.people.queries import viewer_of_person
from tests.coins.conftest import REASON

GOOD = {"value": "patience", "reason": REASON}


def awards(db: Any) -> int:
    return int(db.scalar(select(func.count()).select_from(Award)))


def wallet(db: Any, person: Any) -> int:
    with db(read_only=True):
        return queries.wallet(person.id)


@pytest.mark.parametrize("act", ["review", "confirm"])
def test_the_cap_of_a_person(
    cast: Any, client_of: Any, db: Any, *, numbers: Any, fund: Any, give: Any, act: str
) -> None:
    numbers(most_received=10)
    fund(100)
    give(7, people=[cast.agent])
    answer = client_of(cast.leader).submit(
        "/coins/award", act=act, people=[cast.colleague.id, cast.agent.id], amount="4", **GOOD
    )
    assert answer.status_code == 422
    assert f"{cast.agent.name} 在3月还可以收 3 枚金币" in answer.text
    assert "请少发一些" in answer.text
    assert (awards(db), wallet(db, cast.colleague)) == (1, 0)
    give(3, key="exactly")
    assert wallet(db, cast.agent) == 10


@pytest.mark.parametrize("rule", ["most_received", "most_of_pair"])
def test_more_than_the_cap_at_once(
    cast: Any, client_of: Any, *, numbers: Any, fund: Any, rule: str
) -> None:
    """Also to one who never had a coin."""
    numbers(**{rule: 10})
    fund(100)
    answer = client_of(cast.leader).submit(
        "/coins/award", act="review", people=[cast.agent.id], amount="11", **GOOD
    )
    assert answer.status_code == 422
    assert f"{cast.agent.name}" in answer.text.split("最多 10 枚")[0][-60:]


def test_the_cap_of_a_pair(
    cast: Any, client_of: Any, db: Any, *, numbers: Any, fund: Any, give: Any
) -> None:
    numbers(most_of_pair=10)
    unit = fund(100)
    give(9, people=[cast.agent])
    answer = client_of(cast.leader).submit(
        "/coins/award", act="confirm", people=[cast.agent.id], amount="2", **GOOD
    )
    assert answer.status_code == 422
    assert f"在3月还可以发给 {cast.agent.name} 1 枚金币" in answer.text
    assert "另一位领导" in answer.text
    with db():  # somebody else may
        rules.award(
            viewer_of_person(cast.manager.id), people=[cast.agent.id], amount=10, reason=REASON,
            value="care", key="manager", unit_id=unit,
        )  # fmt: skip
    assert wallet(db, cast.agent) == 19


def test_by_the_month_it_happened(
    cast: Any, db: Any, numbers: Any, *, fund: Any, give: Any
) -> None:
    numbers(most_received=10, most_of_pair=10)
    fund(100)
    give(10, key="march")
    give(10, key="february", day=date(2026, 2, 27))
    for day in (date(2026, 2, 20), date(2026, 3, 2)):
        with pytest.raises(Refused, match="2月" if day.month == 2 else "3月"):
            give(1, key=f"more{day}", day=day)
    assert wallet(db, cast.agent) == 20


def test_what_was_withdrawn_does_not_count(
    cast: Any, db: Any, numbers: Any, *, fund: Any, give: Any
) -> None:
    numbers(most_received=10, most_of_pair=10)
    fund(100)
    award_id = give(10, key="wrong")
    with db() as session:
        rules.withdraw(viewer_of_person(cast.leader.id), session.get(Award, award_id))
    give(10, key="right")
    assert wallet(db, cast.agent) == 10


def test_only_awards_count(cast: Any, db: Any, numbers: Any, *, fund: Any, give: Any) -> None:
    """A birthday's coins use nobody's cap up."""
    numbers(most_received=10)
    fund(100)
    with db():
        source = rules.account(AccountKind.ISSUE).id
        purse = rules.account(AccountKind.WALLET, cast.agent.id).id
        rules.transfer(
            key="birthday", reason=Reason.GREETING, legs=[(source, -50), (purse, 50)], by_id=None
        )
    give(10)
    assert wallet(db, cast.agent) == 60


@pytest.mark.parametrize("number", [None, 0])
def test_no_number_no_cap(
    cast: Any, db: Any, *, numbers: Any, fund: Any, give: Any, number: int | None
) -> None:
    numbers(**({} if number is None else {"most_received": number, "most_of_pair": number}))
    fund(1000)
    give(900)
    assert wallet(db, cast.agent) == 900
