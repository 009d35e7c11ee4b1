"""Sending a suggestion: both kinds, its owner and day, and everything that is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from portal.base import clock
from portal.notify.models import Notice
from portal.people.models import RoleGrant
from portal.suggestions.models import Kind, StatusChange, Suggestion, Topic
from tests.client import form_of
from tests.suggestions.making import FAULT, IDEA, send

URL = "/suggestions/new/woodpecker"
HOSTILE = "<script>alert(1)</script>{{7*7}}' OR 1=1 --"


def count(db: Any) -> int:
    return int(db.scalar(select(func.count()).select_from(Suggestion)))


def test_a_fault_gets_an_owner_a_day_and_a_history(db: Any, cast: Any, client_of: Any) -> None:
    answer = client_of(cast.agent).submit(URL, **FAULT, since="上个月起", cost="大家喝不上热水")
    assert answer.status_code == 303
    row = db.rows(select(Suggestion.__table__))[0]
    assert answer.location == f"/suggestions/{row.id}"
    assert (row.kind, row.spot, row.since) == ("woodpecker", FAULT["spot"], "上个月起")
    assert row.owner_id == cast.leader.id
    assert row.answer_due_on == clock.today() + timedelta(days=7)
    assert len(row.content_hash) == 64
    steps = db.rows(select(StatusChange.step, StatusChange.to_status, StatusChange.by_id))
    assert steps == [(1, "sent", cast.agent.id)]
    told = db.rows(select(Notice.person_id, Notice.kind, Notice.link))
    assert told == [(cast.leader.id, "suggestions.sent", f"/suggestions/{row.id}")]


def test_an_idea_has_fields_of_its_own(db: Any, cast: Any, client_of: Any) -> None:
    answer = client_of(cast.agent).submit("/suggestions/new/golden_finger", **IDEA)
    assert answer.status_code == 303
    row = db.rows(select(Suggestion.__table__))[0]
    assert (row.kind, row.effect, row.spot) == ("golden_finger", IDEA["effect"], None)


def test_the_two_cards_lead_to_the_two_forms(cast: Any, client_of: Any) -> None:
    page = client_of(cast.agent).get("/suggestions/new").text
    assert 'href="/suggestions/new/woodpecker"' in page
    assert 'href="/suggestions/new/golden_finger"' in page


def test_the_form_keeps_a_draft(cast: Any, client_of: Any) -> None:
    assert "data-draft" in client_of(cast.agent).get(URL).text


@pytest.mark.parametrize(
    ("author", "owner"),
    [
        ("agent", "leader"),
        ("leader", "manager"),
        ("manager", "hr"),
        ("outsider", "other_leader"),
        ("hr_other", "general_manager"),
        ("hr", "general_manager"),
        ("general_manager", "hr"),
    ],
)
def test_the_owner_is_the_leader_or_the_next_one_up(
    db: Any, cast: Any, author: str, owner: str
) -> None:
    with db():
        assert send(getattr(cast, author)).owner_id == getattr(cast, owner).id


@pytest.mark.parametrize(
    ("author", "topic", "owner"),
    [
        ("agent", "shifts", "hr"),
        ("outsider", "living", "hr_other"),
        ("agent", "culture", "station"),
        ("station", "culture", "manager"),
    ],
)
def test_a_topic_may_belong_to_a_role(
    db: Any, cast: Any, author: str, topic: str, owner: str
) -> None:
    with db():
        assert send(getattr(cast, author), topic=topic).owner_id == getattr(cast, owner).id


def test_a_topic_may_belong_to_a_person_and_set_its_own_days(db: Any, cast: Any) -> None:
    with db() as session:
        session.add(
            Topic(key="canteen", name="食堂", name_en="Canteen", owner_id=cast.station.id,
                  answer_days=3)
        )  # fmt: skip
    with db():
        made = send(cast.agent, topic="canteen")
        assert made.owner_id == cast.station.id
        assert made.answer_due_on == clock.today() + timedelta(days=3)
        assert send(cast.station, topic="canteen").owner_id == cast.manager.id


def test_nobody_to_answer_is_said_so(db: Any, cast: Any, client_of: Any) -> None:
    with db() as session:
        session.execute(update(RoleGrant).values(valid_to=RoleGrant.valid_from))
    answer = client_of(cast.agent).submit(URL, **FAULT)
    assert answer.status_code == 422
    assert "还没有人能答复" in answer.text
    assert count(db) == 0


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "", "请填写"),
        ("title", "\u200b \u3000", "请填写"),
        ("title", "热" * 61, "最多 60 个字"),
        ("what", "", "请填写"),
        ("what", "水" * 2001, "最多 2000 个字"),
        ("spot", "", "请填写"),
        ("spot", "楼" * 81, "最多 80 个字"),
        ("since", "年" * 61, "最多 60 个字"),
        ("cost", "多" * 501, "最多 500 个字"),
        ("topic", "", "请填写"),
        ("topic", "nothing", "选一个"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(
    db: Any, cast: Any, client_of: Any, *, field: str, value: str, said: str
) -> None:
    answer = client_of(cast.agent).submit(URL, **{**FAULT, field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert count(db) == 0


@pytest.mark.parametrize(("field", "value"), [("title", "热\0水"), ("what", "水\x07")])
def test_control_characters_are_refused(
    db: Any, cast: Any, client_of: Any, field: str, value: str
) -> None:
    browser = client_of(cast.agent)
    path, fields = form_of(browser.get(URL), URL)
    sent = {**fields, **FAULT, field: value}
    # the page draws them again as they were sent, which no HTML may hold: past the page contract
    answer = FlaskClient.open(browser, path, method="POST", data=sent)
    assert answer.status_code == 422
    assert "控制字符" in answer.text
    assert count(db) == 0


def test_an_idea_without_its_effect_is_refused(db: Any, cast: Any, client_of: Any) -> None:
    answer = client_of(cast.agent).submit(
        "/suggestions/new/golden_finger", **{**IDEA, "effect": " "}
    )
    assert answer.status_code == 422
    assert count(db) == 0


@pytest.mark.parametrize("text", [HOSTILE, "👩‍👩‍👧🔥热水𠮷", "ＡＢＣ　１２３", "%_\\", "مرحبا"])
def test_markup_and_emoji_are_only_text(db: Any, cast: Any, client_of: Any, text: str) -> None:
    said = {**FAULT, "title": text, "what": text, "spot": text}
    answer = client_of(cast.agent).submit(URL, **said)
    assert answer.status_code == 303
    page = client_of(cast.colleague).get(answer.location)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert count(db) == 1


def test_a_form_sent_twice_makes_one(db: Any, cast: Any, client_of: Any) -> None:
    browser = client_of(cast.agent)
    path, fields = form_of(browser.get(URL), URL)
    first = browser.post(path, data={**fields, **FAULT})
    second = browser.post(path, data={**fields, **FAULT})
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert count(db) == 1
    other = browser.post(path, data={**fields, **FAULT, "title": "别的"})
    assert other.status_code == 409
    assert count(db) == 1


def test_columns_that_no_form_has_stay_untouched(db: Any, cast: Any, client_of: Any) -> None:
    hostile = {"owner_id": cast.agent.id, "status": "adopted", "reward_coins": 999, "effect": "x",
               "author_id": cast.leader.id, "answer_due_on": "2099-01-01"}  # fmt: skip
    assert client_of(cast.agent).submit(URL, **FAULT, **hostile).status_code == 303
    row = db.rows(select(Suggestion.__table__))[0]
    assert (row.author_id, row.owner_id, row.status) == (cast.agent.id, cast.leader.id, "sent")
    assert (row.reward_coins, row.effect) == (None, None)


def test_the_database_itself_holds_the_kinds_apart(db: Any, cast: Any) -> None:
    with db():
        number = send(cast.agent, Kind.GOLDEN_FINGER).id
    change = update(Suggestion).where(Suggestion.id == number).values(spot="三楼")
    with pytest.raises(IntegrityError), db() as session:
        session.execute(change)


def test_topics_are_stored_when_first_used(db: Any, cast: Any) -> None:
    assert db.scalar(select(func.count()).select_from(Topic)) == 0
    with db():
        send(cast.agent)
        send(cast.agent, title="另一条")
    assert db.rows(select(Topic.key)) == [("workplace",)]
