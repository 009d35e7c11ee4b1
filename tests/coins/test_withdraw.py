"""Taking an own award back: within 15 minutes, whole, told, and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from portal.coins import queries, rules
from portal.coins.models import AccountKind, Reason, Transfer
from portal.notify.models import Notice

NOON = "2026-03-10 12:00"


def wallet(db: Any, person: Any) -> int:
    with db(read_only=True):
        return queries.wallet(person.id)


@pytest.fixture
def given(at: Any, fund: Any, give: Any, cast: Any) -> int:
    """Five coins each for two people, at noon."""
    at(NOON)
    fund(100)
    award_id: int = give(5, people=[cast.agent, cast.colleague])
    return award_id


def test_back_into_the_budget(
    cast: Any, client_of: Any, db: Any, at: Any, is_sound: Any, *, given: int
) -> None:
    browser = client_of(cast.leader)
    assert "/withdraw" in browser.get(f"/coins/awards/{given}").text
    at("2026-03-10 12:14")
    done = browser.submit(f"/coins/awards/{given}/withdraw")
    assert done.status_code == 303
    assert wallet(db, cast.agent) == wallet(db, cast.colleague) == 0
    back = db.rows(select(Transfer.reverses_id, Transfer.reason).order_by(Transfer.id.desc()))[0]
    assert (back.reverses_id is not None, back.reason) == (True, Reason.WITHDRAW)
    assert "已经撤回" in browser.get(f"/coins/awards/{given}").text
    assert "已撤回" in client_of(cast.agent).get("/coins/").text
    told = db.rows(select(Notice.person_id).where(Notice.kind == "coins.withdrawn"))
    assert {row.person_id for row in told} == {cast.agent.id, cast.colleague.id}
    again = browser.submit(f"/coins/awards/{given}/withdraw")
    assert again.status_code == 409
    assert is_sound()
    with db(read_only=True):
        assert queries.received_in_all(cast.agent.id) == 0


def test_not_after_a_quarter_of_an_hour(
    cast: Any, client_of: Any, db: Any, at: Any, given: int
) -> None:
    at("2026-03-10 12:16")
    browser = client_of(cast.leader)
    assert "/withdraw" not in browser.get(f"/coins/awards/{given}").text
    answer = browser.submit(f"/coins/awards/{given}/withdraw")
    assert answer.status_code == 422
    assert "15 分钟" in answer.text
    assert wallet(db, cast.agent) == 5


def test_not_when_it_is_spent(
    cast: Any, client_of: Any, db: Any, is_sound: Any, given: int
) -> None:
    with db():
        purse = rules.account(AccountKind.WALLET, cast.agent.id)
        drive = rules.account(AccountKind.DRIVE, 7)
        rules.transfer(
            key="spent", reason=Reason.GIFT_TO_DRIVE, legs=[(purse.id, -3), (drive.id, 3)],
            by_id=cast.agent.id,
        )  # fmt: skip
    answer = client_of(cast.leader).submit(f"/coins/awards/{given}/withdraw")
    assert answer.status_code == 409
    assert cast.agent.name in answer.text
    assert wallet(db, cast.colleague) == 5, "all or nothing"
    assert is_sound()


@pytest.mark.parametrize(
    ("who", "status"),
    [("agent", 403), ("manager", 403), ("hr", 403), ("auditor", 403), ("outsider", 404),
     ("hr_other", 404), ("committee", 404), ("administrator", 404)],
)  # fmt: skip
def test_nobody_else(cast: Any, client_of: Any, given: int, who: str, status: int) -> None:
    browser = client_of(getattr(cast, who))
    assert browser.get(f"/coins/awards/{given}/withdraw").status_code == status
    assert browser.act(f"/coins/awards/{given}/withdraw").status_code == status
    assert browser.get("/coins/awards/99999/withdraw").status_code == 404
