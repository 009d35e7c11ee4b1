"""Who may open which file, and which parts of it: policy, its twin in SQL, and every field."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from portal.base import clock
from portal.growth import policy, queries
from portal.people.models import Person
from portal.people.queries import viewer_of_person

PARTS = (
    "agent", "colleague", "leader", "manager", "outsider", "other_leader", "hr", "hr_other",
    "committee", "station", "general_manager", "auditor", "administrator",
)  # fmt: skip
FILES = ("agent", "leader", "outsider", "leaver", "hr", "manager")

# whose file: who opens it, in which relation; everybody else stays outside
OPENED = {
    "agent": {
        "agent": {"self"},
        "leader": {"leader"},
        "manager": {"leader"},
        "hr": {"hr"},
        "general_manager": {"general_manager"},
        "auditor": {"auditor"},
    },
    "leader": {
        "leader": {"self"},
        "manager": {"leader"},
        "hr": {"hr"},
        "general_manager": {"general_manager"},
        "auditor": {"auditor"},
    },
    "outsider": {
        "other_leader": {"leader"},
        "outsider": {"self"},
        "hr_other": {"hr"},
        "general_manager": {"general_manager"},
        "auditor": {"auditor"},
    },
    "leaver": {
        "hr": {"hr"},
        "general_manager": {"general_manager"},
        "auditor": {"auditor"},
    },
    "hr": {
        "hr": {"self"},
        "general_manager": {"general_manager"},
        "auditor": {"auditor"},
    },
    "manager": {
        "manager": {"self"},
        "hr": {"hr"},
        "general_manager": {"general_manager"},
        "auditor": {"auditor"},
    },
}


@pytest.mark.parametrize("whose", FILES)
def test_the_relations_are_these_and_no_others(db: Any, cast: Any, whose: str) -> None:
    with db(read_only=True):
        subject = queries.subject(getattr(cast, whose).id, clock.today())
        found = {}
        for part in PARTS:
            viewer = viewer_of_person(getattr(cast, part).id)
            assert viewer is not None
            related = policy.relations(viewer, subject)
            assert policy.may_see(viewer, subject) == bool(related)
            if related:
                found[part] = set(related)
    assert found == OPENED[whose]


@pytest.mark.parametrize("part", PARTS)
def test_the_list_of_files_and_the_policy_agree(db: Any, cast: Any, part: str) -> None:
    today = clock.today()
    with db(read_only=True) as session:
        viewer = viewer_of_person(getattr(cast, part).id)
        assert viewer is not None
        listed = set(session.scalars(select(Person.id).where(queries.visible_to(viewer, today))))
        single = {
            person_id
            for person_id in session.scalars(select(Person.id))
            if policy.may_see(viewer, queries.subject(person_id, today))
        }
    assert listed == single


def test_the_groups_of_each_relation() -> None:
    table = {role: policy.groups(frozenset({role})) for role in (*policy.ROLE_SHOWN, "colleague")}
    work = {"card", "service", "performance"}
    story = work | {"honours", "timeline"}
    assert table == {
        "self": story | {"contact", "birthday", "identity", "looks"},
        "leader": story | {"contact"},
        "hr": story | {"contact", "birthday", "identity"},
        "general_manager": story,
        "auditor": work,
        "colleague": set(),
    }


def test_a_leader_who_moves_on_loses_the_files_with_the_team(db: Any, cast: Any, at: Any) -> None:
    from datetime import date

    from portal.people import rules as people
    from portal.people.models import Employment, Unit

    at("2026-02-01 09:00")
    with db() as session:
        employment = session.get_one(Employment, cast.leader.employment_id)
        other = session.scalars(select(Unit).where(Unit.name == "太原二班")).one()
        people.assign(employment, unit=other, title="班长", since=date(2026, 2, 10))
    for moment, related in (("2026-02-09 12:00", {"leader"}), ("2026-02-10 00:01", set())):
        at(moment)
        with db(read_only=True):
            viewer = viewer_of_person(cast.leader.id)
            assert viewer is not None
            subject = queries.subject(cast.agent.id, clock.today())
            assert policy.relations(viewer, subject) == related


def test_a_sheet_is_seen_by_who_brought_it_and_by_hr_of_the_whole_house(db: Any, cast: Any) -> None:
    from portal.growth import rules
    from portal.growth.models import PerformanceSheet
    from portal.growth.queries.sheets import sheets_visible_to
    from tests.growth.sheets import AGENT, sheet

    with db():
        viewer = viewer_of_person(cast.hr.id)
        rules.bring(viewer, content=sheet(AGENT), name="1.xlsx")
        rules.bring(None, content=sheet(AGENT), name="2.xlsx")
    with db(read_only=True) as session:
        for part in PARTS:
            viewer = viewer_of_person(getattr(cast, part).id)
            assert viewer is not None
            sheets = session.scalars(select(PerformanceSheet)).all()
            single = {row.id for row in sheets if policy.may_see_sheet(viewer, row)}
            listed = session.scalars(select(PerformanceSheet.id).where(sheets_visible_to(viewer)))
            assert set(listed) == single
            assert len(single) == (1 if part == "hr" else 0)
