"""The real files beside the project, and the counts that their READMEs give."""

from __future__ import annotations

import csv
import io
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from portal.base import history
from portal.people import queries
from portal.people.imports import batches
from portal.people.models import (
    BatchState,
    Employment,
    Person,
    Position,
    Role,
    RoleGrant,
    ShiftKind,
    Term,
    Unit,
    UnitKind,
    UnitPath,
)
from tests.people.imported import bring_in, changes, everything

pytestmark = pytest.mark.shared
ROSTER_DAY = date(2025, 12, 31)


@pytest.fixture
def empty(make_app):
    """A portal with all tables and nobody in them; yields `with empty() as session:`."""
    from tests.conftest import Database

    return Database(make_app(filled=False))


@pytest.fixture
def roster(shared: Path) -> Path:
    return shared / "data" / "call-centre" / "花名册.csv"


def rows_of(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding))))


def count(session: Session, what: object, *where: object) -> int:
    return session.scalar(select(func.count()).select_from(what).where(*where)) or 0


def staff_by_unit(session: Session, day: date, kind: UnitKind) -> Counter[str]:
    """In service on a day, by the name of the unit of a kind above them."""
    rows = session.execute(
        select(Unit.name, func.count())
        .select_from(Position)
        .join(Term, Term.employment_id == Position.employment_id)
        .join(UnitPath, UnitPath.unit_id == Position.unit_id)
        .join(Unit, Unit.id == UnitPath.ancestor_id)
        .where(
            Unit.kind == kind,
            history.true_on(Position, day),
            history.true_on(Term, day),
            history.true_on(UnitPath, day),
        )
        .group_by(Unit.name)
    )
    return Counter({row[0]: row[1] for row in rows})


def test_the_roster_gives_the_readmes_counts(empty, roster) -> None:
    with empty() as session:
        started = time.perf_counter()
        batch = bring_in(roster, "call-centre-roster", on=ROSTER_DAY)
        assert time.perf_counter() - started < 30, "2,012 rows"
        assert batch.state == BatchState.APPLIED
        assert not {"fatal", "doubt"} & set(batch.counts)
        assert count(session, Person) == 2000
        assert count(session, Employment) == 2012
        twice = (
            select(Employment.person_id).group_by(Employment.person_id).having(func.count() == 2)
        )
        assert len(session.scalars(twice).all()) == 12
        assert count(session, Unit, Unit.kind == UnitKind.TEAM) == 89
        on_leave = [history.true_on(Term, ROSTER_DAY), Term.on_leave]
        assert count(session, Term, *on_leave) == 40
        assert count(session, Term, history.true_on(Term, ROSTER_DAY), ~Term.on_leave) == 1798
        gone = select(Employment.id).join(Term).where(Term.valid_to.is_not(None))
        assert (
            len(session.scalars(gone.where(history.known_on(Term, None)).distinct()).all()) >= 174
        )
        ended = count(session, Term, Term.valid_to <= ROSTER_DAY + timedelta(days=1))
        assert ended - count(session, Term, Term.on_leave) == 174


@pytest.mark.parametrize(
    ("day", "staff"),
    [
        (date(2022, 6, 30), 355),
        (date(2023, 12, 31), 772),
        (date(2024, 6, 29), 964),
        (date(2024, 6, 30), 969),
        (date(2024, 7, 1), 970),
        (date(2025, 12, 31), 1838),
    ],
)
def test_in_service_on(imported_roster, day: date, staff: int) -> None:
    with imported_roster() as _session:
        assert queries.head_count(day) == staff


@pytest.fixture(scope="module")
def imported_roster(request: pytest.FixtureRequest, tmp_path_factory, databases):
    """The roster, imported once for the tests that only read."""
    from portal import create_app
    from portal.base.db import Base
    from portal.base.settings import Settings
    from tests.conftest import SHARED, Database
    from tests.ground import engine_of

    if not (SHARED / "data").is_dir():
        pytest.skip("no real input")
    url = databases.empty("roster_" + request.config.getoption("--database") + _worker(request))
    folder = tmp_path_factory.mktemp("roster")
    app = create_app(Settings(instance=folder, database_url=url))
    _make_tables(app, Base, engine_of(app))
    database = Database(app)
    with database():
        bring_in(
            SHARED / "data" / "call-centre" / "花名册.csv", "call-centre-roster", on=ROSTER_DAY
        )
    yield database
    engine_of(app).dispose()
    databases.drop(url)


def _worker(request: pytest.FixtureRequest) -> str:
    return getattr(request.config, "workerinput", {}).get("workerid", "master")


def _make_tables(app, base, engine) -> None:
    from portal.base import upkeep

    if upkeep.revisions()[0]:
        upkeep.upgrade(app.config["SUNHOME"])
    else:
        base.metadata.create_all(engine)


