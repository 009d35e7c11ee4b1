"""The fixed cast: two sites, their teams, and one person for each part to be played.

`seed` runs once, when the template database is made. Tests name people by attribute:
`cast.agent`, `cast.leader`; everybody's password is PASSWORD.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.people import rules
from portal.people.models import Credential, Employment, Person, Role, Unit, UnitKind
from portal.people.rules.keys import hasher

PASSWORD = "晨光照在窗台上-2026"
SINCE = date(2022, 3, 1)


@dataclass(frozen=True, slots=True)
class Member:
    """One of the cast."""

    id: int
    staff_no: str
    name: str
    employment_id: int


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is there. `agent` and `colleague` are of one team, which `leader` leads."""

    agent: Member
    colleague: Member
    leader: Member
    manager: Member
    outsider: Member
    other_leader: Member
    hr: Member
    hr_other: Member
    committee: Member
    committee2: Member
    station: Member
    general_manager: Member
    auditor: Member
    administrator: Member
    leaver: Member
    disabled: Member

    def members(self) -> dict[str, Member]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


# part: (name, staff number, unit, title)
PARTS = {
    "agent": ("王小明", "003217", "太原一班", "客服代表"),
    "colleague": ("曾雨", "003588", "太原一班", "高级客服代表"),
    "leader": ("张敏", "001102", "太原一班", "班长"),
    "manager": ("孙立群", "000301", "客户服务一部", "部门经理"),
    "outsider": ("李静", "004410", "侯马一班", "客服代表"),
    "other_leader": ("单丽", "001355", "侯马一班", "班长"),
    "hr": ("何文静", "000208", "人事组", "人事专员"),
    "hr_other": ("仇雪", "000209", "侯马人事组", "人事专员"),
    "committee": ("解晓燕", "001801", "人事组", "人事专员"),
    "committee2": ("尉迟宁", "001802", "太原二班", "客服代表"),
    "station": ("欧阳晴", "001903", "太原二班", "客服代表"),
    "general_manager": ("林建国", "000101", "中心领导", "总经理"),
    "auditor": ("查正", "000105", "中心领导", "审计专员"),
    "administrator": ("吕航", "000110", "系统组", "系统维护员"),
    "leaver": ("朴秀英", "002200", "太原一班", "客服代表"),
    "disabled": ("盖平", "002201", "太原一班", "客服代表"),
}

UNITS = {
    "太原": (UnitKind.SITE, None),
    "侯马": (UnitKind.SITE, None),
    "中心领导": (UnitKind.DEPARTMENT, "太原"),
    "客户服务一部": (UnitKind.DEPARTMENT, "太原"),
    "综合管理部": (UnitKind.DEPARTMENT, "太原"),
    "客户服务四部": (UnitKind.DEPARTMENT, "侯马"),
    "侯马综合部": (UnitKind.DEPARTMENT, "侯马"),
    "太原一班": (UnitKind.TEAM, "客户服务一部"),
    "太原二班": (UnitKind.TEAM, "客户服务一部"),
    "侯马一班": (UnitKind.TEAM, "客户服务四部"),
    "人事组": (UnitKind.TEAM, "综合管理部"),
    "系统组": (UnitKind.TEAM, "综合管理部"),
    "侯马人事组": (UnitKind.TEAM, "侯马综合部"),
}

# part: (role, unit or None for the whole house, bound to working there)
GRANTS = {
    "leader": (Role.LEADER, "太原一班", True),
    "other_leader": (Role.LEADER, "侯马一班", True),
    "manager": (Role.LEADER, "客户服务一部", True),
    "hr": (Role.HR, "太原", False),
    "hr_other": (Role.HR, "侯马", False),
    "committee": (Role.COMMITTEE, None, False),
    "committee2": (Role.COMMITTEE, None, False),
    "station": (Role.STATION, None, False),
    "general_manager": (Role.GENERAL_MANAGER, None, False),
    "auditor": (Role.AUDITOR, None, False),
    "administrator": (Role.ADMINISTRATOR, None, False),
}

SUPERIORS = {
    "agent": "leader",
    "colleague": "leader",
    "leader": "manager",
    "outsider": "other_leader",
}


def seed(session: Session) -> None:
    """Put the cast into an empty database (inside a transaction of the caller)."""
    units: dict[str, Unit] = {}
    for name, (kind, parent) in UNITS.items():
        units[name] = rules.add_unit(
            kind=kind, name=name, parent=units[parent] if parent else None, since=date(2012, 1, 1)
        )
    password_hash = hasher.hash(PASSWORD)
    employments: dict[str, Employment] = {}
    for number, (part, (name, staff_no, unit, title)) in enumerate(PARTS.items()):
        person = rules.add_person(
            name=name,
            gender="女",
            birth_date=date(1995 + number % 8, 1 + number % 12, 3 + number),
            national_id=f"91010119{95 + number % 5}0101{number:03d}X",
            phone=f"100{number:08d}",
            email=f"{staff_no}@sunhome.example",
            ethnicity="汉族",
            education="大专",
        )
        employments[part] = rules.hire(person, staff_no=staff_no, since=SINCE, contract="正式")
        session.add(Credential(person_id=person.id, password_hash=password_hash, must_change=False))
        rules.assign(employments[part], unit=units[unit], title=title, since=SINCE, grade="三星")
        if part in GRANTS:
            role, scope, bound = GRANTS[part]
            rules.give_role(
                None,
                person,
                role=role,
                unit=units[scope] if scope else None,
                since=SINCE,
                bound=bound,
            )
    for part, superior in SUPERIORS.items():
        rules.assign(
            employments[part],
            unit=units[PARTS[part][2]],
            title=PARTS[part][3],
            since=date(2023, 1, 1),
            grade="三星",
            superior=employments[superior],
        )
    rules.leave(employments["leaver"], last_day=date(2025, 6, 30))
    rules.close_account(employments["disabled"].person_id)
    session.flush()


def gather(session: Session) -> Cast:
    """The cast as it stands in the database."""
    rows = session.execute(
        select(Person.id, Employment.staff_no, Person.name, Employment.id).join(
            Employment, Employment.person_id == Person.id
        )
    ).all()
    found = {row.staff_no: Member(*row) for row in rows}
    return Cast(**{part: found[facts[1]] for part, facts in PARTS.items()})
