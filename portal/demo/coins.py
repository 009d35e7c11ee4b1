"""A year of coins: budgets each month, awards by leaders, a few taken back. The ledger verifies.

Other seeders post through `post`, which keeps balances, entries and monthly totals as the rules do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.base import clock
from portal.base.db import session
from portal.coins.models import (
    RECOGNITION,
    Account,
    AccountKind,
    Award,
    BudgetRule,
    Currency,
    Entry,
    Reason,
    Transfer,
    WalletMonth,
)
from portal.coins.queries import month_of
from portal.coins.rules import Posting
from portal.demo.world import DemoPerson, World

RATE = 5
AWARDS_A_MONTH = 6
CHUNK = 1000

WORDS = {
    "patience": (
        "有位客户反复问了四遍账单，你一遍一遍讲，最后他说谢谢你没有嫌他烦。",
        "夜班那通四十分钟的投诉，你一直没有抬高声音，客户自己先平静了下来。",
        "老人家不会操作，你陪着他一个键一个键地按，直到办好为止。",
        "客户一上来就发火，你先听完再说话，三分钟后他开始道歉。",
        "排队最长的那个晚上，你接起每一个电话都还带着笑。",
        "听不懂方言，你请客户慢慢说，又复述一遍确认，没有转走一个。",
        "系统卡了二十分钟，你守着客户不挂断，把进度一句一句告诉他。",
    ),
    "care": (
        "小组里有人嗓子哑了，你悄悄把自己的润喉糖放在她桌上，还替她接了两单。",
        "新来的同事第一次上夜班，你陪她走到门口，看着她上了车才回家。",
        "发现客户声音不对，你多问了一句，帮他联系上了家里人。",
        "同事家里有事，你主动换了班，一句怨言也没有。",
        "下雪那天你提前半小时到，把大家的热水都打好了。",
        "你记得每个人的生日，给夜班的同事留了一份蛋糕。",
        "看到有人午休趴着睡，你轻轻把空调调高了两度。",
    ),
    "teamwork": (
        "高峰时你把自己整理的答案发到群里，整个班组的通话都短了下来。",
        "你带着两位新人对着录音练了三个中午，她们这周都过了质检。",
        "交接班时你把没办完的单子一条条写清楚，早班接起来没有一点断档。",
        "隔壁班组人手不够，你二话不说坐过去顶了两个小时。",
        "月底冲刺，你先把难打的名单领走，让大家心里有了底。",
        "你把质检扣分的地方画成一张图贴出来，全组这周零差错。",
        "系统切换那晚，你和同事一个人查一个人回，没让一位客户白等。",
    ),
    "improvement": (
        "你发现话术里有一句总让客户误会，改了两个字，重复来电少了很多。",
        "你做的套餐对照表，让查询从三分钟变成了三十秒。",
        "你提出先报结果再讲原因，试了一周，满意度上去了。",
        "你把常见问题按客户的说法重新分了类，新人也能一下子找到。",
        "你留意到同一片区的投诉变多，当天报上去，避免了一次大面积来电。",
        "你把交接表从两页减到一页，大家都愿意填了。",
        "你把新业务的坑一个个记下来，上线第二天我们就改好了说明。",
    ),
    "excellence": (
        "这个月三百多通电话，零差错、零投诉，还一直保持着最好的语气。",
        "质检抽到的五通录音，通通满分，评语写的是“听着舒服”。",
        "业务考核你又是第一，而且把笔记借给了每一个来问的人。",
        "客户专门打电话回来点名表扬你，说这是他听过最清楚的解释。",
        "一次解决率连着三个月第一，遇到难题你总是想得比流程多一步。",
        "上级抽查的神秘来电，你的回答被选作了示范录音。",
        "你接手的那单拖了两周的疑难，一个下午就给了客户答复。",
    ),
    "courage": (
        "发现自己报错了资费，你马上打回去道歉更正，没有等客户来找。",
        "临时断线，你第一个站起来组织大家用备用系统，没有慌。",
        "没有人愿意接的升级单，你说“我来”，并且办成了。",
        "你当面指出我排班里的疏漏，帮全组避免了一次缺岗。",
        "客户要求违规操作，你顶住压力说了不，又给了他一个合规的办法。",
        "带病的同事撑着不说，你替她来找我，让她及时去了医院。",
        "值班只剩你一个班长助理，突发来电高峰，你稳稳地调度了一整晚。",
    ),
}
ENDINGS = ("", "", "谢谢你。", "大家都看在眼里。", "这就是我们想要的样子。", "值得全组学习。",
           "有你在，心里踏实。", "辛苦了。")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """An account by what it is, before it has a number."""

    kind: str
    owner_id: int = 0
    period: str = ""
    currency: str = Currency.COIN.value


ISSUE = Place(AccountKind.ISSUE.value)


def wallet(person_id: int) -> Place:
    """The wallet of a person."""
    return Place(AccountKind.WALLET.value, person_id)


@dataclass(slots=True)
class Movement:
    """A transfer to be seeded as if it had been posted at `at`."""

    at: datetime
    key: str
    reason: Reason
    legs: Sequence[tuple[Place, int]]
    by_id: int | None = None
    award: dict[str, Any] | None = None
    reverses_key: str | None = None
    transfer_id: int = field(default=0)

    @property
    def day(self) -> date:
        return clock.local(self.at).date()


def post(world: World, movements: Iterable[Movement]) -> dict[str, int]:
    """Post the movements in the order of time; answers transfer ids by key.

    Raises ValueError where an account would fall below zero.
    """
    ordered = sorted(movements, key=lambda movement: movement.at)
    accounts, balances = _accounts(
        world, {place for movement in ordered for place, _amount in movement.legs}
    )
    ids: dict[str, int] = {}
    reasons: dict[str, Reason] = {}
    entries: list[dict[str, Any]] = []
    months: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for movement in ordered:
        movement.transfer_id = ids[movement.key] = world.next_id(Transfer)
        reasons[movement.key] = movement.reason
        source = reasons.get(movement.reverses_key or "", movement.reason)
        for place, amount in movement.legs:
            account_id = accounts[place]
            balances[account_id] += amount
            if balances[account_id] < 0 and place.kind not in {"issue", "cash"}:
                raise ValueError(f"{movement.key}: {place} would fall below zero")
            entries.append(
                {
                    "transfer_id": movement.transfer_id,
                    "account_id": account_id,
                    "amount": amount,
                    "balance_after": balances[account_id],
                }
            )
            if place.kind == AccountKind.WALLET:
                total = months[account_id, month_of(movement.day)]
                total[0] += amount
                total[1] += amount if source in RECOGNITION else 0
    world.insert(Transfer, (_row(movement, accounts, ids) for movement in ordered))
    world.insert(Entry, entries)
    world.insert(
        Award,
        (
            {"transfer_id": movement.transfer_id, "by_id": movement.by_id, **movement.award}
            for movement in ordered
            if movement.award
        ),
    )
    _keep(balances, months)
    return ids


def _row(movement: Movement, accounts: dict[Place, int], ids: dict[str, int]) -> dict[str, Any]:
    legs = tuple((accounts[place], amount) for place, amount in movement.legs)
    posting = Posting(movement.key, movement.reason, legs, movement.by_id)
    return {
        "id": movement.transfer_id,
        "key": movement.key,
        "content_hash": posting.content_hash,
        "reason": movement.reason.value,
        "memo": "",
        "happened_on": movement.day,
        "entered_at": movement.at,
        "by_id": movement.by_id,
        "currency": movement.legs[0][0].currency,
        "reverses_id": ids[movement.reverses_key] if movement.reverses_key else None,
    }


def _accounts(world: World, places: set[Place]) -> tuple[dict[Place, int], dict[int, int]]:
    """Account ids and balances by place; what is missing is opened."""
    found: dict[Place, int] = {}
    balances: dict[int, int] = {}
    ordered = sorted(places, key=lambda p: (p.kind, p.period, p.currency, p.owner_id))
    for (kind, period, currency), group in groupby(
        ordered, key=lambda p: (p.kind, p.period, p.currency)
    ):
        owners = [place.owner_id for place in group]
        for start in range(0, len(owners), CHUNK):
            rows = session().execute(
                select(Account.owner_id, Account.id, Account.balance).where(
                    Account.kind == kind,
                    Account.period == period,
                    Account.currency == currency,
                    Account.owner_id.in_(owners[start : start + CHUNK]),
                )
            )
            for owner_id, account_id, balance in rows:
                found[Place(kind, owner_id, period, currency)] = account_id
                balances[account_id] = balance
    missing = [place for place in ordered if place not in found]
    for place in missing:
        found[place] = world.next_id(Account)
        balances[found[place]] = 0
    world.insert(
        Account,
        (
            {
                "id": found[place],
                "kind": place.kind,
                "owner_id": place.owner_id,
                "period": place.period,
                "currency": place.currency,
                "balance": 0,
            }
            for place in missing
        ),
    )
    return found, balances


def _keep(balances: dict[int, int], months: dict[tuple[int, str], list[int]]) -> None:
    """Write the balances and the monthly totals."""
    table = cast(Table, Account.__table__)
    if balances:
        session().execute(
            update(table).where(table.c.id == bindparam("at")).values(balance=bindparam("now")),
            [{"at": account_id, "now": balance} for account_id, balance in balances.items()],
        )
    lite = session().get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if lite else postgresql.insert)(cast(Table, WalletMonth.__table__))
    rows = [
        {"account_id": account_id, "month": month, "change": change, "received": received}
        for (account_id, month), (change, received) in sorted(months.items())
    ]
    if rows:
        session().execute(
            insert.on_conflict_do_update(
                index_elements=["account_id", "month"],
                set_={
                    "change": WalletMonth.change + insert.excluded.change,
                    "received": WalletMonth.received + insert.excluded.received,
                },
            ),
            rows,
        )


# ---- a year of awards -----------------------------------------------------------------------


def seed(world: World) -> None:
    """Twelve months of budgets and awards; one award in a hundred and fifty is taken back."""
    months = world.months()
    world.insert(BudgetRule, [{"rate": RATE, "valid_from": months[0], "created_at": clock.now()}])
    members: dict[int, list[DemoPerson]] = defaultdict(list)
    for person in world.people:
        members[person.team.id].append(person)
    number = 0
    for first in months:
        last = min(_last_day(first), world.today)
        movements: list[Movement] = []
        for team_id, leader in world.leaders.items():
            present = [person for person in members[team_id] if person.works_on(first)]
            if not present or not leader.works_on(first):
                continue
            budget = Place(AccountKind.BUDGET.value, team_id, month_of(first))
            left = len(present) * RATE
            movements.append(_fund(world, first, budget, left))
            for _each in range(AWARDS_A_MONTH):
                number += 1
                award = _award(
                    world,
                    leader,
                    present,
                    days=(first, last),
                    budget=budget,
                    left=left,
                    number=number,
                )
                if award is None:
                    continue
                movements.append(award)
                left += award.legs[0][1]
                if number % 150 == 0:
                    movements.append(_taken_back(award))
        post(world, movements)


def _last_day(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _fund(world: World, first: date, budget: Place, amount: int) -> Movement:
    return Movement(
        world.moment(first, 0).replace(second=0),
        f"fund:{budget.owner_id}:{budget.period}",
        Reason.FUND,
        ((ISSUE, -amount), (budget, amount)),
    )


def _award(
    world: World,
    leader: DemoPerson,
    present: Sequence[DemoPerson],
    *,
    days: tuple[date, date],
    budget: Place,
    left: int,
    number: int,
) -> Movement | None:
    """An award of one to three people, if the budget and the calendar have room for it."""
    rng = world.rng
    day = world.day_between(*days)
    candidates = [p for p in present if p.id != leader.id and p.works_on(day)]
    count = min(len(candidates), rng.choices((1, 2, 3), (7, 2, 1))[0])
    amount = rng.choice((2, 3, 3, 5, 5, 8))
    if not count or amount * count > left:
        return None
    chosen = rng.sample(candidates, count)
    value = rng.choice(tuple(WORDS))
    at = world.moment(day, rng.randrange(9, 22))
    if clock.local(at).date() != day or at >= clock.now() - timedelta(minutes=30):
        at = min(at, clock.now() - timedelta(minutes=30))
    return Movement(
        at,
        f"award:demo:{number}",
        Reason.AWARD,
        ((budget, -amount * count), *((wallet(person.id), amount) for person in chosen)),
        by_id=leader.id,
        award={
            "unit_id": leader.team.id,
            "value": value,
            "reason": rng.choice(WORDS[value]) + rng.choice(ENDINGS),
            "amount": amount,
            "head_count": count,
        },
    )


def _taken_back(award: Movement) -> Movement:
    return Movement(
        award.at + timedelta(minutes=5),
        f"{award.key}:back",
        Reason.WITHDRAW,
        tuple((place, -amount) for place, amount in award.legs),
        by_id=award.by_id,
        reverses_key=award.key,
    )
