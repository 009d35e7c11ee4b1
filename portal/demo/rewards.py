"""The shop: a dozen things on the shelf, and four months of people who ordered and fetched them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.base import clock
from portal.base.db import session
from portal.base.files import keep_picture
from portal.coins.models import Account, AccountKind, Currency, Hold, HoldState, Reason
from portal.coins.rules import accounts_of
from portal.demo.coins import Movement, Place, post, wallet
from portal.demo.reward_pictures import drawn
from portal.demo.world import DemoPerson, World
from portal.rewards.models import Order, OrderState, Reward, Shelf, StockChange
from portal.rewards.queries import midnight
from portal.rewards.rules import DAYS_TO_FETCH, SPARE

MONTHS_BACK = 4
SHARE = 0.3
"""Of the staff, who ordered something in that time."""
CODES = 10**6


@dataclass(frozen=True, slots=True)
class Thing:
    """An item. left: how many are on the shelf today; begun: days ago."""

    name: str
    story: str
    price: int
    left: int
    picture: str
    per_person: int | None = None
    per_month: int | None = None
    at_home: bool = False
    shelf: Shelf = Shelf.SHOWN
    begun: int = 150


THINGS = (
    Thing("食堂早餐券", "豆浆、包子、茶叶蛋，夜班下班正好。", 4, 120, "breakfast", per_month=4),
    Thing("润喉糖一盒", "话说多了含一颗，薄荷味。", 5, 64, "lozenges"),
    Thing("真丝眼罩", "夜班白天睡觉用，洗得软软的。", 6, 23, "mask", per_person=2),
    Thing("手账本", "A5，二百页，纸厚不透。", 7, 41, "notebook"),
    Thing("帆布袋", "文化站同事画的太阳，能装下一个饭盒和一把伞。", 8, 17, "bag"),
    Thing("桌面小盆栽", "绿萝或多肉，到时候自己挑。", 10, 9, "plant", per_person=1),
    Thing("暖手宝", "充一次电暖四个小时，也能当充电宝。", 12, 0, "warmer", per_person=1),
    Thing("折叠伞", "抗风，黑胶，晴雨两用。", 15, 12, "umbrella"),
    Thing("保温杯", "夜班的水，六个小时还是热的。", 18, 1, "flask", per_person=1),
    Thing("护颈靠枕", "坐着打电话，腰和脖子都舒服一点。", 20, 6, "pillow", per_person=1),
    Thing("电影票两张", "带上家里人，任选场次，三个月内有效。", 25, 14, "tickets", per_month=1,
          at_home=True),
    Thing("蓝牙耳机", "年底新上的，先攒着。", 60, 5, "earphones", per_person=1, begun=-9),
    Thing("旧款水杯", "换成新的保温杯了。", 9, 3, "flask", shelf=Shelf.WITHDRAWN),
)  # fmt: skip


@dataclass(slots=True)
class _Ordered:
    """An order with the movements of its coins."""

    row: dict[str, Any]
    movements: list[Movement]


def seed(world: World) -> None:
    """Items with their pictures, orders of four months, and a stock that fits them."""
    items = [_item(world, thing) for thing in THINGS]
    orders = list(_orders(world, items))
    _count(world, items, [order.row for order in orders])
    ids = post(world, (movement for order in orders for movement in order.movements))
    world.insert(Hold, _holds(world, orders, ids))
    world.insert(Order, (order.row for order in orders))


def _item(world: World, thing: Thing) -> dict[str, Any]:
    keeper = world.accounts["hr"]
    made = world.moment(world.today - timedelta(days=max(thing.begun, 12)), 10)
    return {
        "id": world.next_id(Reward),
        "name": thing.name,
        "story": thing.story,
        "price": thing.price,
        "per_person": thing.per_person,
        "per_month": thing.per_month,
        "opens_on": world.today - timedelta(days=thing.begun),
        "closes_on": None,
        "fetch_at": "一楼文化站，工作日 12:00–13:30",
        "unit_id": world.accounts["agent"].team.site_id if thing.at_home else None,
        "shelf": thing.shelf.value,
        "picture_id": keep_picture(drawn(thing.picture), f"{thing.picture}.png").id,
        "made_by_id": keeper.id,
        "made_at": made,
        "left": thing.left,
    }


# ---- orders -----------------------------------------------------------------------------------


def _orders(world: World, items: Sequence[dict[str, Any]]) -> Iterator[_Ordered]:
    """Nobody orders twice the same, before it was there, or with coins they do not have."""
    purses = _purses()
    helpers = {world.accounts["station"].id, world.accounts["hr"].id}
    agent = world.accounts["agent"]
    orderers = [p for p in world.some(world.staff, SHARE) if p.id not in helpers and p != agent]
    codes = iter(world.rng.sample(range(CODES), 3 * len(orderers) + 9))
    for person in [agent, *orderers]:
        wanted = [item for item in items if _may_have(person, item, world)]
        for item in world.rng.sample(wanted, min(len(wanted), world.rng.choice((1, 1, 2)))):
            if purses.get(person.id, 0) < item["price"]:
                continue
            back = 2 if person is agent else None
            purses[person.id] -= item["price"]  # also where it comes back: not before it does
            yield _order(world, person, item, code=f"{next(codes):06d}", days_back=back)


def _may_have(person: DemoPerson, item: dict[str, Any], world: World) -> bool:
    is_there = item["opens_on"] <= world.today - timedelta(days=30 * MONTHS_BACK)
    return is_there and item["unit_id"] in {None, person.team.site_id}


def _purses() -> dict[int, int]:
    """What is in each wallet."""
    rows = session().execute(
        select(Account.owner_id, Account.balance).where(
            Account.kind == AccountKind.WALLET, Account.currency == Currency.COIN
        )
    )
    return {row[0]: row[1] for row in rows}


def _order(
    world: World,
    person: DemoPerson,
    item: dict[str, Any],
    *,
    code: str,
    days_back: int | None = None,
) -> _Ordered:
    back = days_back or world.rng.randrange(1, 30 * MONTHS_BACK)
    at = world.moment(world.today - timedelta(days=back))
    order_id = world.next_id(Order)
    row = {
        "id": order_id,
        "reward_id": item["id"],
        "person_id": person.id,
        "unit_id": item["unit_id"] or person.team.site_id,
        "price": item["price"],
        "code": code,
        "hold_id": 0,
        "state": OrderState.RESERVED.value,
        "ordered_at": at,
        "lapses_at": midnight(clock.local(at).date() + timedelta(days=DAYS_TO_FETCH + 1)),
        "handed_at": None,
        "handed_by_id": None,
        "cancelled_at": None,
        "lapsed_at": None,
        "refunded_at": None,
        "refunded_by_id": None,
        "refund_reason": None,
        "is_returned": False,
    }
    legs = ((wallet(person.id), -item["price"]), (_held(person.id), item["price"]))
    first = Movement(at, f"rewards:demo:{order_id}", Reason.HOLD, legs, person.id)
    return _Ordered(row, [first, *_ended(world, row, back)])


def _ended(world: World, row: dict[str, Any], back: int) -> Iterator[Movement]:
    """What became of an order made `back` days ago; nothing where it still waits."""
    fate = world.rng.random()
    fetched = row["ordered_at"] + timedelta(days=world.rng.randrange(1, 7), hours=2)
    if fetched >= clock.now() or back <= 2:
        return
    person_id, price = row["person_id"], row["price"]
    held, store = _held(person_id), Place(AccountKind.STORE.value)
    key, by_id = f"rewards:demo:{row['id']}", world.accounts["station"].id
    if fate < 0.05:
        row |= {"state": OrderState.CANCELLED.value, "cancelled_at": fetched}
    elif fate < 0.09 and row["lapses_at"] < clock.now() - timedelta(days=1):
        fetched = row["lapses_at"] + timedelta(minutes=20)
        row |= {"state": OrderState.LAPSED.value, "lapsed_at": fetched}
    else:
        row |= {"state": OrderState.HANDED.value, "handed_at": fetched, "handed_by_id": by_id}
        legs = ((held, -price), (store, price))
        yield Movement(fetched, f"{key}:handed", Reason.ORDER, legs, by_id)
        later = fetched + timedelta(days=3)
        if fate > 0.98 and later < clock.now():
            yield _refunded(world, row, later)
        return
    legs = ((held, -price), (wallet(person_id), price))
    yield Movement(fetched, f"{key}:back", Reason.RELEASE, legs, person_id)


def _refunded(world: World, row: dict[str, Any], at: datetime) -> Movement:
    by_id = world.accounts["hr"].id
    row |= {
        "state": OrderState.REFUNDED.value,
        "refunded_at": at,
        "refunded_by_id": by_id,
        "refund_reason": world.rng.choice(("拿到手是坏的", "发错了颜色", "尺寸和说明不一样")),
        "is_returned": True,
    }
    legs = (
        (Place(AccountKind.STORE.value), -row["price"]),
        (wallet(row["person_id"]), row["price"]),
    )
    return Movement(at, f"rewards:demo:{row['id']}:refunded", Reason.REFUND, legs, by_id)


def _held(person_id: int) -> Place:
    return Place(AccountKind.HELD.value, person_id, AccountKind.WALLET.value)


def _holds(
    world: World, orders: Sequence[_Ordered], ids: dict[str, int]
) -> Iterator[dict[str, Any]]:
    """The hold of each order, as it stands today; the order learns its number."""
    people = {order.row["person_id"] for order in orders}
    wallets = accounts_of(AccountKind.WALLET, people)
    held = accounts_of(AccountKind.HELD, people, period=AccountKind.WALLET.value)
    for order in orders:
        row, transfers = order.row, [ids[movement.key] for movement in order.movements]
        is_spent = row["handed_at"] is not None
        ended = HoldState.LAPSED if row["lapsed_at"] else HoldState.VOIDED
        state = HoldState.POSTED if is_spent else ended if transfers[1:] else HoldState.OPEN
        row["hold_id"] = world.next_id(Hold)
        yield {
            "id": row["hold_id"],
            "transfer_id": transfers[0],
            "account_id": wallets[row["person_id"]],
            "held_id": held[row["person_id"]],
            "amount": row["price"],
            "posted": row["price"] if is_spent else 0,
            "state": state.value,
            "lapses_at": row["lapses_at"] + SPARE,
            "ended_by_id": transfers[1] if transfers[1:] else None,
            "created_at": row["ordered_at"],
        }


# ---- stock ------------------------------------------------------------------------------------


def _count(world: World, items: Sequence[dict[str, Any]], orders: Sequence[dict[str, Any]]) -> None:
    """Give each item a stock out of which its orders came; half of it was brought in later."""
    reserved = Counter(o["reward_id"] for o in orders if o["state"] == OrderState.RESERVED)
    handed = Counter(
        o["reward_id"] for o in orders if o["handed_at"] is not None and not o["is_returned"]
    )
    changes: list[dict[str, Any]] = []
    for item in items:
        item |= {"reserved": reserved[item["id"]], "handed": handed[item["id"]]}
        item["stock"] = item.pop("left") + item["reserved"] + item["handed"]
        later = item["stock"] // 2
        parts = ((item["stock"] - later, None, 0), (later, "新到一批", 45))
        changes += [
            {
                "reward_id": item["id"],
                "pieces": pieces,
                "reason": reason,
                "by_id": item["made_by_id"],
                "at": min(item["made_at"] + timedelta(days=days), clock.now()),
            }
            for pieces, reason, days in parts
            if pieces
        ]
    world.insert(Reward, items)
    world.insert(StockChange, changes)
