"""Taking an own award back: within 15 minutes, whole, told, and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from portal.coins import queries, rules
from portal.coins.models import AccountKind, Reason, Transfer, WithdrawalRequest
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


# ---- later, by review -------------------------------------------------------------------------

WHY = "记错了人：那通电话是隔壁班的同事接的。"


@pytest.fixture
def late(given: int, at: Any) -> int:
    """The award, an hour later."""
    at("2026-03-10 13:00")
    return given


@pytest.fixture
def asked(cast: Any, client_of: Any, db: Any, late: int) -> int:
    """The giver has asked that it be taken back: the request's number."""
    client_of(cast.leader).submit(f"/coins/awards/{late}/ask-withdrawal", reason=WHY)
    number = db.scalar(select(WithdrawalRequest.id))
    assert number is not None
    return int(number)


def state(db: Any) -> str:
    return str(db.scalar(select(WithdrawalRequest.state)))


def told(db: Any, kind: str) -> set[int]:
    return {row[0] for row in db.rows(select(Notice.person_id).where(Notice.kind == kind))}


def test_somebody_else_takes_it_back(
    cast: Any, client_of: Any, db: Any, is_sound: Any, *, late: int, asked: int
) -> None:
    url = f"/coins/withdrawals/{asked}"
    assert told(db, "coins.withdrawal_asked") == {cast.manager.id, cast.hr.id}
    assert WHY in client_of(cast.leader).get(url).text
    assert url not in client_of(cast.agent).get(f"/coins/awards/{late}").text
    manager = client_of(cast.manager)
    assert url in manager.get("/coins/reviews/withdrawals").text
    assert "等我复核" in manager.get("/coins/budget").text
    assert manager.submit(url).location == f"/coins/awards/{late}"
    assert wallet(db, cast.agent) == wallet(db, cast.colleague) == 0
    back = db.rows(select(Transfer.reverses_id, Transfer.reason).order_by(Transfer.id.desc()))[0]
    assert (back.reverses_id is not None, back.reason) == (True, Reason.WITHDRAW)
    assert told(db, "coins.withdrawn") == {cast.agent.id, cast.colleague.id}
    assert told(db, "coins.withdrawal_decided") == {cast.leader.id}
    receiver = client_of(cast.agent)
    assert WHY in receiver.get(f"/coins/awards/{late}").text, "why it was withdrawn"
    assert WHY in receiver.get("/notify/").text
    assert "已撤回" in receiver.get("/coins/").text
    assert manager.act(url, version="1", request_key="once-more").status_code == 409
    assert is_sound()


def test_it_stands_for_a_reason(
    cast: Any, client_of: Any, db: Any, *, late: int, asked: int
) -> None:
    hr = client_of(cast.hr)
    url = f"/coins/withdrawals/{asked}/refuse"
    assert hr.submit(url, answer=" ").status_code == 422
    assert hr.submit(url, answer="录音听过了，就是她接的。").status_code == 303
    assert (state(db), wallet(db, cast.agent)) == ("refused", 5)
    assert "就是她接的" in client_of(cast.leader).get(f"/coins/withdrawals/{asked}").text
    assert told(db, "coins.withdrawn") == set()
    assert "/ask-withdrawal" in client_of(cast.leader).get(f"/coins/awards/{late}").text


def test_called_back(cast: Any, client_of: Any, db: Any, asked: int) -> None:
    giver = client_of(cast.leader)
    assert giver.submit(f"/coins/withdrawals/{asked}/recall").status_code == 303
    assert (state(db), wallet(db, cast.agent)) == ("recalled", 5)


def test_hr_asks_and_another_decides(cast: Any, client_of: Any, db: Any, *, late: int) -> None:
    hr = client_of(cast.hr)
    assert "/ask-withdrawal" in hr.get(f"/coins/awards/{late}").text
    sent = hr.submit(f"/coins/awards/{late}/ask-withdrawal", reason=WHY)
    assert told(db, "coins.withdrawal_asked") == {cast.manager.id, cast.leader.id}
    for party in (cast.hr, cast.leader):  # who asked, who gave
        answer = client_of(party).act(sent.location, version="1", request_key="party-decides")
        assert (answer.status_code, "请别人来复核" in answer.text) == (403, True)
    assert client_of(cast.manager).submit(sent.location).status_code == 303
    assert (state(db), wallet(db, cast.agent)) == ("approved", 0)


def test_spent_coins_and_nothing_half_done(
    cast: Any, client_of: Any, db: Any, is_sound: Any, *, asked: int
) -> None:
    with db():
        purse = rules.account(AccountKind.WALLET, cast.agent.id)
        drive = rules.account(AccountKind.DRIVE, 7)
        rules.transfer(
            key="spent", reason=Reason.GIFT_TO_DRIVE, legs=[(purse.id, -3), (drive.id, 3)],
            by_id=cast.agent.id,
        )  # fmt: skip
    answer = client_of(cast.manager).submit(f"/coins/withdrawals/{asked}")
    assert answer.status_code == 409
    assert f"{cast.agent.name} 已经用掉了" in answer.text
    assert (state(db), wallet(db, cast.colleague)) == ("waiting", 5)
    assert told(db, "coins.withdrawn") == set()
    assert is_sound()


def test_not_before_the_quarter_of_an_hour_nor_twice(
    cast: Any, client_of: Any, at: Any, given: int
) -> None:
    url = f"/coins/awards/{given}/ask-withdrawal"
    giver = client_of(cast.leader)
    early = giver.submit(url, reason=WHY)
    assert (early.status_code, "自己撤回" in early.text) == (409, True)
    at("2026-03-10 13:00")
    giver = client_of(cast.leader)
    assert giver.submit(url, reason="错了").status_code == 422
    assert giver.submit(url, reason=WHY).status_code == 303
    again = client_of(cast.hr).submit(url, reason=WHY)
    assert (again.status_code, "正等人决定" in again.text) == (409, True)


@pytest.mark.parametrize(
    ("who", "asks", "sees"),
    [("agent", 403, 404), ("manager", 403, 200), ("auditor", 403, 200), ("outsider", 404, 404),
     ("hr_other", 404, 404), ("committee", 404, 404), ("administrator", 404, 404)],
)  # fmt: skip
def test_who_asks_and_who_sees(
    cast: Any, client_of: Any, *, late: int, asked: int, who: str, asks: int, sees: int
) -> None:
    browser = client_of(getattr(cast, who))
    assert browser.get(f"/coins/awards/{late}/ask-withdrawal").status_code == asks
    assert browser.get(f"/coins/withdrawals/{asked}").status_code == sees
    recall = browser.get(f"/coins/withdrawals/{asked}/recall").status_code
    assert recall == (403 if sees == 200 else 404)
