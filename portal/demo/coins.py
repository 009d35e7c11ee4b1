"""A year of coins: budgets each month, awards by leaders, thanks between colleagues, a few taken
back. The ledger verifies.

Other seeders post through `post`, which is the ledger's own, with the hours of the past.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from portal.base import clock
from portal.coins import rules
from portal.coins.models import AccountKind, Award, AwardKind, CoinRule, Currency, Reason, RuleName
from portal.coins.queries import month_of
from portal.coins.rules import Original, Posting
from portal.demo.world import DemoPerson, World

RATE = 5
AWARDS_A_MONTH = 6
ALLOWANCE, MOST_THANKS = 9, 3

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
THANKS = (
    "你替我接了那通最难的电话，我才喘得过气来。谢谢你。",
    "我第一次上夜班心里发慌，是你坐在旁边陪到天亮。",
    "你把自己的笔记借给我，这次考核我终于过了。",
    "我嗓子哑的那两天，你一声不响替我多接了好几单。",
    "系统出错我急得不行，你三句话就帮我理清了。",
    "谢谢你换班给我，孩子的家长会我赶上了。",
    "被客户骂哭的时候，你递来的那杯热水我一直记得。",
    "你耐心教了我三遍表格，一次也没有嫌我慢。",
)
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

    Raises Refused where an account would fall below zero.
    """
    ordered = sorted(movements, key=lambda movement: movement.at)
    accounts = _accounts({place for movement in ordered for place, _amount in movement.legs})
    posted: dict[str, Original] = {}
    waiting: list[Posting] = []

    def post_waiting() -> None:
        for posting, done in zip(waiting, rules.post(waiting), strict=True):
            day = posting.happened_on or world.today
            posted[posting.key] = Original(done.id, posting.reason, day)
        waiting.clear()

    for movement in ordered:
        if movement.reverses_key and movement.reverses_key not in posted:
            post_waiting()
        legs = tuple((accounts[place], amount) for place, amount in movement.legs)
        waiting.append(
            Posting(
                movement.key,
                movement.reason,
                legs,
                movement.by_id,
                happened_on=movement.day,
                reverses=posted[movement.reverses_key] if movement.reverses_key else None,
                entered_at=movement.at,
            )
        )
    if waiting:
        post_waiting()
    ids = {key: original.id for key, original in posted.items()}
    for movement in ordered:
        movement.transfer_id = ids[movement.key]
    world.insert(
        Award,
        (
            {"transfer_id": movement.transfer_id, "by_id": movement.by_id, **movement.award}
            for movement in ordered
            if movement.award
        ),
    )
    return ids


def _accounts(places: set[Place]) -> dict[Place, int]:
    """Account ids by place; what is missing is opened."""
    found: dict[Place, int] = {}
    ordered = sorted(places, key=lambda p: (p.kind, p.period, p.currency, p.owner_id))
    for (kind, period, currency), group in groupby(
        ordered, key=lambda p: (p.kind, p.period, p.currency)
    ):
        owners = [place.owner_id for place in group]
        ids = rules.accounts_of(AccountKind(kind), owners, period=period, currency=currency)
        found |= {Place(kind, owner, period, currency): each for owner, each in ids.items()}
    return found


# ---- a year of awards -----------------------------------------------------------------------


def seed(world: World) -> None:
    """Twelve months of budgets and awards; one award in a hundred and fifty is taken back."""
    months = world.months()
    since = {"valid_from": months[0], "created_at": clock.now()}
    numbers = {RuleName.RATE.value: RATE, RuleName.ALLOWANCE.value: ALLOWANCE}
    world.insert(CoinRule, [since | {"name": n, "number": each} for n, each in numbers.items()])
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
            movements += _thanks(world, present, first, last)
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
            "kind": AwardKind.AWARD.value,
            "unit_id": leader.team.id,
            "value": value,
            "reason": rng.choice(WORDS[value]) + rng.choice(ENDINGS),
            "amount": amount,
            "head_count": count,
        },
    )


def _thanks(world: World, present: Sequence[DemoPerson], first: date, last: date) -> list[Movement]:
    """Somebody of the team thanks a colleague, out of an allowance opened for it."""
    rng, day = world.rng, world.day_between(first, last)
    there = [person for person in present if person.works_on(day)]
    if len(there) < 2:
        return []
    giver, receiver = rng.sample(there, 2)
    at = min(world.moment(day, rng.randrange(9, 22)), clock.now() - timedelta(minutes=30))
    if clock.local(at).date() < first:
        return []
    amount, purse = rng.randint(1, MOST_THANKS), Place(
        AccountKind.ALLOWANCE.value, giver.id, month_of(first)
    )  # fmt: skip
    key = f"allowance:{giver.id}:{purse.period}"
    return [
        Movement(at, key, Reason.FUND, ((ISSUE, -ALLOWANCE), (purse, ALLOWANCE))),
        Movement(
            at + timedelta(seconds=1),
            f"thank:demo:{key}",
            Reason.THANK,
            ((purse, -amount), (wallet(receiver.id), amount)),
            by_id=giver.id,
            award={
                "kind": AwardKind.THANK.value,
                "unit_id": receiver.team.id,
                "value": None,
                "reason": rng.choice(THANKS),
                "amount": amount,
                "head_count": 1,
            },
        ),
    ]


def _taken_back(award: Movement) -> Movement:
    return Movement(
        award.at + timedelta(minutes=5),
        f"{award.key}:back",
        Reason.WITHDRAW,
        tuple((place, -amount) for place, amount in award.legs),
        by_id=award.by_id,
        reverses_key=award.key,
    )
