"""Bringing a roster in: rehearsed by cell, applied as one, taken back as one, never doubled."""

from __future__ import annotations

import io
from datetime import date

import pytest
from flask_babel import force_locale
from sqlalchemy import func, select

from portal.base import history
from portal.base.db import Base
from portal.base.errors import Refused
from portal.jobs import rules as jobs
from portal.people import queries, rules
from portal.people.imports import batches
from portal.people.imports.mapping import named, parse
from portal.people.models import (
    BatchState,
    Credential,
    Employment,
    ImportBatch,
    ImportFinding,
    Person,
    Position,
    RoleGrant,
    Term,
    Unit,
    UnitKind,
)
from tests.people.imported import bring_in, changes, everything

DAY = date(2026, 6, 30)
COLUMNS = (
    "工号", "姓名", "性别", "身份证号", "出生日期", "入职日期", "站点", "部门", "班组", "岗位",
    "星级", "直接上级工号", "在职状态", "离职日期",
)  # fmt: skip
LEADER = {
    "工号": "020001", "姓名": "欧阳晴", "性别": "女", "身份证号": "91010119950203001X",
    "出生日期": "1995-02-03", "入职日期": "2020-01-06", "站点": "太原", "部门": "客户服务九部",
    "班组": "木槿班", "岗位": "班长", "星级": "五星", "直接上级工号": "000301",
    "在职状态": "在职", "离职日期": "",
}  # fmt: skip
AGENT = LEADER | {
    "工号": "020002", "姓名": "曾𠮷", "身份证号": "910101199811070026", "出生日期": "1998-11-07",
    "入职日期": "2022/3/1", "岗位": "客服代表", "星级": "二星", "直接上级工号": "020001",
}  # fmt: skip


def checked(row: dict[str, str]) -> dict[str, str]:
    """The row with a right check sign in its identity number."""
    from portal.base.sheets import national_id_check

    number = row["身份证号"]
    return row | {"身份证号": number[:17] + national_id_check(number[:17])}


LEADER, AGENT = checked(LEADER), checked(AGENT)


def roster(*rows: dict[str, str], encoding: str = "utf-8", separator: str = ",", above: str = ""):
    lines = [separator.join(row[name] for name in COLUMNS) for row in rows]
    text = above + "\r\n".join([separator.join(COLUMNS), *lines]) + "\r\n"
    return text.encode(encoding)


def workbook(*rows: dict[str, object], title: bool = True) -> bytes:
    from xlsxwriter import Workbook

    stream = io.BytesIO()
    with Workbook(stream) as book:
        sheet = book.add_worksheet("花名册")
        top = 0
        if title:
            sheet.write(0, 0, "某某中心花名册（2026年6月）")
            top = 2
        for column, name in enumerate(COLUMNS):
            sheet.write_string(top, column, name)
        for number, row in enumerate(rows, start=top + 1):
            for column, name in enumerate(COLUMNS):
                value = row[name]
                if isinstance(value, int | float):
                    sheet.write_number(number, column, value)
                elif value:
                    sheet.write_string(number, column, str(value))
    return stream.getvalue()


def arrive(*rows: dict[str, str], on: date = DAY, **options: object) -> ImportBatch:
    return bring_in(roster(*rows), "call-centre-roster", on=on, **options)


def found(session, batch: ImportBatch) -> dict[tuple[str, str], ImportFinding]:
    rows = session.scalars(select(ImportFinding).where(ImportFinding.batch_id == batch.id))
    return {(row.code, row.label.split(" ")[0]): row for row in rows}


def line(staff_no: str, day: date = DAY) -> queries.StaffLine | None:
    lines = queries.lines(queries.staff(day).where(Employment.staff_no == staff_no))
    return lines[0] if lines else None


@pytest.mark.parametrize(
    ("encoding", "name", "separator"),
    [
        ("utf-8", "花名册.csv", ","),
        ("utf-8-sig", "花名册.csv", ","),
        ("gb18030", "花名册.csv", ","),
        ("utf-16", "花名册.csv", "\t"),
        ("utf-8", "花名册.tsv", "\t"),
        ("gb18030", "花名册.txt", ";"),
    ],
)
def test_every_encoding_gives_the_same(db, encoding, name, separator) -> None:
    with db():
        content = roster(LEADER, AGENT, encoding=encoding, separator=separator)
        batch = bring_in(content, "call-centre-roster", on=DAY, name=name)
        assert changes(batch)["people_new"] == 2
        assert line("020002").name == "曾𠮷"
        assert line("020001").unit == "木槿班"