def test_by_site_and_department(imported_roster) -> None:
    with imported_roster() as session:
        assert staff_by_unit(session, ROSTER_DAY, UnitKind.SITE) == {"太原": 1141, "侯马": 697}
        assert staff_by_unit(session, ROSTER_DAY, UnitKind.DEPARTMENT) == {
            "中心领导": 4, "综合管理部": 20, "人力资源部": 20, "质量管理部": 70, "培训发展部": 32,
            "运营支撑部": 48, "客户服务一部": 248, "客户服务二部": 242, "客户服务三部": 226,
            "投诉处理部": 111, "在线服务部": 159, "客户服务四部": 252, "客户服务五部": 238,
            "外呼服务部": 168,
        }  # fmt: skip


def test_chain_of_superiors(imported_roster) -> None:
    with imported_roster() as session:
        pairs = select(Position.employment_id, Position.superior_id)
        rows = session.execute(pairs.where(history.known_on(Position, None)))
        above = {row.employment_id: row.superior_id for row in rows}
        longest = 0
        for start in above:
            length, at = 1, start
            while above.get(at) is not None:
                at, length = above[at], length + 1
                assert length < 20, "a circle"
            longest = max(longest, length)
        assert longest == 5
        assert sum(superior is None for superior in above.values()) == 1


def test_names(imported_roster) -> None:
    with imported_roster() as session:
        people = session.execute(select(Person.name, Person.initials, Person.sort_key)).all()
        borne = Counter(row.name for row in people)
        assert sum(number > 1 for number in borne.values()) == 15
        assert sum(not _is_gbk(row.name) for row in people) == 5
        expected = {
            "曾": "z14", "单": "s14", "仇": "q7", "解": "x8", "查": "z9", "区": "o9", "乐": "y5",
            "盖": "g7", "朴": "p5", "尉迟": "y6", "欧阳": "o4", "司马": "s3", "诸葛": "z8",
            "沈": "s16",
        }  # fmt: skip
        for surname, told in expected.items():
            found = Counter(row.initials[0] for row in people if row.name.startswith(surname))
            assert found == {told[0]: int(told[1:])}, surname


def _is_gbk(name: str) -> bool:
    try:
        name.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def test_every_cell_arrives(imported_roster, roster) -> None:
    """The file, compared with what the house knows now, cell by cell."""
    with imported_roster() as session:
        boss = aliased(Employment)
        statement = (
            select(Employment.staff_no, Person, Term, Position, boss.staff_no.label("boss"))
            .join(Person, Person.id == Employment.person_id)
            .join(Term, Term.employment_id == Employment.id)
            .join(Position, Position.employment_id == Employment.id)
            .outerjoin(boss, boss.id == Position.superior_id)
            .where(history.known_on(Term, None), history.known_on(Position, None))
            .order_by(Term.valid_from)
        )
        found = {row.staff_no: row for row in session.execute(statement)}
        began = select(Employment.staff_no, func.min(Term.valid_from)).join(Term)
        rows = session.execute(began.group_by(Employment.staff_no))
        first = {row[0]: row[1] for row in rows}
        for row in rows_of(roster, "gb18030"):
            person, term, position = found[row["工号"]][1:4]
            last = (term.valid_to - timedelta(days=1)).isoformat() if term.valid_to else ""
            assert row == row | {
                "姓名": person.name, "性别": person.gender, "身份证号": person.national_id,
                "出生日期": person.birth_date.isoformat(), "民族": person.ethnicity or "",
                "生日历法": {"solar": "公历", "lunar": "农历"}[person.birth_calendar],
                "手机号": person.phone, "入职日期": first[row["工号"]].isoformat(),
                "用工形式": term.contract, "岗位": position.title, "星级": position.grade or "",
                "班次": position.shift, "学历": person.education, "离职日期": last,
                "直接上级工号": found[row["工号"]].boss or "",
            }  # fmt: skip


def test_leaders(imported_roster, roster) -> None:
    """A leader for each team that has one, bound to it; a manager for each department."""
    rows = [r for r in rows_of(roster, "gb18030") if r["在职状态"] != "离职"]
    with imported_roster() as session:
        held = session.execute(
            select(Unit.kind, Unit.name, RoleGrant.while_in_unit_id)
            .join(Unit, Unit.id == RoleGrant.unit_id)
            .where(RoleGrant.role == Role.LEADER, RoleGrant.valid_to.is_(None))
        ).all()
        assert all(row.while_in_unit_id for row in held)
        teams = {r["班组"] for r in rows if r["岗位"] in {"班长", "组长"}}
        assert {row.name for row in held if row.kind == UnitKind.TEAM} == teams
        managed = {r["部门"] for r in rows if r["岗位"] == "部门经理"}
        assert {row.name for row in held if row.kind == UnitKind.DEPARTMENT} == managed


def test_the_roster_again_changes_nothing_and_undo_restores(empty, roster, database_kind) -> None:
    with empty() as session:
        before = everything()
        batch = bring_in(roster, "call-centre-roster", on=ROSTER_DAY)
        batch_id, first = batch.id, everything()
    with empty() as session:
        again = bring_in(roster, "call-centre-roster", on=ROSTER_DAY)
        assert changes(again) == {}
        assert everything() == first
        later = bring_in(roster, "call-centre-roster", on=ROSTER_DAY + timedelta(days=40))
        assert set(changes(later)) == set(), "a later day says the same"
    with empty() as session:
        batches.undo(session.get_one(type(batch), batch_id))
        assert everything() == before


