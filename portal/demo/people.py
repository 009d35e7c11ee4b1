"""The made-up staff: two sites, departments, teams of about twenty, working lives, accounts."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from portal.base import pinyin
from portal.base.settings import Settings
from portal.demo.names import person_name
from portal.demo.world import DemoPerson, DemoTeam, World
from portal.people.models import (
    Credential,
    Employment,
    Person,
    Position,
    Role,
    RoleGrant,
    Term,
    Unit,
    UnitKind,
    UnitPath,
)
from portal.people.rules.keys import hasher

FOUNDED = date(2012, 5, 1)
SITES = ("太原", "侯马")
TEAM_SIZE = 21
FIRST_STAFF_NO = 700_001
"""Far from the numbers of real rosters, so that one can be imported beside the demo."""
SHIFTS = ("早班 07:30-15:30", "中班 15:30-23:30", "夜班 23:30-07:30")
SUPPORT = {
    # department: (site, teams, title)
    "人力资源部": ("太原", ("招聘组", "薪酬组"), "人事专员"),
    "综合管理部": ("太原", ("行政组", "系统组"), "行政专员"),
    "质量管理部": ("太原", ("质检一组", "质检二组"), "质检员"),
    "培训发展部": ("侯马", ("培训组",), "培训师"),
    "侯马综合部": ("侯马", ("侯马人事组", "侯马行政组"), "行政专员"),
}
CAREER = (("见习客服代表", 0), ("客服代表", 90), ("高级客服代表", 720))
STARS = ("一星", "二星", "三星", "四星", "五星")
NUMERALS = "一二三四五六七八九十"


def seed(world: World, size: int) -> None:
    """Make `size` people with their working lives."""
    _seed_units(world, size)
    rows = list(_people(world, size))
    world.insert(Person, (row["person"] for row in rows))
    world.insert(
        Employment,
        ({"id": p.employment_id, "person_id": p.id, "staff_no": p.staff_no} for p in world.people),
    )
    world.insert(Term, (_term(world, person) for person in world.people))
    world.insert(Position, (row for person in world.people for row in _positions(world, person)))
    world.insert(RoleGrant, _leader_grants(world))


def _seed_units(world: World, size: int) -> None:
    units: list[dict[str, Any]] = []
    paths: list[dict[str, Any]] = []

    def add(kind: UnitKind, name: str, above: tuple[int, ...]) -> int:
        unit_id = world.next_id(Unit)
        units.append({"id": unit_id, "kind": kind.value, "name": name})
        for distance, ancestor_id in enumerate((unit_id, *above)):
            paths.append(
                {
                    "unit_id": unit_id,
                    "ancestor_id": ancestor_id,
                    "distance": distance,
                    "valid_from": FOUNDED,
                    "recorded_from": _recorded(world, FOUNDED),
                }
            )
        return unit_id

    sites = {name: add(UnitKind.SITE, name, ()) for name in SITES}

    def add_team(name: str, department: str, department_id: int, site: str, front: bool) -> None:
        unit_id = add(UnitKind.TEAM, name, (department_id, sites[site]))
        world.teams.append(
            DemoTeam(unit_id, name, department_id, department, sites[site], site, front)
        )

    for department, (site, teams, _title) in SUPPORT.items():
        department_id = add(UnitKind.DEPARTMENT, department, (sites[site],))
        for team in teams:
            add_team(team, department, department_id, site, front=False)
    frontline = max(2, round(size * 0.93 / TEAM_SIZE))
    per_department = max(8, round(frontline / 30))
    for number in range(frontline):
        site = SITES[0] if number % 5 < 3 else SITES[1]
        index, place = divmod(number, per_department * len(SITES))
        _ = place
        name = f"客户服务{_numeral(index + 1)}部（{site}）"
        key = next((u["id"] for u in reversed(units) if u["name"] == name), None)
        department_id = key or add(UnitKind.DEPARTMENT, name, (sites[site],))
        add_team(f"{site}{number + 1:02d}班", name, department_id, site, front=True)
    world.insert(Unit, units)
    world.insert(UnitPath, paths)


def _numeral(number: int) -> str:
    return NUMERALS[number - 1] if number <= len(NUMERALS) else str(number)


def _recorded(world: World, day: date) -> datetime:
    return world.moment(day, 10)


def _people(world: World, size: int) -> Iterator[dict[str, Any]]:
    rng = world.rng
    support = [team for team in world.teams if not team.is_frontline]
    front = [team for team in world.teams if team.is_frontline]
    seats = [team for team in support for _ in range(max(2, round(size * 0.07 / len(support))))]
    seats = seats[: max(len(support) * 2, int(size * 0.07))]
    while len(seats) < size:
        seats.extend(front[: size - len(seats)])
    has_leader: set[int] = set()
    for number, team in enumerate(seats):
        person = _person(world, number, team)
        if team.id not in has_leader and person.until is None:
            has_leader.add(team.id)
            person.is_leader = True
            person.title = "班长" if team.is_frontline else "组长"
            person.since = min(person.since, world.today - timedelta(days=900))
        world.people.append(person)
        woman = rng.random() < 0.95
        person.name = person_name(rng, woman=woman)
        yield {"person": _person_row(world, person, woman)}


def _person(world: World, number: int, team: DemoTeam) -> DemoPerson:
    rng = world.rng
    days = int(rng.expovariate(1 / 620)) + 20
    since = max(FOUNDED, world.today - timedelta(days=days))
    until = None
    if rng.random() < 0.08 and days > 120:
        until = since + timedelta(days=rng.randint(60, days - 20))
    birth = since - timedelta(days=rng.randint(19 * 365, 30 * 365))
    title = SUPPORT[team.department][2] if not team.is_frontline else CAREER[-1][0]
    return DemoPerson(
        id=world.next_id(Person),
        employment_id=world.next_id(Employment),
        name="",
        staff_no=f"{FIRST_STAFF_NO + number}",
        team=team,
        title=title,
        since=since,
        birth_date=birth,
        until=until,
    )


def _person_row(world: World, person: DemoPerson, woman: bool) -> dict[str, Any]:
    rng = world.rng
    return {
        "id": person.id,
        "name": person.name,
        "sort_key": pinyin.sort_key(person.name),
        "search_key": pinyin.search_key(person.name),
        "initials": pinyin.initials(person.name),
        "gender": "女" if woman else "男",
        "birth_date": person.birth_date,
        "birth_calendar": "lunar" if rng.random() < 0.2 else "solar",
        "phone": f"100{person.id:08d}",
        "email": f"{person.staff_no}@sunhome.example",
        "education": rng.choices(("大专", "本科", "中专"), (60, 28, 12))[0],
        "theme": "auto",
        "created_at": _recorded(world, person.since),
    }


def _term(world: World, person: DemoPerson) -> dict[str, Any]:
    return {
        "employment_id": person.employment_id,
        "contract": "正式" if world.rng.random() < 0.44 else "劳务派遣",
        "on_leave": person.until is None and world.rng.random() < 0.02,
        "valid_from": person.since,
        "valid_to": person.until,
        "recorded_from": _recorded(world, person.since),
    }


def _positions(world: World, person: DemoPerson) -> Iterator[dict[str, Any]]:
    """The steps of a career, each ending where the next begins."""
    end = person.until or world.today + timedelta(days=1)
    steps: list[tuple[str, date]] = [(person.title, person.since)]
    if person.team.is_frontline:
        steps = [(title, person.since + timedelta(days=after)) for title, after in CAREER]
        if person.is_leader:
            steps = [*steps[:2], (person.title, person.since + timedelta(days=500))]
        steps = [step for step in steps if step[1] < end]
        person.title = steps[-1][0]
    shift = SHIFTS[world.rng.choices((0, 1, 2), (42, 36, 22))[0]]
    for index, (title, since) in enumerate(steps):
        is_last = index == len(steps) - 1
        yield {
            "employment_id": person.employment_id,
            "unit_id": person.team.id,
            "title": title,
            "grade": STARS[min(index + world.rng.randrange(2), 4)],
            "shift": shift,
            "change": "入职" if index == 0 else "转正" if title == "客服代表" else "晋升",
            "document_no": None
            if index == 0
            else f"阳客〔{since.year}〕人字第 {person.id % 90 + 1} 号",
            "valid_from": since,
            "valid_to": person.until if is_last else steps[index + 1][1],
            "recorded_from": _recorded(world, min(since, world.today)),
        }


def _leader_grants(world: World) -> Iterator[dict[str, Any]]:
    for person in world.people:
        if person.is_leader:
            yield grant_row(world, person, Role.LEADER, person.team.id, person.team.id)


def grant_row(
    world: World, person: DemoPerson, role: Role, unit_id: int | None, while_in: int | None = None
) -> dict[str, Any]:
    return {
        "person_id": person.id,
        "role": role.value,
        "unit_id": unit_id,
        "while_in_unit_id": while_in,
        "valid_from": person.since,
        "created_at": _recorded(world, person.since),
    }


def seed_accounts(world: World, settings: Settings) -> list[dict[str, str]]:
    """Give one person of each role an account with a random password, and write them down.

    The list goes to `instance/demo-accounts.json`, readable by its owner only.
    """
    parts = _choose(world)
    world.accounts.update({role: person for role, (person, _grants) in parts.items()})
    credentials, grants, listed = [], [], []
    for role, (person, held) in parts.items():
        password = _password()
        credentials.append(
            {
                "person_id": person.id,
                "password_hash": hasher.hash(password),
                "must_change": False,
                "changed_at": _recorded(world, world.today),
            }
        )
        grants += [grant_row(world, person, name, unit_id) for name, unit_id in held]
        listed.append({"role": role, "staff_no": person.staff_no, "password": password})
    world.insert(Credential, credentials)
    world.insert(RoleGrant, grants)
    _write_private(settings, listed)
    return listed


def _password() -> str:
    """Random, and easy to read aloud and type: four made-up words of two syllables."""
    syllables = [a + b for a in "bdfghjklmnprstwz" for b in "aeiou"]
    return "-".join("".join(secrets.choice(syllables) for _ in range(2)) for _ in range(4))


def _write_private(settings: Settings, listed: list[dict[str, str]]) -> None:
    settings.demo_accounts.unlink(missing_ok=True)
    descriptor = os.open(settings.demo_accounts, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(listed, file, ensure_ascii=False, indent=2)


Part = tuple[DemoPerson, list[tuple[Role, int | None]]]


def _choose(world: World) -> dict[str, Part]:
    """Who plays which role: front-line people of one team, and people of the offices."""
    teams = world.by_team()
    front = [team for team in world.teams if team.is_frontline and len(teams[team.id]) > 4]
    home = front[0]
    away = next(team for team in front if team.site_id != home.site_id)
    leader = next(person for person in teams[home.id] if person.is_leader)
    agents = sorted((p for p in teams[home.id] if not p.is_leader), key=lambda p: (p.since, p.id))
    outsiders = [p for p in teams[away.id] if not p.is_leader]
    others = [p for t in front[1:] for p in teams[t.id] if not p.is_leader and t is not away]
    office = [p for p in world.staff if not p.team.is_frontline]
    here = [p for p in office if p.team.site_id == home.site_id]
    there = [p for p in office if p.team.site_id == away.site_id]
    return {
        "agent": (agents[0], []),
        "colleague": (agents[1], []),
        "leader": (leader, []),
        "outsider": (outsiders[0], []),
        "hr": (here[1], [(Role.HR, None)]),
        "hr_other": (there[1], [(Role.HR, away.site_id)]),
        "committee": (here[2], [(Role.COMMITTEE, None)]),
        "committee2": (there[2], [(Role.COMMITTEE, None)]),
        "station": (others[0], [(Role.STATION, None)]),
        "general_manager": (here[3], [(Role.GENERAL_MANAGER, None)]),
        "auditor": (here[4], [(Role.AUDITOR, None)]),
        "administrator": (here[5], [(Role.ADMINISTRATOR, None)]),
    }
