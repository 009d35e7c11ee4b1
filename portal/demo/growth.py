"""A year of growth files: monthly figures of the front line, and honours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from portal.base import files
from portal.demo.world import DemoPerson, DemoTeam, World
from portal.growth.models import Honour, HonourHolder, MonthlyFigure, PerformanceSheet
from portal.growth.queries.figures import back

# name, level, issuer, how many share one award
PERSONAL = (
    ("季度服务之星", "centre", "客户服务中心", 4),
    ("月度微笑之星", "centre", "客户服务中心", 5),
    ("年度优秀话务员", "centre", "客户服务中心", 3),
    ("技能比武一等奖", "centre", "客户服务中心工会", 1),
    ("技能比武二等奖", "centre", "客户服务中心工会", 2),
    ("技能比武三等奖", "centre", "客户服务中心工会", 3),
    ("业务知识竞赛能手", "centre", "培训发展部", 3),
    ("优秀带教师傅", "centre", "培训发展部", 2),
    ("金牌质检员", "centre", "质量管理部", 1),
    ("夜班坚守奖", "centre", "客户服务中心工会", 4),
    ("最美声音", "centre", "员工文化站", 2),
    ("合理化建议能手", "centre", "客户服务中心", 2),
    ("安全生产先进个人", "centre", "综合管理部", 2),
    ("耐心倾听奖", "centre", "客户服务中心", 3),
    ("新人进步奖", "centre", "培训发展部", 4),
    ("优秀班组长", "centre", "客户服务中心", 2),
    ("优秀文化站站员", "centre", "员工文化站", 2),
    ("演讲比赛一等奖", "centre", "客户服务中心团委", 1),
    ("优秀共青团员", "centre", "客户服务中心团委", 3),
    ("爱岗敬业标兵", "centre", "客户服务中心", 2),
    ("市级服务明星", "city", "市通信行业协会", 1),
    ("市五一劳动奖章", "city", "市总工会", 1),
    ("市巾帼建功标兵", "city", "市妇女联合会", 1),
    ("市级青年岗位能手", "city", "共青团市委", 1),
    ("集团优秀服务个人", "group", "集团客户服务部", 1),
    ("集团客服技能大赛优秀选手", "group", "集团客户服务部", 1),
    ("省五一巾帼标兵", "province", "省总工会", 1),
    ("省级服务达人", "province", "省通信行业协会", 1),
    ("省技术能手", "province", "省总工会", 1),
    ("全国客户服务技能竞赛优胜奖", "nation", "中国通信行业联合会", 1),
)
COLLECTIVE = (
    ("先进班组", "centre", "客户服务中心"),
    ("零投诉班组", "centre", "质量管理部"),
    ("青年文明号", "city", "共青团市委"),
    ("巾帼文明岗", "city", "市妇女联合会"),
    ("工人先锋号", "province", "省总工会"),
    ("集团优秀服务团队", "group", "集团客户服务部"),
    ("和谐温暖小家", "centre", "客户服务中心工会"),
    ("安全运行示范班组", "centre", "综合管理部"),
)
SHARE_HONOURED = 0.08


def seed(world: World) -> None:
    """Twelve months of figures up to the last full one, and about a year of honours."""
    this_month = world.today.replace(day=1)
    months = [back(this_month, number) for number in range(12, 0, -1)]
    sheets = [_sheet(world, month) for month in months]
    world.insert(PerformanceSheet, sheets)
    world.insert(MonthlyFigure, _figures(world, sheets))
    _honour(world)


def _sheet(world: World, month: date) -> dict[str, Any]:
    """The sheet of a month, with the (empty) file that a sheet always has."""
    name = f"绩效_{month:%Y-%m}.csv"
    stored = files.keep(f"工号,接通量\r\n演示数据,{month:%Y-%m}\r\n".encode(), name, "text/csv")
    moment = world.moment(min(back(month, -1) + timedelta(days=2), world.today), 10)
    return {
        "id": world.next_id(PerformanceSheet),
        "month": month,
        "version": 1,
        "file_id": stored.id,
        "file_name": name,
        "sha256": stored.sha256,
        "state": "applied",
        "checked_at": moment,
        "applied_at": moment,
    }


def _figures(world: World, sheets: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for person in world.people:
        if person.team.is_frontline and not person.is_leader:
            yield from _year_of(world, person, sheets)


def _year_of(
    world: World, person: DemoPerson, sheets: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """A person's months: everybody has a level of their own, most get better, new ones quickly."""
    draw = world.rng.random
    skill = 0.25 + 0.7 * draw()
    pace = 0.02 * (draw() - 0.2)
    luck = 0.0
    for number, sheet in enumerate(sheets):
        month, end = sheet["month"], back(sheet["month"], -1)
        days = _days_at_work(person, month, end)
        if days < 1:
            continue
        tenure = max(0, (month - person.since).days)
        level = min(1.0, skill + pace * number - 0.25 * max(0.0, 1 - tenure / 150))
        attended = max(1, round(days * (0.68 + 0.1 * draw())))
        luck = 0.5 * luck + 0.6 * (draw() - 0.5)
        calls = round(attended * (70 + 26 * level + 8 * luck))
        yield {
            "sheet_id": sheet["id"],
            "employment_id": person.employment_id,
            "month": month,
            "calls": calls,
            "talk_seconds": round(236 - 44 * level + 12 * (draw() - 0.5)),
            "satisfaction_share": round(min(1.0, 0.958 + 0.034 * level + 0.012 * luck), 4),
            "quality_score": round(min(100.0, 84 + 12 * level + 4 * (draw() - 0.5)), 1),
            "first_resolution_share": round(0.83 + 0.1 * level + 0.03 * (draw() - 0.5), 4),
            "complaints": int(draw() < 0.34 - 0.26 * level) + int(draw() < 0.03),
            "praises": int(draw() * 5 * level) + int(draw() < 0.15),
            "attendance_days": float(attended),
            "late_times": int(draw() < 0.18) + int(draw() < 0.04),
            "recorded_from": sheet["applied_at"],
        }


