"""Giving coins: over the page, looked over first, refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, func, select

from portal.coins import queries, rules
from portal.coins.models import Award, Transfer
from portal.notify.models import Notice
from portal.people.queries import viewer_of_person
from tests.client import form_of
from tests.coins.conftest import REASON
from tests.conftest import engine_of

GOOD = {"amount": "5", "value": "patience", "reason": REASON}


def awards(db: Any) -> int:
    return int(db.scalar(select(func.count()).select_from(Award)))


def wallet(db: Any, person: Any) -> int:
    with db(read_only=True):
        return queries.wallet(person.id)


def look_over(browser: Any, **typed: Any) -> Any:
    return browser.submit("/coins/award", act="review", **typed)


def confirm(browser: Any, reviewed: Any) -> Any:
    path, fields = form_of(reviewed, "/coins/award")
    return browser.post(path, data={**fields, "act": "confirm"})


def test_from_the_list_to_the_wallet(cast: Any, client_of: Any, db: Any, fund: Any) -> None:
    fund(100)
    browser = client_of(cast.leader)
    page = browser.get("/coins/award")
    assert "100" in page.text
    assert cast.colleague.name in page.text
    assert f"{cast.leader.staff_no} · " not in page.text.split("<form class")[1]
    reviewed = look_over(browser, people=[cast.agent.id, cast.colleague.id], **GOOD)
    assert reviewed.status_code == 200
    assert "+5" in reviewed.text
    assert "90" in reviewed.text
    assert awards(db) == 0, "looking it over gives nothing"
    _path, fields = form_of(reviewed, "/coins/award")
    fields["people"] = [cast.agent.id, cast.colleague.id]
    sent = {**fields, "act": "confirm"}
    done = browser.post("/coins/award", data=sent)
    assert done.status_code == 303
    assert (wallet(db, cast.agent), wallet(db, cast.colleague)) == (5, 5)
    told = db.rows(select(Notice.person_id, Notice.kind).where(Notice.kind == "coins.awarded"))
    assert {row.person_id for row in told} == {cast.agent.id, cast.colleague.id}
    again = browser.post("/coins/award", data=sent)
    assert (again.status_code, again.location) == (303, done.location)
    assert awards(db) == 1
    other = browser.post("/coins/award", data={**sent, "amount": "6"})
    assert other.status_code == 409
    assert wallet(db, cast.agent) == 5


def test_the_receiver_reads_it(cast: Any, client_of: Any, fund: Any, give: Any) -> None:
    fund()
    award_id = give()
    browser = client_of(cast.agent)
    page = browser.get(f"/coins/awards/{award_id}")
    assert REASON in page.text
    assert "撤回" not in page.text
    notices = browser.get("/notify/")
    assert cast.leader.name in notices.text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"amount": "0"}, "1 到 1000"),
        ({"amount": "-5"}, "1 到 1000"),
        ({"amount": "1.5"}, "整数"),
        ({"amount": "1e3"}, "整数"),
        ({"amount": "５"}, "整数"),
        ({"amount": "NaN"}, "整数"),
        ({"amount": "999999999999999999999"}, "整数"),
        ({"amount": ""}, "请填写"),
        ({"amount": "60"}, "还剩 100 枚金币"),
        ({"reason": "好"}, "至少 10 个字"),
        ({"reason": "\u200b" * 20}, "请填写"),
        ({"reason": "长" * 301}, "最多 300"),
        ({"value": "money"}, "不是有效的选择|请从列出的"),
        ({"people": []}, "至少选一位"),
        ({"people": ["x"]}, "从名单里选"),
        ({"people": ["9999999999999999999"]}, "从名单里选"),
        ({"people": ["987654321"]}, "找不到"),
        ({"happened_on": "2199-01-01"}, "还没有到"),
        ({"happened_on": "2020-01-01"}, "31 天"),
        ({"happened_on": "2026-02-30"}, "没有这一天"),
    ],
)
@pytest.mark.parametrize("act", ["review", "confirm"])
def test_bad_input_is_told_at_the_field(
    cast: Any, client_of: Any, db: Any, fund: Any, *, typed: dict[str, Any], told: str, act: str
) -> None:
    fund(100)
    people = [cast.agent.id, cast.colleague.id]
    browser = client_of(cast.leader)
    answer = browser.submit("/coins/award", **{"people": people, **GOOD, "act": act, **typed})
    assert answer.status_code == 422
    assert any(words in answer.text for words in told.split("|")), told
    assert awards(db) == 0
    if "reason" not in typed:
        assert REASON in answer.text, "what was written is still there"


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("leader", "不能发给自己"),
        ("leaver", "已经离职"),
        ("outsider", "不在这个班组"),
        ("hr", "不在这个班组"),
    ],
)
def test_people_who_cannot_get_any(
    cast: Any, client_of: Any, db: Any, fund: Any, *, who: str, told: str
) -> None:
    fund()
    people = [cast.agent.id, getattr(cast, who).id]
    answer = look_over(client_of(cast.leader), people=people, **GOOD)
    assert answer.status_code == 422
    assert told in answer.text
    assert awards(db) == 0


def test_somebody_twice(cast: Any, db: Any, fund: Any) -> None:
    from portal.base.errors import Refused

    fund()
    with db() as _session:
        viewer = viewer_of_person(cast.leader.id)
        with pytest.raises(Refused, match="两次"):
            rules.award(
                viewer, people=[cast.agent.id, cast.agent.id], amount=1, reason=REASON,
                value="care", key="k",
            )  # fmt: skip


@pytest.mark.parametrize("amount", [True, 1.0, "5", 0, -1, 10**30, None])
def test_the_rule_takes_whole_numbers_only(cast: Any, db: Any, fund: Any, amount: Any) -> None:
    from portal.base.errors import Refused

    fund()
    with db(), pytest.raises(Refused):
        rules.award(
            viewer_of_person(cast.leader.id), people=[cast.agent.id], amount=amount,
            reason=REASON, value="care", key="k",
        )  # fmt: skip


def test_nothing_is_given_without_a_budget(cast: Any, client_of: Any, db: Any) -> None:
    answer = look_over(client_of(cast.leader), people=[cast.agent.id], **GOOD)
    assert answer.status_code == 422
    assert "预算已经用完" in answer.text
    assert db.scalar(select(func.count()).select_from(Transfer)) == 0


def test_the_whole_team_in_one_tap(cast: Any, client_of: Any, fund: Any) -> None:
    fund()
    browser = client_of(cast.leader)
    page = browser.submit("/coins/award", act="everyone", reason=REASON)
    assert page.status_code == 200
    _path, fields = form_of(page, "/coins/award")
    assert set(fields["people"]) == {
        str(member.id) for member in (cast.agent, cast.colleague, cast.disabled)
    }
    assert fields["reason"] == REASON


def test_a_search_keeps_the_ticks(cast: Any, client_of: Any) -> None:
    browser = client_of(cast.leader)
    page = browser.submit("/coins/award", act="search", q="zengyu", people=[cast.agent.id])
    assert cast.colleague.name in page.text
    _path, fields = form_of(page, "/coins/award")
    assert fields["people"] == str(cast.agent.id)
    assert cast.disabled.name not in page.text.split("<aside")[0]
    live = browser.get(f"/coins/award?q=wxm&people={cast.colleague.id}")
    assert cast.agent.name in live.text
    assert form_of(live, "/coins/award")[1]["people"] == str(cast.colleague.id)
    assert browser.get("/coins/award?people=x").status_code == 404


def test_a_manager_gives_for_the_teams_below(cast: Any, client_of: Any, db: Any, fund: Any) -> None:
    team = fund(20)
    browser = client_of(cast.manager)
    page = browser.get(f"/coins/award?unit={team}")
    assert cast.leader.name in page.text
    reviewed = browser.submit(
        f"/coins/award?unit={team}", act="review", people=[cast.leader.id], **GOOD
    )
    assert confirm(browser, reviewed).status_code == 303
    assert wallet(db, cast.leader) == 5


def test_doors(cast: Any, client_of: Any, client: Any, fund: Any) -> None:
    team = fund()
    assert client_of(cast.agent).get("/coins/award").status_code == 403
    assert client_of(cast.hr).get("/coins/award").status_code == 403
    assert client_of(cast.other_leader).get(f"/coins/award?unit={team}").status_code == 404
    assert client.get("/coins/award").status_code == 303


def test_an_award_takes_eleven_statements(cast: Any, app: Any, db: Any, fund: Any) -> None:
    fund()
    said: list[str] = []
    with db():
        viewer = viewer_of_person(cast.leader.id)
        rules.accounts_of("wallet", [cast.agent.id])  # type: ignore[arg-type]
        event.listen(
            engine := engine_of(app),
            "before_cursor_execute",
            listen := lambda *call: said.append(call[2]),
        )
        rules.award(viewer, people=[cast.agent.id], amount=1, reason=REASON, value="care", key="k")
        event.remove(engine, "before_cursor_execute", listen)
    assert len(said) <= 11, said


def test_a_whole_house_of_two_thousand(
    cast: Any, app: Any, db: Any, fund: Any, is_sound: Any
) -> None:
    """Two thousand receivers are one transaction of few statements."""
    from portal.base.db import session
    from portal.people.models import Employment, Person, Position, Term

    unit = fund(10_000)
    with db():
        day = cast_since()
        people = [
            Person(name=f"同事{n}", sort_key=f"a{n:05d}", search_key="a", initials="a")
            for n in range(1990)
        ]
        session().add_all(people)
        session().flush()
        jobs = [
            Employment(person_id=person.id, staff_no=f"X{n:05d}") for n, person in enumerate(people)
        ]
        session().add_all(jobs)
        session().flush()
        session().add_all(Term(employment_id=job.id, valid_from=day) for job in jobs)
        session().add_all(
            Position(employment_id=job.id, unit_id=unit, title="客服代表", valid_from=day)
            for job in jobs
        )
        session().flush()
        ids = [person.id for person in people]
    said: list[str] = []
    with db():
        viewer = viewer_of_person(cast.leader.id)
        event.listen(
            engine := engine_of(app),
            "before_cursor_execute",
            listen := lambda *call: said.append(call[2]),
        )
        rules.award(viewer, people=ids, amount=5, reason=REASON, value="care", key="all")
        event.remove(engine, "before_cursor_execute", listen)
    assert len(said) <= 40, "set by set, not one by one"
    assert wallet(db, cast.agent) == 0
    assert is_sound()


def cast_since() -> Any:
    from tests.cast import SINCE

    return SINCE