EMPLOYEES = {
    "departments": "departments",
    "employees": "people",
    "department_history": "department-history",
    "title_history": "title-history",
    "managers": "managers",
}


def test_employees_sample(empty, shared) -> None:
    folder, today = shared / "data" / "employees-sample", date(2026, 11, 1)
    with empty() as session:
        before = everything()
        done = [
            bring_in(folder / f"{file}.csv", f"employees-sample-{mapping}", on=today)
            for file, mapping in EMPLOYEES.items()
        ]
        assert not any(b.counts.get("fatal") or b.counts.get("doubt") for b in done)
        ids = [batch.id for batch in done]
        for day, staff in (("1990-01-01", 292), ("1995-07-01", 638), ("2000-01-01", 860)):
            on = date.fromisoformat(day)
            assert staff_by_unit(session, on, UnitKind.DEPARTMENT).total() == staff
        assert count(session, Unit, Unit.kind == UnitKind.DEPARTMENT) == 9
        assert queries.head_count(today) == 802
        assert count(session, Person) - queries.head_count(today) == 198
        _check_titles(session)
        first_day = select(func.min(Term.valid_from)).where(Term.employment_id == Employment.id)
        joined = (
            select(func.min(Position.valid_from))
            .join(Unit, Unit.id == Position.unit_id)
            .where(
                Position.employment_id == Employment.id,
                Unit.kind == UnitKind.DEPARTMENT,
                history.known_on(Position, None),
            )
        )
        late = count(session, Employment, joined.scalar_subquery() > first_day.scalar_subquery())
        assert late == 498
        leads = [RoleGrant.role == Role.LEADER]
        assert count(session, RoleGrant, *leads) == 16
        assert count(session, RoleGrant, *leads, RoleGrant.valid_to.is_(None)) == 6
        after = everything()
        for file, mapping in EMPLOYEES.items():
            again = bring_in(folder / f"{file}.csv", f"employees-sample-{mapping}", on=today)
            assert changes(again) == {}, file
        assert everything() == after
    with empty() as session:
        for batch_id in reversed(ids):
            batches.undo(session.get_one(batches.ImportBatch, batch_id))
        assert everything() == before


def _check_titles(session: Session) -> None:
    titles = session.execute(
        select(Position.employment_id, func.count(func.distinct(Position.title)))
        .where(history.known_on(Position, None), Position.title != "")
        .group_by(Position.employment_id)
    ).all()
    assert len(titles) == 1000
    assert sum(row[1] > 1 for row in titles) == 462


ADVENTURE = {
    "Department": "department",
    "Shift": "shift",
    "Employee": "employee",
    "EmployeeDepartmentHistory": "department-history",
}


def test_adventure_works(empty, shared) -> None:
    folder, today = shared / "data" / "adventure-works", date(2026, 11, 1)
    history_rows = [
        line.split("\t")
        for line in (folder / "EmployeeDepartmentHistory.csv").read_text("utf-8-sig").splitlines()
        if line.strip()
    ]
    with empty() as session:
        for file, mapping in ADVENTURE.items():
            batch = bring_in(folder / f"{file}.csv", f"adventure-works-{mapping}", on=today)
            assert not {"fatal", "doubt"} & set(batch.counts), file
        assert count(session, Person) == 290
        assert count(session, Unit, Unit.kind == UnitKind.DEPARTMENT) == 16
        shifts = session.execute(select(ShiftKind.name, ShiftKind.starts, ShiftKind.ends)).all()
        hours = {(s.name, s.starts.hour, s.ends.hour) for s in shifts}
        assert hours == {("Day", 7, 15), ("Evening", 15, 23), ("Night", 23, 7)}
        in_departments = session.execute(
            select(Employment.staff_no, Unit.code, Position.shift, Position.valid_from,
                   Position.valid_to)
            .join(Position, Position.employment_id == Employment.id)
            .join(Unit, Unit.id == Position.unit_id)
            .where(Unit.kind == UnitKind.DEPARTMENT, history.known_on(Position, None))
        ).all()  # fmt: skip
        names = {"1": "Day", "2": "Evening", "3": "Night"}
        day = timedelta(days=1)
        assert len(in_departments) == len(history_rows) == 296
        assert {tuple(row) for row in in_departments} == {
            (r[0], f"adventure-works:{r[1]}", names[r[2]], date.fromisoformat(r[3]),
             date.fromisoformat(r[4]) + day if r[4] else None)
            for r in history_rows
        }, "closed intervals become half-open ones"  # fmt: skip
        assert queries.head_count(today) == 290
        after = everything()
        for file, mapping in ADVENTURE.items():
            again = bring_in(folder / f"{file}.csv", f"adventure-works-{mapping}", on=today)
            assert changes(again) == {}, file
        assert everything() == after
