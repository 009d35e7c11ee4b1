"""Telling people: once per key, in the same transaction, read by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.notify import policy, queries, rules
from portal.notify.models import Delivery, Notice, Preference
from portal.people.queries import viewer_of_person
from tests.cast import PARTS

KIND = "greetings.birthday"


def count(db: Any, table: Any) -> int:
    return db.scalar(select(func.count()).select_from(table))


def test_the_same_key_tells_once(db, cast, tell) -> None:
    assert tell(cast.agent) is True
    assert tell(cast.agent) is False
    assert tell(cast.colleague) is False, "a key is of the whole house"
    assert count(db, Notice) == 1


def test_many_at_once(db, cast) -> None:
    rows = [
        {"person_id": cast.agent.id, "kind": KIND, "key": f"k{number % 1000}", "params": {}}
        for number in range(1500)
    ]
    with db():
        assert rules.tell_many(iter(rows)) == 1000
        assert rules.tell_many(rows) == 0
        assert rules.tell_many([]) == 0


def test_what_is_rolled_back_was_never_told(db, cast) -> None:
    def tell_and_fail() -> None:
        with db():
            rules.tell(cast.agent.id, kind=KIND, key="1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        tell_and_fail()
    assert count(db, Notice) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "greetings.nothing"},
        {"kind": "nothing"},
        {"kind": "../people.index"},
        {"link": "https://elsewhere.example"},
        {"link": "//elsewhere.example"},
        {"link": "/\\elsewhere.example"},
        {"link": "/" + "x" * 400},
        {"key": ""},
        {"key": "x" * 300},
        {"params": {"a": ["list"]}},
    ],
)
def test_what_no_template_could_say_is_an_error_at_once(db, cast, wrong) -> None:
    with db(), pytest.raises(ValueError, match=r"."):
        rules.tell(cast.agent.id, **({"kind": KIND, "key": "1"} | wrong))
    assert count(db, Notice) == 0


def test_without_a_mail_server_nothing_waits_to_be_sent(db, cast, tell) -> None:
    tell(cast.agent)
    assert count(db, Delivery) == 0


def test_mail_is_put_on_its_way_for_those_with_an_address(db, cast, tell, mail_to) -> None:
    from portal.people.models import Person

    mail_to(2525)
    with db() as session:
        session.get(Person, cast.colleague.id).email = None
        session.add(Preference(person_id=cast.leader.id, kind=KIND, mail=False))
    for number, member in enumerate((cast.agent, cast.colleague, cast.leader)):
        tell(member, str(number))
    told = db.rows(select(Notice.person_id).join(Delivery, Delivery.notice_id == Notice.id))
    assert [row.person_id for row in told] == [cast.agent.id]
    assert count(db, Notice) == 3


def test_what_is_for_later_does_not_show_yet(db, cast, tell, at, client_of) -> None:
    from datetime import UTC, datetime

    at("2026-03-01 08:00")
    tell(cast.agent, not_before=datetime(2026, 3, 1, 0, 30, tzinfo=UTC))  # 08:30 at home
    client = client_of(cast.agent)
    assert cast.agent.name + "，" not in client.get("/notify/?show=all").text
    with db(read_only=True):
        assert queries.unread(cast.agent.id) == 0
    at("2026-03-01 08:30")
    assert "生日" in client.get("/notify/").text
    with db(read_only=True):
        assert queries.unread(cast.agent.id) == 1


@pytest.mark.parametrize("part", [part for part in PARTS if part not in {"leaver", "disabled"}])
def test_may_see_and_visible_to_say_the_same(db, cast, tell, part) -> None:
    for number, member in enumerate(cast.members().values()):
        tell(member, str(number))
    with db(read_only=True) as session:
        viewer = viewer_of_person(getattr(cast, part).id)
        assert viewer is not None
        seen = set(session.scalars(queries.visible_to(viewer)))
        for notice in session.scalars(select(Notice)):
            assert policy.may_see(viewer, notice) == (notice in seen)


def test_the_unread_are_counted_up_to_a_hundred(db, cast) -> None:
    rows = [{"person_id": cast.agent.id, "kind": KIND, "key": str(n)} for n in range(120)]
    with db():
        rules.tell_many(rows)
        assert queries.unread(cast.agent.id) == 100
