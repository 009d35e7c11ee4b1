"""Answering: who may, what can follow, what it pays, and what stays as it was written."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from portal.base.errors import Refused
from portal.coins.models import Account, Transfer
from portal.coins.queries import wallet
from portal.notify.models import Notice
from portal.people.models import Employment
from portal.people.rules import leave
from portal.suggestions.models import ANSWERS, Status, StatusChange, Suggestion
from tests.client import form_of
from tests.suggestions.making import answer, send

REASON = "后勤今晚换热水器。"


def url(number: int) -> str:
    return f"/suggestions/{number}/answer"


def found(db: Any, number: int) -> Any:
    return db.rows(select(Suggestion.__table__).where(Suggestion.id == number))[0]


def coins_of(db: Any, member: Any) -> int:
    with db(read_only=True):
        return wallet(member.id)


def test_the_owner_answers_and_the_author_is_told(
    db: Any, cast: Any, client_of: Any, fault: int
) -> None:
    sent = client_of(cast.leader).submit(url(fault), status="in_work", reason=REASON)
    assert (sent.status_code, sent.location) == (303, f"/suggestions/{fault}")
    row = found(db, fault)
    assert row.status == "in_work"
    assert row.first_answered_at is not None
    assert row.closed_at is None
    told = db.rows(
        select(Notice.kind, Notice.params["status"].as_string()).where(
            Notice.person_id == cast.agent.id
        )
    )
    assert told == [("suggestions.answered", "in_work")]
    assert REASON in client_of(cast.outsider).get(f"/suggestions/{fault}").text


@pytest.mark.parametrize("part", ["leader", "hr", "general_manager"])
def test_those_who_may_answer(db: Any, cast: Any, client_of: Any, fault: int, part: str) -> None:
    sent = client_of(getattr(cast, part)).submit(url(fault), status="answered", reason=REASON)
    assert sent.status_code == 303


@pytest.mark.parametrize(
    "part",
    ["agent", "colleague", "outsider", "other_leader", "manager", "hr_other", "committee",
     "station", "auditor", "administrator"],
)  # fmt: skip
def test_those_who_may_not(cast: Any, client_of: Any, db: Any, fault: int, part: str) -> None:
    browser = client_of(getattr(cast, part))
    assert browser.get(url(fault)).status_code == 403
    assert browser.act(url(fault), status="adopted", reason=REASON).status_code == 403
    assert found(db, fault).status == "sent"
    page = browser.get(f"/suggestions/{fault}")
    assert page.status_code == 200
    assert url(fault) not in page.text


@pytest.mark.parametrize("part", ["hr", "general_manager", "leader"])
def test_nobody_answers_their_own(db: Any, cast: Any, client_of: Any, part: str) -> None:
    author = getattr(cast, part)
    with db():
        number = send(author).id
    assert client_of(author).get(url(number)).status_code == 403
    with pytest.raises(Refused) as refused, db() as session:
        answer(author, session.get(Suggestion, number), Status.ADOPTED)
    assert refused.value.status == 403
    assert found(db, number).status == "sent"


def test_adoption_pays_the_author_once(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    client_of(cast.leader).submit(url(fault), status="adopted", reason=REASON)
    assert coins_of(db, cast.agent) == 20
    assert found(db, fault).reward_coins == 20
    client_of(cast.leader).submit(url(fault), status="done", reason="换好了。")
    assert coins_of(db, cast.agent) == 20
    assert db.rows(select(Transfer.key)) == [(f"suggestion:{fault}:adopted",)]
    assert db.scalar(select(func.sum(Account.balance))) == 0
    page = client_of(cast.agent).get(f"/suggestions/{fault}").text
    assert "20 枚金币" in page


def test_what_is_done_at_once_was_adopted_on_the_way(db: Any, cast: Any, fault: int) -> None:
    with db() as session:
        answer(cast.leader, session.get(Suggestion, fault), Status.DONE, "换好了。")
    steps = db.rows(select(StatusChange.to_status).order_by(StatusChange.step))
    assert [step for (step,) in steps] == ["sent", "adopted", "done"]
    row = found(db, fault)
    assert row.closing_reason == "换好了。"
    assert coins_of(db, cast.agent) == 20


def test_a_topic_without_reward_pays_nothing(db: Any, cast: Any, fault: int) -> None:
    with db() as session:
        suggestion = session.get(Suggestion, fault)
        suggestion.topic.reward_coins = 0
        answer(cast.leader, suggestion, Status.ADOPTED)
    assert found(db, fault).reward_coins == 0
    assert db.scalar(select(func.count()).select_from(Transfer)) == 0


def test_who_has_left_is_paid_nothing(db: Any, cast: Any, at: Any, fault: int) -> None:
    with db() as session:
        from portal.base import clock

        leave(session.get(Employment, cast.agent.employment_id), last_day=clock.today())
    from datetime import timedelta

    at(clock.now() + timedelta(days=2))
    with db() as session:
        answer(cast.leader, session.get(Suggestion, fault), Status.ADOPTED)
    assert found(db, fault).reward_coins == 0
    assert db.scalar(select(func.count()).select_from(Transfer)) == 0


@pytest.mark.parametrize("reason", ["", " \u3000\u200b", "因" * 501])
def test_no_answer_without_a_reason(
    db: Any, cast: Any, client_of: Any, fault: int, reason: str
) -> None:
    sent = client_of(cast.leader).submit(url(fault), status="declined", reason=reason)
    assert sent.status_code == 422
    assert found(db, fault).status == "sent"


@pytest.mark.parametrize("status", ["", "sent", "withdrawn", "nonsense"])
def test_only_what_can_follow(db: Any, cast: Any, client_of: Any, fault: int, status: str) -> None:
    sent = client_of(cast.leader).submit(url(fault), status=status, reason=REASON)
    assert sent.status_code == 422
    assert found(db, fault).status == "sent"


@pytest.mark.parametrize("before", list(ANSWERS))
@pytest.mark.parametrize("after", list(Status))
def test_every_step_from_everywhere(
    db: Any, cast: Any, fault: int, before: Status, after: Status
) -> None:
    with db() as session:
        if before is not Status.SENT:
            answer(cast.leader, session.get(Suggestion, fault), before)
    try:
        with db() as session:
            answer(cast.leader, session.get(Suggestion, fault), after)
        went = True
    except Refused:
        went = False
    assert went == (after in ANSWERS[before])
    assert found(db, fault).status == (after if went else before)


@pytest.mark.parametrize("end", [Status.DECLINED, Status.DONE])
def test_an_end_is_an_end(db: Any, cast: Any, client_of: Any, fault: int, end: Status) -> None:
    with db() as session:
        answer(cast.leader, session.get(Suggestion, fault), end)
    browser = client_of(cast.leader)
    assert browser.get(url(fault)).location == f"/suggestions/{fault}"
    with pytest.raises(Refused) as refused, db() as session:
        answer(cast.leader, session.get(Suggestion, fault), Status.ADOPTED)
    assert refused.value.status == 409


def test_the_second_of_two_answers_is_told_to_look_again(
    db: Any, cast: Any, client_of: Any, fault: int
) -> None:
    first, second = client_of(cast.leader), client_of(cast.hr)
    path, fields = form_of(second.get(url(fault)), url(fault))
    assert first.submit(url(fault), status="in_work", reason=REASON).status_code == 303
    late = second.post(path, data={**fields, "status": "declined", "reason": "不做。"})
    assert late.status_code == 409
    assert "先处理过了" in late.text
    assert found(db, fault).status == "in_work"


def test_an_answer_sent_twice_counts_once(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    browser = client_of(cast.leader)
    path, fields = form_of(browser.get(url(fault)), url(fault))
    sent = {**fields, "status": "adopted", "reason": REASON}
    answers = [browser.post(path, data=sent) for _time in range(2)]
    assert {(one.status_code, one.location) for one in answers} == {(303, f"/suggestions/{fault}")}
    assert coins_of(db, cast.agent) == 20
    assert found(db, fault).step == 2


STEP = StatusChange.__tablename__


@pytest.mark.parametrize(
    "sql",
    [
        f"UPDATE {STEP} SET reason = 'x'",
        f"UPDATE {STEP} SET by_id = by_id",
        f"DELETE FROM {STEP}",
    ],
)
def test_history_is_kept_by_the_database(db: Any, cast: Any, fault: int, sql: str) -> None:
    with pytest.raises(DBAPIError), db() as session:
        session.execute(text(sql))
    assert db.scalar(select(func.count()).select_from(StatusChange)) == 1


def test_history_is_not_replaced_in_silence(db: Any, fault: int, database_kind: str) -> None:
    if database_kind != "sqlite":
        pytest.skip("only SQLite replaces rows")
    with pytest.raises(DBAPIError), db() as session:
        session.execute(text(f"INSERT OR REPLACE INTO {STEP} SELECT * FROM {STEP}"))


@pytest.mark.parametrize(
    "values",
    [
        {"status": "declined"},
        {"status": "declined", "closing_reason": "不做"},
        {"status": "adopted"},
        {"status": "gone"},
        {"owner_id": Suggestion.author_id},
        {"reward_coins": 5},
        {"title": ""},
    ],
)
def test_what_must_never_be_true_is_refused_by_the_database(
    db: Any, fault: int, values: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), db() as session:
        session.execute(update(Suggestion).values(**values))


def test_two_adoptions_at_once_pay_once(db: Any, cast: Any, fault: int, app: Any) -> None:
    """Both read it as sent; the lock lets one go first, the other sees that it moved."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    together = Barrier(2)

    def adopt(member: Any) -> int:
        with db() as session:
            suggestion = session.get(Suggestion, fault)
            if app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
                together.wait(10)
            answer(member, suggestion, Status.ADOPTED, step=1)
        return 303

    def tried(member: Any) -> int:
        try:
            return adopt(member)
        except Refused as refused:
            return refused.status

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(tried, (cast.leader, cast.hr)))
    assert results == [303, 409]
    assert coins_of(db, cast.agent) == 20