def _days_at_work(person: DemoPerson, month: date, end: date) -> int:
    """Calendar days of the month in service."""
    last = min(end, person.until) if person.until else end
    return max(0, (last - max(month, person.since)).days)


def _honour(world: World) -> None:
    """Awards until about one in twelve of those in service holds one; some teams get theirs."""
    honours: list[dict[str, Any]] = []
    holders: list[dict[str, Any]] = []
    wanted = round(len(world.staff) * SHARE_HONOURED)
    weights = [3 + 3 * (level == "centre") for _name, level, _issuer, _many in PERSONAL]
    while len(holders) < wanted:
        name, level, issuer, many = world.rng.choices(PERSONAL, weights)[0]
        day = world.day_between(world.start, world.today - timedelta(days=3))
        chosen = world.rng.sample(world.staff, min(many, len(world.staff)))
        present = [person for person in chosen if person.since < day]
        if not present:
            wanted -= 1
            continue
        honour = _row(world, (name, level, issuer), day)
        honours.append(honour)
        holders += [
            {
                "honour_id": honour["id"],
                "employment_id": person.employment_id,
                "certificate_no": f"RY-{day.year}-{honour['id']:04d}",
            }
            for person in present
        ]
    honours += [_of_team(world, team) for team in world.some(world.teams, 0.25)]
    world.insert(Honour, honours)
    world.insert(HonourHolder, holders)


def _of_team(world: World, team: DemoTeam) -> dict[str, Any]:
    day = world.day_between(world.start, world.today - timedelta(days=3))
    return _row(world, world.rng.choice(COLLECTIVE), day, team.id)


def _row(
    world: World, what: tuple[str, str, str], day: date, unit_id: int | None = None
) -> dict[str, Any]:
    name, level, issuer = what
    number = world.next_id(Honour)
    return {
        "id": number,
        "kind": "personal" if unit_id is None else "collective",
        "level": level,
        "name": name,
        "issuer": issuer,
        "awarded_on": day,
        "document_no": f"阳客综〔{day.year}〕{number % 90 + 1} 号",
        "unit_id": unit_id,
        "recorded_from": world.moment(day + timedelta(days=2), 15),
    }
