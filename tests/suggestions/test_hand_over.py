"""Handing a suggestion over: the history says so, the promised day stays."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from portal.notify.models import Notice
from portal.suggestions.models import Status, StatusChange, Suggestion
from tests.client import form_of
from tests.suggestions.making import answer


def url(number: int) -> str:
    return f"/suggestions/{number}/hand-over"


def owner(db: Any, number: int) -> int:
    return int(db.scalar(select(Suggestion.owner_id).where(Suggestion.id == number)))


def test_it_goes_to_somebody_better_placed(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    due = db.scalar(select(Suggestion.answer_due_on))
    sent = client_of(cast.leader).submit(
        url(fault), owner=cast.administrator.staff_no, reason="热水器归后勤管。"
    )
    assert sent.status_code == 303
    assert owner(db, fault) == cast.administrator.id
    assert db.scalar(select(Suggestion.answer_due_on)) == due
    last = db.rows(
        select(StatusChange.from_status, StatusChange.to_status, StatusChange.owner_id).order_by(
            StatusChange.step.desc()
        )
    )[0]
    assert tuple(last) == ("sent", "sent", cast.administrator.id)
    told = db.rows(select(Notice.person_id, Notice.kind).where(Notice.kind != "suggestions.sent"))
    assert set(map(tuple, told)) == {
        (cast.administrator.id, "suggestions.handed_over"),
        (cast.agent.id, "suggestions.new_owner"),
    }
    page = client_of(cast.agent).get(f"/suggestions/{fault}").text
    assert "热水器归后勤管。" in page
    assert client_of(cast.administrator).get(f"/suggestions/{fault}/answer").status_code == 200
    assert client_of(cast.leader).get(f"/suggestions/{fault}/answer").status_code == 403


@pytest.mark.parametrize(
    ("whom", "said"),
    [
        ("agent", "提建议的人自己"),
        ("leader", "现在就是"),
        ("leaver", "没有找到"),
        ("nobody", "没有找到"),
    ],
)
def test_not_to_everybody(
    db: Any, cast: Any, client_of: Any, fault: int, *, whom: str, said: str
) -> None:
    staff_no = getattr(cast, whom).staff_no if whom != "nobody" else "999999"
    sent = client_of(cast.leader).submit(url(fault), owner=staff_no, reason="请你来。")
    assert sent.status_code == 422
    assert said in sent.text
    assert owner(db, fault) == cast.leader.id


def test_not_without_a_reason(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    sent = client_of(cast.leader).submit(url(fault), owner=cast.hr.staff_no, reason=" ")
    assert sent.status_code == 422
    assert owner(db, fault) == cast.leader.id


@pytest.mark.parametrize("part", ["agent", "colleague", "outsider", "hr_other", "administrator"])
def test_not_by_everybody(db: Any, cast: Any, client_of: Any, fault: int, part: str) -> None:
    browser = client_of(getattr(cast, part))
    assert browser.get(url(fault)).status_code == 403
    assert browser.act(url(fault), owner=cast.hr.staff_no, reason="x").status_code == 403
    assert owner(db, fault) == cast.leader.id


def test_sent_twice_it_moves_once(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    browser = client_of(cast.leader)
    path, fields = form_of(browser.get(url(fault)), url(fault))
    sent = {**fields, "owner": cast.hr.staff_no, "reason": "归人力资源部。"}
    answers = [browser.post(path, data=sent) for _time in range(2)]
    assert {(one.status_code, one.location) for one in answers} == {(303, f"/suggestions/{fault}")}
    assert db.scalar(select(Suggestion.step)) == 2


def test_not_after_its_end(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    with db() as session:
        answer(cast.leader, session.get(Suggestion, fault), Status.DECLINED)
    sent = client_of(cast.leader).submit(url(fault), owner=cast.hr.staff_no, reason="请你来。")
    assert sent.status_code == 409
    assert owner(db, fault) == cast.leader.id