def test_a_workbook_under_a_title(db) -> None:
    with db():
        batch = bring_in(workbook(LEADER, AGENT), "call-centre-roster", on=DAY, name="册.xlsx")
        assert batch.state == BatchState.APPLIED
        assert line("020001").title == "班长"


def test_people_units_leaders_and_superiors(db, cast) -> None:
    with db() as session:
        arrive(LEADER, AGENT)
        same = Person.national_id == LEADER["身份证号"]
        person = session.scalar(select(Person).where(same))
        site, department, team = (
            session.scalar(select(Unit).where(Unit.name == name))
            for name in ("太原", "客户服务九部", "木槿班")
        )
        assert person.place_on(DAY) == (team.id, department.id, site.id)
        grant = session.scalar(select(RoleGrant).where(RoleGrant.person_id == person.id))
        assert (grant.role, grant.unit_id, grant.while_in_unit_id) == ("leader", team.id, team.id)
        agent = session.scalar(
            select(Position)
            .join(Employment, Employment.id == Position.employment_id)
            .where(Employment.staff_no == "020002")
        )
        boss = session.get_one(Employment, agent.superior_id)
        assert (boss.staff_no, agent.grade) == ("020001", "二星")
        assert agent.valid_from == date(2022, 3, 1)


def test_a_leader_who_moves_on_loses_the_team(db, cast) -> None:
    with db() as session:
        arrive(LEADER, AGENT)
        arrive(LEADER | {"岗位": "客服代表"}, AGENT | {"岗位": "班长"}, on=date(2026, 8, 1))
        held = session.execute(
            select(Employment.staff_no, RoleGrant.valid_to)
            .join(RoleGrant, RoleGrant.person_id == Employment.person_id)
            .where(Employment.staff_no.in_(("020001", "020002")))
        ).all()
        assert dict(tuple(row) for row in held) == {"020001": date(2026, 8, 1), "020002": None}


def test_history_is_never_rewritten(db) -> None:
    with db() as session:
        arrive(LEADER, AGENT)
        session.flush()
        before = session.scalars(select(Position.id)).all()
        batch = arrive(LEADER, AGENT | {"岗位": "高级客服代表"}, on=date(2026, 8, 1))
        assert changes(batch) == {"employments_changed": 1, "change": 1}
        assert line("020002", DAY).title == "客服代表"
        assert line("020002", date(2026, 8, 1)).title == "高级客服代表"
        assert set(before) <= set(session.scalars(select(Position.id)).all())


def test_before_and_after_by_cell(db) -> None:
    with db() as session:
        arrive(LEADER, AGENT)
        moved = AGENT | {"班组": "丁香班", "星级": "三星", "姓名": "曾吉"}
        batch = arrive(LEADER, moved, on=date(2026, 8, 1))
        rows = session.scalars(
            select(ImportFinding).where(
                ImportFinding.batch_id == batch.id, ImportFinding.severity == "change"
            )
        )
        assert {(r.field, r.before, r.after, r.row) for r in rows} == {
            ("name", "曾𠮷", "曾吉", 3),
            ("unit_id", "太原 / 客户服务九部 / 木槿班", "太原 / 客户服务九部 / 丁香班", 3),
            ("grade", "二星", "三星", 3),
        }
        assert queries.exactly_named("曾吉")[0].staff_no == "020002"


def test_leaving_is_the_last_day_in_service(db) -> None:
    with db():
        arrive(LEADER, AGENT)
        gone = AGENT | {"在职状态": "离职", "离职日期": "2026-06-15"}
        arrive(LEADER, gone)
        assert line("020002", date(2026, 6, 15)) is not None
        assert line("020002", date(2026, 6, 16)) is None


def test_on_leave_from_the_files_day(db) -> None:
    with db():
        arrive(LEADER, AGENT)
        arrive(LEADER, AGENT | {"在职状态": "休假"}, on=date(2026, 8, 1))
        assert not line("020002", date(2026, 7, 31)).on_leave
        assert line("020002", date(2026, 8, 1)).on_leave


