"""The cast with a few records in each room: what pages, forms and the browser are tried on.

`setting(cast)` runs inside `with db():` and answers the paths by name, so that a test can go
everywhere without knowing how a record comes about.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.base import clock
from portal.base.db import session
from portal.coins import rules as coins
from portal.coins.models import Award, RuleName
from portal.drives import rules as drives
from portal.fairness import rules as fairness
from portal.fairness.models import AwardRule, Case, CaseKind, RuleKind
from portal.growth import rules as growth
from portal.growth.models import HonourKind, HonourLevel
from portal.people.imports import batches
from portal.people.rules import make_token
from portal.suggestions import rules as suggestions
from portal.suggestions.models import Kind, Status
from tests.drives.making import as_viewer, fill_wallet, hand_over, new_drive
from tests.growth.sheets import AGENT, COLLEAGUE, sheet
from tests.people.test_import import AGENT as NEW_AGENT
from tests.people.test_import import LEADER as NEW_LEADER
from tests.people.test_import import roster
from tests.rewards.making import new_item, new_order, photo
from tests.suggestions.making import answer, send

WORDS = "客户反复问了四遍账单，她一遍一遍讲，没有一点不耐烦。"


def setting(cast: Any) -> dict[str, int]:
    """Make the records; answers their numbers by name."""
    return {
        **_fairness(cast), **_coins(cast), **_suggestions(cast), **_drives(cast),
        **_rewards(cast), **_growth(cast), **_keys(cast),
    }  # fmt: skip


def _coins(cast: Any) -> dict[str, int]:
    leader = as_viewer(cast.leader)
    unit_id = next(grant.unit_id for grant in leader.grants if grant.role == "leader")
    assert unit_id is not None
    coins.fund(None, unit_id=unit_id, amount=200, key="stage")
    given = coins.award(
        leader, people=[cast.agent.id], amount=5, reason=WORDS, value="patience", key="stage"
    )
    asked = coins.ask_withdrawal(
        as_viewer(cast.hr), session().get_one(Award, given.id), reason="记错了人，请撤回重发。"
    )
    coins.set_number(None, RuleName.REVIEW, number=20, since=clock.today())
    waits = coins.award(
        leader,
        people=[cast.colleague.id],
        amount=30,
        reason=f"{WORDS}她。",
        value="care",
        key="two",
    )
    fill_wallet(cast.agent.id, 40)
    return {
        "unit": unit_id, "award": given.id, "person": cast.agent.id, "waits": waits.id,
        "withdrawal": asked.id,
    }  # fmt: skip


def _fairness(cast: Any) -> dict[str, int]:
    agent, colleague = as_viewer(cast.agent), as_viewer(cast.colleague)
    case = Case(
        kind=CaseKind.FAVOURITE, giver_id=agent.id, receiver_id=colleague.id,
        giver_unit_id=agent.place[0], receiver_unit_id=colleague.place[0], there=30, given=40,
        since=clock.today() - timedelta(days=90), due_on=clock.today() + timedelta(days=30),
    )  # fmt: skip
    star = AwardRule(
        kind=RuleKind.STAR, name="每月之星", amount=30, owner_id=cast.hr.id, set_by_id=cast.hr.id,
        valid_from=clock.today(),
    )  # fmt: skip
    session().add_all([case, star])
    session().flush()
    fairness.name_star(as_viewer(cast.hr), star, person_id=cast.agent.id)
    return {"case": case.id}


def _suggestions(cast: Any) -> dict[str, int]:
    waiting = send(cast.agent)
    answered = send(cast.colleague, Kind.GOLDEN_FINGER)
    answer(cast.leader, answered, Status.IN_WORK)
    suggestions.comment(as_viewer(cast.agent), answered, words="夜班的人最有体会。")
    return {"suggestion": waiting.id, "answered": answered.id}


def _drives(cast: Any) -> dict[str, int]:
    committee = as_viewer(cast.committee)
    draft = new_drive(committee, title="给宿舍添一台洗衣机")
    running = new_drive(committee)
    drives.open_drive(committee, running)
    cash = hand_over(committee, running, cast.committee2)
    drives.give_coins(as_viewer(cast.agent), running, amount=2, shown="public", message="加油")
    drives.post_update(committee, running, words="昨天大家写的话，抄成一本送到了。")
    return {"drive": running.id, "draft": draft.id, "gift": cash.id}


def _rewards(cast: Any) -> dict[str, int]:
    item = new_item(cast.hr, picture=(photo(), "杯子.jpg"))
    order = new_order(cast.agent, item)
    return {"reward": item.id, "order": order.id, "code": int(order.code)}


def _growth(cast: Any) -> dict[str, int]:
    hr = as_viewer(cast.hr)
    honour = growth.record_honour(
        hr, kind=HonourKind.PERSONAL, level=HonourLevel.PROVINCE, name="季度服务之星",
        issuer="省通信行业协会", awarded_on=clock.today() - timedelta(days=60),
        holders=[growth.Award("003217")],
    )  # fmt: skip
    taken = growth.bring(hr, content=sheet(AGENT, COLLEAGUE), name="绩效_2026-01.xlsx")
    growth.take_over(hr, taken, accept=True)
    second = sheet(AGENT, title="客户服务中心话务员月度绩效统计表（2026年2月）")
    kept = growth.bring(hr, content=second, name="绩效_2026-02.xlsx")
    return {"honour": honour.id, "sheet": taken.id, "kept_sheet": kept.id}


def _keys(cast: Any) -> dict[str, int]:
    made, _token = make_token(
        as_viewer(cast.agent), name="月报脚本", scopes=["coins:read"],
        expires_on=clock.today() + timedelta(days=30),
    )  # fmt: skip
    content = roster(NEW_LEADER, NEW_AGENT)
    batch = batches.receive(as_viewer(cast.hr), content=content, name="花名册.csv")
    return {"token": made.id, "batch": batch.id}


# part of the cast: its pages, with the names of the records in them
PAGES: dict[str, tuple[str, ...]] = {
    "agent": (
        "/", "/growth/", "/growth/{person}/figures", "/growth/looks", "/coins/",
        "/coins/awards/{award}", "/coins/check", "/coins/boards",
        "/coins/boards?show=mates", "/coins/boards?show=teams", "/coins/boards?show=values",
        "/coins/boards/choose", "/fairness/", "/fairness/cases/{case}",
        "/fairness/cases/{case}/answer", "/suggestions/", "/suggestions/mine",
        "/suggestions/new", "/suggestions/new/woodpecker", "/suggestions/new/golden_finger",
        "/suggestions/{suggestion}", "/suggestions/{answered}",
        "/suggestions/{suggestion}/withdraw", "/drives/", "/drives/{drive}",
        "/drives/{drive}/give", "/drives/mine", "/rewards/", "/rewards/{reward}",
        "/rewards/{reward}/order", "/rewards/mine", "/rewards/orders/{order}",
        "/rewards/orders/{order}/cancel", "/greetings/", "/greetings/mine", "/notify/",
        "/notify/?show=all", "/notify/mail", "/people/", "/people/{person}", "/people/units",
        "/people/units/{unit}", "/people/password", "/people/sessions", "/people/tokens/",
        "/people/tokens/new", "/people/tokens/{token}/revoke",
    ),
    "leader": (
        "/", "/coins/budget", "/coins/award", "/coins/team", "/coins/goal",
        "/coins/awards/{award}/withdraw",
        "/coins/requests/{waits}", "/coins/requests/{waits}/recall", "/coins/reviews",
        "/suggestions/queue", "/suggestions/{suggestion}/answer",
        "/suggestions/{suggestion}/hand-over", "/growth/{person}", "/growth/files",
    ),
    "hr": (
        "/", "/growth/files", "/growth/{person}", "/growth/{person}/identity", "/growth/honours",
        "/growth/honours/{honour}", "/growth/honours/{honour}/withdraw", "/growth/honours/new",
        "/growth/import", "/growth/import/{sheet}", "/growth/import/{sheet}/undo",
        "/growth/import/{kept_sheet}", "/growth/import/{kept_sheet}/columns",
        "/people/import", "/people/import/{batch}/columns", "/people/import/{batch}/discard",
        "/people/new", "/people/{person}/move", "/people/{person}/leave",
        "/people/{person}/password", "/people/passwords", "/people/units/new",
        "/people/units/{unit}/move", "/people/roles", "/people/roles/new",
        "/coins/units/{unit}/fund", "/coins/reviews", "/coins/reviews/withdrawals",
        "/coins/requests/{waits}", "/coins/requests/{waits}/refuse",
        "/coins/awards/{award}/ask-withdrawal", "/coins/withdrawals/{withdrawal}/recall",
        "/greetings/forecast", "/fairness/due", "/fairness/stars", "/rewards/keep", "/rewards/new",
        "/rewards/{reward}/edit", "/rewards/{reward}/stock", "/rewards/orders",
        "/rewards/orders/{order}", "/rewards/orders/{order}/refund",
    ),
    "committee": (
        "/", "/drives/new", "/drives/{draft}", "/drives/{draft}/open", "/drives/{draft}/edit",
        "/drives/{drive}/cash", "/drives/{drive}/close", "/drives/{drive}/update",
        "/drives/{drive}/gifts", "/drives/gifts/{gift}", "/drives/gifts/{gift}/reverse",
    ),
    "station": (
        "/", "/suggestions/working", "/drives/new", "/rewards/desk", "/rewards/desk/{code:06d}",
    ),
    "manager": ("/coins/withdrawals/{withdrawal}", "/coins/withdrawals/{withdrawal}/refuse"),
    "general_manager": ("/", "/coins/overview", "/suggestions/overdue"),
    "auditor": (
        "/", "/coins/overview", "/growth/{person}", "/fairness/", "/fairness/cases/{case}",
        "/fairness/cases/{case}/decide",
    ),
    "administrator": (
        "/", "/jobs/", "/jobs/greetings.birthdays", "/notify/deliveries",
        "/people/roles",
    ),
}  # fmt: skip
