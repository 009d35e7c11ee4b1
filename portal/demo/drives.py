"""A year of drives: five that ended, one that is open now, with cash and coins of many people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import select, update

from portal.base import clock
from portal.base.db import session
from portal.coins.models import Account, AccountKind, Currency, Reason
from portal.demo.coins import Movement, Place, post, wallet
from portal.demo.world import DemoPerson, World
from portal.drives.models import Drive, DriveState, DriveUpdate, Gift, GiftKind, Shown, SurplusRule

CASH = Place(AccountKind.CASH.value, currency=Currency.FEN.value)
OPEN_SHARE = 0.64


@dataclass(frozen=True, slots=True)
class Cause:
    """What a drive is for. `begun`: days ago; `share`: of the goal that was reached."""

    title: str
    story: str
    begun: int
    days: int
    share: float
    surplus: SurplusRule
    updates: Sequence[str]
    closing: str = ""


CAUSES = (
    Cause(
        "给一位同事的孩子添一对助听器",
        "她的孩子今年上小学，老师说什么，他要看着口型猜。一对合适的助听器，能让他听见上课铃和同学的笑声。\n\n"
        "她本来不想麻烦大家，我们劝了很久。这里的每一句话，她都看过、同意过。",
        330, 14, 1.08, SurplusRule.CARE_FUND,
        ("验配师已经约好，周六去试戴。", "孩子戴上以后说的第一句话是：“妈妈，原来下雨有声音。”"),
        "助听器已经戴上了，孩子现在坐第三排也听得见。余款按规则转入员工关爱基金。谢谢每一位。",
    ),
    Cause(
        "帮侯马的同事把漏雨的房子修好",
        "七月的大雨冲坏了一位同事家的老房子，屋顶漏了，墙也裂了。她白天上班，晚上一家人挤在亲戚家。\n\n"
        "我们想赶在入冬以前，帮她把屋顶修好。材料和工钱的单子，委员会会一张张贴出来。",
        262, 21, 0.93, SurplusRule.NEXT_DRIVE,
        ("施工队进场了，先换梁，再铺瓦。", "屋顶修好了，她请大家去吃饺子。"),
        "房子在霜降以前修好了。差的一点由委员会从关爱基金补上。谢谢大家。",
    ),
    Cause(
        "图书角：给山里的小学送一千本书",
        "春天团建的时候，我们路过一所山里的小学，图书室只有两个书架。孩子们说，最想看有插图的故事书。\n\n"
        "一本书大约二十块钱，一枚金币也是一份心意。",
        205, 30, 1.21, SurplusRule.CHARITY,
        ("书单是孩子们自己投票选的。", "第一批六百本已经上架。", "孩子们写来了感谢信。"),
        "一千二百本书都送到了。多出来的钱按规则捐给了乡村阅读机构，凭证贴在公示栏。",
    ),
    Cause(
        "陪一位同事走过康复的日子",
        "她在我们中间工作了六年，带过很多新人。现在她需要一段不短的时间休养。\n\n"
        "她说，最想快点好起来，回来接电话。我们想让她安心。",
        148, 20, 1.02, SurplusRule.CARE_FUND,
        ("她让我们转告：收到了，每一份都记在心里。", "今天她自己走下了楼。"),
        "钱款由委员会直接付清了账单。她下个月回来上半天班，大家见了面，笑一笑就好。",
    ),
    Cause(
        "冬衣行动：给环卫工人送一千双手套",
        "夜班下班的路上，最早遇见的总是扫街的人。天冷了，我们想给他们送一双厚手套、一杯热水。",
        74, 12, 1.15, SurplusRule.NEXT_DRIVE,
        ("手套到货了，夜班的同事负责第一批。", "有位大姐说，这是她今年收到的第一份礼物。"),
        "一千一百双手套，两天就送完了。余款留给下一次义捐。谢谢下了夜班还去帮忙的同事。",
    ),
    Cause(
        "心手相连：为一位同事凑一笔手术费",
        "我们的一位同事要做一次大手术。她是家里的支柱，也是班里最爱笑的那一个。医保之外，还差一笔不小的费用。\n\n"
        "她知道这次义捐，也看过这段话。她说：捐多少都好，不捐也好，一句“早点回来”她就很高兴。",
        9, 18, OPEN_SHARE, SurplusRule.CARE_FUND,
        ("日子定在下周，她说一点也不怕。", "昨天大家写的话，我们抄成一本，送到了她手里。"),
    ),
)  # fmt: skip

WISHES = (
    "早点好起来", "我们等你回来", "加油", "一点心意", "别担心，有我们", "祝一切顺利",
    "抱抱", "平平安安", "你不是一个人", "慢慢来，不着急", "愿好消息快点来", "春天就快到了",
)  # fmt: skip
FROM = ("", "", "", "夜班全体", "坐你旁边的人", "一个你帮过的新人", "隔壁班组", "同一年进来的同事")
OUTSIDERS = (
    "常打电话来的老客户",
    "退休的老班长",
    "楼下早餐店的老板",
    "一位同事的家人",
    "大厦的保安师傅",
)
CASH_FEN = (1000, 2000, 2000, 5000, 5000, 5000, 10_000, 10_000, 20_000, 50_000)
COINS = (1, 1, 2, 2, 2, 5, 5, 10)
SHOWN = (Shown.PUBLIC, Shown.COMMITTEE, Shown.ANONYMOUS)


@dataclass(slots=True)
class _Given:
    """A gift with the movement that carries it."""

    movement: Movement
    row: dict[str, Any]


def seed(world: World) -> None:
    """Six drives. About one in ten gives to each; nobody gives coins they do not have."""
    clerk, second = world.accounts["committee"], world.accounts["station"]
    purses = _purses()
    for cause in CAUSES:
        drive = _drive_row(world, cause, clerk)
        gifts = _gifts(world, cause, drive, (clerk, second), purses)
        raised = sum(gift.row["amount_fen"] or 0 for gift in gifts)
        drive["goal_fen"] = max(1, round(raised / cause.share / 10_000)) * 10_000
        drive["last_receipt_no"] = sum(gift.row["receipt_no"] is not None for gift in gifts)
        world.insert(Drive, [drive])
        ids = post(world, (gift.movement for gift in gifts))
        for gift in gifts:
            gift.row["transfer_id"] = ids[gift.movement.key]
        world.insert(Gift, (gift.row for gift in gifts))
        world.insert(DriveUpdate, _updates(world, cause, drive, second))
        if cause.closing:
            _close(world, cause, drive, clerk)


def _purses() -> dict[int, int]:
    """What is in each wallet."""
    rows = session().execute(
        select(Account.owner_id, Account.balance).where(
            Account.kind == AccountKind.WALLET, Account.currency == Currency.COIN
        )
    )
    return {row[0]: row[1] for row in rows}


def _dates(world: World, cause: Cause) -> tuple[date, date]:
    begun = world.today - timedelta(days=cause.begun)
    return begun, begun + timedelta(days=cause.days)


def _drive_row(world: World, cause: Cause, clerk: DemoPerson) -> dict[str, Any]:
    first, last = _dates(world, cause)
    made = world.moment(first - timedelta(days=3), 10)
    return {
        "id": world.next_id(Drive),
        "title": cause.title,
        "story": cause.story,
        "opens_on": first,
        "closes_on": last,
        "surplus_rule": cause.surplus.value,
        "state": DriveState.OPEN.value,
        "made_by_id": clerk.id,
        "made_at": made,
        "opened_by_id": clerk.id,
        "opened_at": made + timedelta(hours=5),
    }


def _gifts(
    world: World,
    cause: Cause,
    drive: dict[str, Any],
    counters: tuple[DemoPerson, DemoPerson],
    purses: dict[int, int],
) -> list[_Given]:
    """The gifts to one drive in the order of time, receipts numbered in that order."""
    first, last = _dates(world, cause)
    last = min(last, world.today)
    people = [p for p in world.people if p.works_on(first) and p not in counters]
    share = 0.06 if cause.closing else 0.12
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    made = list(
        chain(
            _cash(world, drive["id"], people, days, counters),
            _coins(world, drive["id"], people, days, purses=purses, share=share),
        )
    )
    made.sort(key=lambda gift: gift.movement.at)
    number = 0
    for gift in made:
        gift.row["id"] = world.next_id(Gift)
        if gift.row["kind"] == GiftKind.CASH:
            number += 1
            gift.row["receipt_no"] = number
            gift.movement.key = f"drive:{drive['id']}:receipt:{number}"
    return made


def _row(drive_id: int, kind: GiftKind, shown: Shown, at: datetime) -> dict[str, Any]:
    return {
        "id": 0, "drive_id": drive_id, "kind": kind.value, "giver_id": None, "giver_name": None,
        "amount_fen": None, "amount_coins": None, "shown": shown.value, "message": None,
        "receipt_no": None, "received_by_id": None, "counted_by_id": None, "transfer_id": 0,
        "given_at": at,
    }  # fmt: skip


def _manner(world: World) -> Shown:
    return world.rng.choices(SHOWN, (6, 2, 2))[0]


def _wish(world: World) -> str | None:
    if world.rng.random() < 0.35:
        return None
    signed = world.rng.choice(FROM)
    return world.rng.choice(WISHES) + (f"——{signed}" if signed else "")


def _cash(
    world: World,
    drive_id: int,
    people: Sequence[DemoPerson],
    days: Sequence[date],
    counters: tuple[DemoPerson, DemoPerson],
) -> Iterator[_Given]:
    pot = Place(AccountKind.DRIVE.value, drive_id, currency=Currency.FEN.value)
    givers: list[DemoPerson | None] = [*world.some(people, 0.08), *[None] * len(OUTSIDERS)]
    for giver in givers:
        at = world.moment(world.rng.choice(days), world.rng.choice((12, 15, 16, 18)))
        shown = Shown.COMMITTEE if giver is None else _manner(world)
        row = _row(drive_id, GiftKind.CASH, shown, at)
        amount = world.rng.choice(CASH_FEN)
        row["amount_fen"], row["message"] = amount, _wish(world)
        row["received_by_id"], row["counted_by_id"] = counters[0].id, counters[1].id
        if giver is None:
            row["giver_name"] = world.rng.choice(OUTSIDERS)
        elif shown != Shown.ANONYMOUS:
            row["giver_id"] = giver.id
        legs = ((CASH, -amount), (pot, amount))
        yield _Given(Movement(at, "", Reason.CASH_RECEIVED, legs, counters[0].id), row)


def _coins(
    world: World,
    drive_id: int,
    people: Sequence[DemoPerson],
    days: Sequence[date],
    *,
    purses: dict[int, int],
    share: float,
) -> Iterator[_Given]:
    pot = Place(AccountKind.DRIVE.value, drive_id)
    for number, giver in enumerate(world.some(people, share), start=1):
        amount = world.rng.choice(COINS)
        if purses.get(giver.id, 0) < amount:
            continue
        purses[giver.id] -= amount
        at, shown = world.moment(world.rng.choice(days)), _manner(world)
        row = _row(drive_id, GiftKind.COINS, shown, at)
        row["amount_coins"], row["message"] = amount, _wish(world)
        if shown != Shown.ANONYMOUS:
            row["giver_id"] = giver.id
        legs = ((wallet(giver.id), -amount), (pot, amount))
        key = f"drive:{drive_id}:gift:demo:{number}"
        yield _Given(Movement(at, key, Reason.GIFT_TO_DRIVE, legs, row["giver_id"]), row)


def _updates(
    world: World, cause: Cause, drive: dict[str, Any], teller: DemoPerson
) -> Iterator[dict[str, Any]]:
    first, last = _dates(world, cause)
    step = (min(last, world.today) - first).days // (len(cause.updates) + 1)
    for number, words in enumerate(cause.updates, start=1):
        yield {
            "drive_id": drive["id"],
            "words": words,
            "posted_by_id": teller.id,
            "posted_at": world.moment(first + timedelta(days=step * number), 17),
        }


def _close(world: World, cause: Cause, drive: dict[str, Any], clerk: DemoPerson) -> None:
    closed = world.moment(drive["closes_on"] + timedelta(days=2), 16)
    session().execute(
        update(Drive)
        .where(Drive.id == drive["id"])
        .values(
            state=DriveState.CLOSED,
            closed_at=min(closed, clock.now()),
            closed_by_id=clerk.id,
            closing_note=cause.closing,
        )
        .execution_options(synchronize_session=False)
    )