def test_hired_again_is_one_person_with_two_employments(db) -> None:
    with db() as session:
        gone = AGENT | {"在职状态": "离职", "离职日期": "2024-01-31"}
        back = AGENT | {"工号": "020077", "入职日期": "2025-05-06"}
        arrive(LEADER, gone)
        batch = arrive(LEADER, gone, back)
        assert changes(batch)["employments_new"] == 1
        assert "people_new" not in changes(batch)
        people = session.scalars(
            select(Person).where(Person.national_id == AGENT["身份证号"])
        ).all()
        assert len(people) == 1
        assert [e.staff_no for e in people[0].employments] == ["020002", "020077"]
        assert line("020077").title == "客服代表"


def test_the_same_file_again_changes_nothing(db) -> None:
    with db():
        arrive(LEADER, AGENT)
        before = everything()
        assert changes(arrive(LEADER, AGENT)) == {}
        assert everything() == before


def test_undo_restores_every_row(db, cast) -> None:
    with db() as session:
        before = everything()
        first = arrive(LEADER, AGENT).id
        between = everything()
        second = arrive(
            LEADER | {"岗位": "客服代表"}, AGENT | {"班组": "丁香班", "姓名": "曾吉"},
            on=date(2026, 8, 1),
        ).id  # fmt: skip
        assert everything() != between
    with db() as session:
        batches.undo(session.get_one(ImportBatch, second))
        assert everything() == between
        assert session.get_one(ImportBatch, second).state == BatchState.UNDONE
    with db() as session:
        batches.undo(session.get_one(ImportBatch, first))
        assert everything() == before
        assert session.scalar(select(func.count(ImportBatch.id))) == 2, "the log remembers"


def test_ids_of_the_undone_are_not_used_again(db) -> None:
    with db() as session:
        batch = arrive(LEADER)
        person_id = session.scalar(select(func.max(Person.id)))
        batches.undo(batch)
        arrive(AGENT)
        assert session.scalar(select(func.max(Person.id))) > person_id


def _moved_since(session) -> None:
    employment = session.scalar(select(Employment).where(Employment.staff_no == "020002"))
    unit = session.scalar(select(Unit).where(Unit.name == "太原一班"))
    rules.assign(employment, unit=unit, title="客服代表", since=date(2026, 9, 1))


def _signed_in_since(session) -> None:
    employment = session.scalar(select(Employment).where(Employment.staff_no == "020002"))
    rules.open_session(employment.person_id, "a browser")


def _joined_the_team(session) -> None:
    employment = session.scalar(select(Employment).where(Employment.staff_no == "003217"))
    team = session.scalar(select(Unit).where(Unit.name == "木槿班"))
    rules.assign(employment, unit=team, title="客服代表", since=date(2026, 9, 1))


def _renamed(session) -> None:
    session.scalar(select(Person).where(Person.name == "曾𠮷")).phone = "10000000000"


@pytest.mark.parametrize("later", [_moved_since, _signed_in_since, _joined_the_team, _renamed])
def test_undo_is_refused_when_something_stands_on_it(db, cast, later) -> None:
    with db() as session:
        batch_id = arrive(LEADER, AGENT).id
    with db() as session:
        later(session)
    with db() as session:
        before = everything()
        with pytest.raises(Refused) as refused:
            batches.undo(session.get_one(ImportBatch, batch_id))
        assert "不能整批撤销" in refused.value.message
        session.rollback()
        assert everything() == before


def test_unused_first_passwords_go_with_their_people(db) -> None:
    with db() as session:
        batch = arrive(LEADER)
        person = session.scalar(select(Employment).where(Employment.staff_no == "020001")).person
        rules.set_first_password(person.id, "晨光照在窗台上")
        batches.undo(batch)
        assert session.get(Credential, person.id) is None


def test_what_other_rooms_keep_of_people_goes_with_them(app, db, at) -> None:
    """The birthday that a nightly job keeps for everybody is no reason to refuse."""
    at("2026-07-01 09:00")
    with db():
        before = everything()
        batch_id = arrive(LEADER, AGENT).id
    with app.app_context():
        for job in app.extensions["sunhome_jobs"]:
            if job.name.startswith("greetings."):
                assert not jobs.run(job.name, date(2026, 7, 1)).error
    with db() as session:
        kept = Base.metadata.tables["birthday"]
        assert session.scalar(select(func.count()).select_from(kept)) > 2
        batches.undo(session.get_one(ImportBatch, batch_id))
        assert everything() == before


# ---- doubts, each named by its cell -----------------------------------------------------------

WRONG_ID = AGENT["身份证号"][:17] + ("0" if AGENT["身份证号"][17] != "0" else "1")
DOUBTS = {
    "lost_zeros": ({"工号": "20002"}, "A3", "fatal"),
    "exponent": ({"身份证号": "9.10102E+17"}, "D3", "fatal"),
    "id_check": ({"身份证号": WRONG_ID}, "D3", "fatal"),
    "old_id": ({"身份证号": "910101981107002"}, "D3", "fatal"),
    "birth_against_id": ({"出生日期": "1998-11-08"}, "E3", "fatal"),
    "ambiguous_day": ({"入职日期": "03/04/2024"}, "F3", "fatal"),
    "two_digit_year": ({"入职日期": "24-3-4"}, "F3", "fatal"),
    "no_such_day": ({"入职日期": "2023-02-29"}, "F3", "fatal"),
    "unknown_site": ({"站点": "大同"}, "G3", "doubt"),
    "superior_missing": ({"直接上级工号": "099999"}, "L3", "doubt"),
    "superior_circle": ({"直接上级工号": "020002"}, "L3", "doubt"),
    "unknown_value": ({"在职状态": "在册"}, "M3", "fatal"),
    "left_without_day": ({"在职状态": "离职"}, "N3", "fatal"),
    "leaves_before_coming": ({"在职状态": "离职", "离职日期": "2021-01-01"}, "N3", "fatal"),
    "number_twice": ({"工号": "020001"}, "A3", "fatal"),
    "number_of_another": ({"工号": "003217"}, "A3", "fatal"),
    "empty": ({"工号": ""}, "A3", "fatal"),
    "new_needs_more": ({"姓名": ""}, "A3", "fatal"),
    "error_value": ({"岗位": "#REF!"}, "J3", "doubt"),
    "too_long": ({"岗位": "长" * 81}, "J3", "doubt"),
    "control": ({"岗位": "客服\x07代表"}, "J3", "doubt"),
}  # fmt: skip


@pytest.mark.parametrize("code", DOUBTS)
def test_a_doubtful_cell_is_named(db, cast, code) -> None:
    wrong, address, severity = DOUBTS[code]
    with db() as session:
        before = everything()
        batch = arrive(LEADER, AGENT | wrong)
        rows = session.scalars(
            select(ImportFinding).where(
                ImportFinding.batch_id == batch.id, ImportFinding.code == code
            )
        ).all()
        row = next(row for row in rows if row.row == 3)
        assert (f"{row.letters}{row.row}", row.severity) == (address, severity)
        assert row.text["zh"]
        assert row.text["en"] not in {"", row.text["zh"]}
        if severity == "fatal":
            assert batch.state == BatchState.CHECKED
            assert everything() == before, "nothing is half imported"
        else:
            assert batch.state == BatchState.APPLIED


def test_a_workbooks_lost_digits_are_named(db) -> None:
    with db() as session:
        rows = (LEADER, AGENT | {"工号": 20002, "身份证号": 9.1010119981107e17})
        batch = bring_in(workbook(*rows), "call-centre-roster", on=DAY, name="册.xlsx")
        codes = session.execute(
            select(ImportFinding.code, ImportFinding.letters, ImportFinding.row)
            .where(ImportFinding.batch_id == batch.id, ImportFinding.severity == "fatal")
        ).all()  # fmt: skip
        assert {tuple(row) for row in codes} >= {("lost_zeros", "A", 5), ("exponent", "D", 5)}


def test_nothing_is_guessed_about_a_doubtful_cell(db) -> None:
    with db() as session:
        arrive(LEADER, AGENT)
        arrive(LEADER, AGENT | {"岗位": "#REF!", "出生日期": "03/04/1998"})
        person = session.scalar(select(Person).where(Person.name == "曾𠮷"))
        assert person.birth_date == date(1998, 11, 7)
        assert line("020002").title == "客服代表"


def test_half_bad_is_left_out_only_when_asked(db) -> None:
    bad = AGENT | {"入职日期": "昨天"}
    with db():
        before = everything()
        assert arrive(LEADER, bad).state == BatchState.CHECKED
        assert everything() == before
        assert arrive(LEADER, bad, leave_out=True).state == BatchState.APPLIED
        assert line("020001") is not None
        assert line("020002") is None
        third = arrive(LEADER, AGENT)
        assert changes(third)["people_new"] == 1, "the mended file brings the rest"


def test_two_periods_at_once(db) -> None:
    with db() as session:
        again = AGENT | {"工号": "020088", "入职日期": "2024-01-01"}
        batch = arrive(LEADER, AGENT, again)
        assert {code for code, _label in found(session, batch)} >= {"two_periods_at_once"}
        assert batch.state == BatchState.CHECKED


def test_a_row_without_service_dates_updates_people(db, cast) -> None:
    """A list of telephone numbers: what is not in the file stays as it is."""
    mapping = parse(
        {"name": "phones", "kind": "people", "columns": {"staff_no": "工号", "phone": "手机"}}
    )
    with db() as session:
        content = f"工号,手机\n{cast.agent.staff_no},10012345678\n".encode()
        batch = bring_in(content, mapping, on=DAY)
        assert changes(batch) == {"people_changed": 1, "change": 1}
        assert session.get_one(Person, cast.agent.id).phone == "10012345678"
        assert line(cast.agent.staff_no).unit == "太原一班"


def test_already_gone_is_not_brought_back(db, cast) -> None:
    with db() as session:
        arrive(AGENT | {"在职状态": "离职", "离职日期": "2026-01-31"})
        batch = arrive(AGENT)
        assert ("already_gone", "020002") in found(session, batch)
        assert line("020002") is None


def test_a_mapping_that_makes_no_sense_is_refused(db) -> None:
    with db():
        for raw in (
            None, [], {"kind": "people"}, {"kind": "cars", "columns": {}},
            {"kind": "people", "columns": {"staff_no": "工号", "shoe": "鞋"}},
            {"kind": "people", "columns": {"staff_no": 0}},
            {"kind": "people", "columns": {"staff_no": "工号"}, "values": {"status": ["x"]}},
            {"kind": "people", "columns": {"staff_no": "工号"}, "surprise": 1},
        ):  # fmt: skip
            with pytest.raises(Refused):
                parse(raw)
        with pytest.raises(Refused):
            named("../../etc/passwd")


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"PK\x03\x04junk", "天,地,人\n1,2,3\n".encode(), b"<html>"]
)
def test_a_file_that_is_no_roster_is_refused(db, content) -> None:
    with db():
        before = everything()
        with pytest.raises(Refused):
            bring_in(content, "call-centre-roster", on=DAY)
        assert everything() == before


def test_a_header_alone_is_refused(db) -> None:
    with db(), pytest.raises(Refused):
        arrive()


HOSTILE = [
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "=cmd|' /C calc'!A0",
    "😀" * 20,
    "\u202e反",
    "王" * 80,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_texts(db, text) -> None:
    with db():
        batch = arrive(LEADER | {"姓名": text.replace(",", " "), "班组": text.replace(",", " ")})
        assert batch.state == BatchState.APPLIED, batch.counts
        assert changes(arrive(LEADER | {"姓名": text, "班组": text})) == {}


def test_reasons_are_in_both_languages(app) -> None:
    from portal.people.imports.findings import both

    with app.test_request_context():
        from flask_babel import gettext as _

        texts = both(lambda: _("这一格是空的。"))
        assert texts["zh"] == "这一格是空的。"
        with force_locale("en"):
            assert texts["en"] == _("这一格是空的。")


def test_department_managers_reach_the_other_site(db) -> None:
    boss = checked(LEADER | {"岗位": "部门经理", "班组": "", "部门": "质量部", "直接上级工号": ""})
    away = checked(
        AGENT | {"站点": "侯马", "部门": "质量部", "班组": "质检三班", "直接上级工号": "020001"}
    )
    with db() as session:
        arrive(boss, away)
        units = session.scalars(
            select(Unit.id).where(Unit.name == "质量部", Unit.kind == UnitKind.DEPARTMENT)
        ).all()
        held = session.scalars(
            select(RoleGrant.unit_id)
            .join(Employment, Employment.person_id == RoleGrant.person_id)
            .where(Employment.staff_no == "020001")
        ).all()
        assert len(units) == 2
        assert set(held) == set(units)


def test_terms_hold_one_row_for_a_plain_hire(db) -> None:
    with db() as session:
        arrive(LEADER)
        terms = session.scalars(
            select(Term)
            .join(Employment, Employment.id == Term.employment_id)
            .where(Employment.staff_no == "020001", history.known_on(Term, None))
        ).all()
        assert len(terms) == 1
