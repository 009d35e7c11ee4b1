"""Cash: counted by two, a numbered receipt without gaps, and put right by a later row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from portal.base import clock
from portal.base.errors import Refused
from portal.coins.models import Entry, Transfer
from portal.coins.queries import wallet
from portal.drives import queries, rules
from portal.drives.models import Drive, Gift
from portal.notify.models import Notice
from tests.drives.making import as_viewer, hand_over, new_drive


def typed(cast: Any, **changes: Any) -> dict[str, Any]:
    return {
        "amount_fen": "200",
        "shown": "public",
        "giver": cast.agent.staff_no,
        "giver_name": "",
        "counted_by": cast.station.staff_no,
        "message": "",
    } | changes


def count(db: Any) -> int:
    return int(db.scalar(select(func.count()).select_from(Gift)))


def test_cash_is_recorded_with_a_receipt(client_of: Any, cast: Any, db: Any, drive: int) -> None:
    committee = client_of(cast.committee)
    answer = committee.submit(f"/drives/{drive}/cash", **typed(cast))
    assert answer.status_code == 303
    slip = committee.get(answer.location).text
    for words in ("收据第 1 号", "¥200.00", "王小明", "解晓燕", "欧阳晴"):
        assert words in slip
    assert client_of(cast.agent).get(answer.location).status_code == 200
    for stranger in (cast.colleague, cast.leader, cast.hr, cast.auditor, cast.administrator):
        assert client_of(stranger).get(answer.location).status_code == 404
    with db(read_only=True):
        assert queries.totals([drive])[drive] == queries.Totals(fen=20_000, coins=0)
    told = dict(db.rows(select(Notice.kind, Notice.person_id)))
    assert told == {"drives.received": cast.agent.id, "drives.counted": cast.station.id}
    assert "收据第 1 号" in client_of(cast.agent).get("/notify/").text


def test_receipts_are_numbered_without_gaps(client_of: Any, cast: Any, db: Any, drive: int) -> None:
    committee = client_of(cast.committee)
    for amount in ("1", "0", "2", "abc", "3"):
        committee.submit(f"/drives/{drive}/cash", **typed(cast, amount_fen=amount))
    with db() as session:
        viewer, row = as_viewer(cast.committee), session.get_one(Drive, drive)
        hand_over(viewer, row, cast.station)
        session.flush()
        session.rollback()
    committee.submit(f"/drives/{drive}/cash", **typed(cast, amount_fen="4"))
    numbers = db.rows(select(Gift.receipt_no, Gift.amount_fen).order_by(Gift.id))
    assert [tuple(row) for row in numbers] == [(1, 100), (2, 200), (3, 300), (4, 400)]


@pytest.mark.parametrize(
    "case",
    [
        ({"amount_fen": "0"}, "amount_fen", "0.01"),
        ({"amount_fen": "-1"}, "amount_fen", "请填金额"),
        ({"amount_fen": "1.234"}, "amount_fen", "请填金额"),
        ({"amount_fen": "Infinity"}, "amount_fen", "请填金额"),
        ({"amount_fen": "２０"}, "amount_fen", "请填金额"),
        ({"amount_fen": "999999999999"}, "amount_fen", "之间"),
        ({"amount_fen": ""}, "amount_fen", "请填写"),
        ({"counted_by": ""}, "counted_by", "请填写"),
        ({"counted_by": "001801"}, "counted_by", "两个人清点"),
        ({"counted_by": "003217"}, "counted_by", "不能清点自己的钱"),
        ({"counted_by": "002200"}, "counted_by", "没有找到"),
        ({"giver": "001801"}, "giver", "另一位委员"),
        ({"giver": "000000"}, "giver", "没有找到"),
        ({"giver": ""}, "giver", "请填捐赠的同事"),
        ({"giver_name": "老顾客"}, "giver_name", "只填一个"),
        ({"giver": "", "giver_name": "老顾客"}, "shown", "只留给委员会"),
        ({"shown": "anonymous"}, "giver", "不记名字"),
        ({"shown": "anonymous", "giver": "", "giver_name": "某人"}, "giver_name", "不记名字"),
        ({"shown": ""}, "shown", "请填写"),
    ],
    ids=lambda case: "-".join(f"{key}={value}" for key, value in case[0].items()),
)
def test_what_is_wrong_is_refused_at_its_field(
    client_of: Any, cast: Any, db: Any, drive: int, case: tuple[dict[str, str], str, str]
) -> None:
    changes, field, words = case
    answer = client_of(cast.committee).submit(f"/drives/{drive}/cash", **typed(cast, **changes))
    assert answer.status_code == 422
    assert words in answer.text
    assert f'id="{field}-error"' in answer.text
    assert count(db) == 0
    assert db.scalar(select(Drive.last_receipt_no)) == 0


def test_only_the_committee_records_cash(client_of: Any, cast: Any, drive: int) -> None:
    for part in ("agent", "station", "hr", "leader", "auditor", "administrator"):
        assert client_of(getattr(cast, part)).get(f"/drives/{drive}/cash").status_code == 403


def test_cash_is_still_counted_after_the_last_day_but_not_after_closing(
    db: Any, cast: Any, drive: int, at: Any
) -> None:
    at((clock.now() + timedelta(days=11)).isoformat())
    with db() as session:
        viewer, row = as_viewer(cast.committee), session.get_one(Drive, drive)
        assert hand_over(viewer, row, cast.station).receipt_no == 1
        rules.close_drive(viewer, row, closing_note="谢谢")
        with pytest.raises(Refused, match="不能再登记"):
            hand_over(viewer, row, cast.station)
        coming = new_drive(
            viewer,
            opens_on=clock.today() + timedelta(days=1),
            closes_on=clock.today() + timedelta(days=2),
        )
        rules.open_drive(viewer, coming)
        with pytest.raises(Refused, match="还没有开始"):
            hand_over(viewer, coming, cast.station)


def test_a_mistake_is_reversed_by_two(client_of: Any, cast: Any, db: Any, drive: int) -> None:
    committee = client_of(cast.committee)
    slip = committee.submit(f"/drives/{drive}/cash", **typed(cast)).location
    alone = committee.submit(f"{slip}/reverse", reason="多写了一个零", seconded_by="001801")
    assert alone.status_code == 422
    assert "两个人一起" in alone.text
    giver = committee.submit(f"{slip}/reverse", reason="多写了一个零", seconded_by="003217")
    assert giver.status_code == 422
    done = committee.submit(f"{slip}/reverse", reason="多写了一个零", seconded_by="001802")
    assert done.status_code == 303
    assert "多写了一个零" in committee.get(done.location).text
    again = committee.submit(f"{slip}/reverse", reason="再来", seconded_by="001802")
    assert again.status_code == 409
    assert count(db) == 2
    wall = client_of(cast.agent).get(f"/drives/{drive}").text
    assert "已更正，不计入总额" in wall
    assert "多写了一个零" not in wall
    with db(read_only=True):
        assert queries.totals([drive])[drive].fen == 0
        assert all(check.is_right for check in queries.checks())
    assert "多写了一个零" in client_of(cast.agent).get("/notify/").text


def test_coins_given_by_mistake_go_back_where_they_came_from(
    db: Any, cast: Any, drive: int
) -> None:
    """Also from an anonymous gift: nobody need know whose wallet it is."""
    with db() as session:
        row = session.get_one(Drive, drive)
        gift = rules.give_coins(as_viewer(cast.agent), row, amount=8, shown="anonymous")
        assert wallet(cast.agent.id) == 12
        rules.reverse_gift(
            as_viewer(cast.committee), gift, reason="点错了", seconded_by_id=cast.committee2.id
        )
        assert wallet(cast.agent.id) == 20
        assert queries.totals([drive])[drive].coins == 0


# ---- the second wall ------------------------------------------------------------------------


def _cash(db: Any, cast: Any, drive: int) -> int:
    with db() as session:
        gift = hand_over(as_viewer(cast.committee), session.get_one(Drive, drive), cast.station)
        return gift.id


@pytest.mark.parametrize(
    "statement",
    [
        update(Gift).values(amount_fen=1),
        update(Gift).values(message="别的"),
        delete(Gift),
        text("UPDATE gift SET shown = 'public'"),
        text("DELETE FROM gift"),
    ],
    ids=str,
)
def test_gifts_are_never_changed(db: Any, cast: Any, drive: int, statement: Any) -> None:
    _cash(db, cast, drive)
    with pytest.raises(DBAPIError, match="never"), db() as session:
        session.execute(statement)


def test_gifts_are_never_replaced_or_truncated(
    db: Any, cast: Any, drive: int, database_kind: str
) -> None:
    number = _cash(db, cast, drive)
    statement = (
        f"INSERT OR REPLACE INTO gift SELECT * FROM gift WHERE id = {number}"
        if database_kind == "sqlite"
        else "TRUNCATE gift"
    )
    with pytest.raises(DBAPIError, match="never"), db() as session:
        session.execute(text(statement))


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_fen": 0},
        {"amount_fen": -5},
        {"amount_fen": None},
        {"amount_coins": 5},
        {"kind": "coins"},
        {"kind": "goods"},
        {"receipt_no": None},
        {"counted_by_id": None},
        {"counted_by_id": "taker"},
        {"giver_id": "counter", "shown": "public"},
        {"giver_id": "giver"},
        {"giver_name": "某人"},
        {"giver_name": "某人", "shown": "public"},
        {"shown": "public"},
        {"shown": "everybody"},
        {"message": "长" * 201},
        {"reason": "没有更正什么"},
    ],
    ids=str,
)
def test_the_database_itself_refuses_nonsense(
    db: Any, cast: Any, drive: int, changes: dict[str, Any]
) -> None:
    people = {"taker": cast.committee.id, "counter": cast.station.id, "giver": cast.agent.id}
    _cash(db, cast, drive)
    row: dict[str, Any] = {
        "drive_id": drive, "kind": "cash", "amount_fen": 5, "shown": "anonymous",
        "receipt_no": 99, "received_by_id": people["taker"], "counted_by_id": people["counter"],
        "given_at": clock.now(),
    }  # fmt: skip
    row |= {key: people.get(value, value) for key, value in changes.items()}
    with db(read_only=True) as session:
        used = session.scalar(select(Gift.transfer_id))
        free = session.scalar(select(Transfer.id).where(Transfer.id != used))
    assert free is not None
    with pytest.raises(DBAPIError), db() as session:
        session.execute(insert(Gift).values(transfer_id=free, **row))
    assert count(db) == 1
    with db() as session:  # the row is right but for the change
        session.execute(insert(Gift).values(transfer_id=free, **row | _right(changes, cast)))
        session.rollback()


def _right(changes: dict[str, Any], cast: Any) -> dict[str, Any]:
    base = {
        "kind": "cash", "amount_fen": 5, "amount_coins": None, "shown": "anonymous",
        "receipt_no": 99, "received_by_id": cast.committee.id, "counted_by_id": cast.station.id,
        "giver_id": None, "giver_name": None, "message": None, "reason": None,
    }  # fmt: skip
    return {key: base[key] for key in changes}


def test_a_closed_drive_takes_no_row(db: Any, cast: Any, drive: int) -> None:
    _cash(db, cast, drive)
    with db() as session:
        row = session.get_one(Drive, drive)
        rules.close_drive(as_viewer(cast.committee), row, closing_note="谢谢")
    with pytest.raises(DBAPIError, match="takes no gifts"), db() as session:
        session.execute(
            insert(Gift).values(
                drive_id=drive, kind="coins", amount_coins=1, shown="public",
                giver_id=cast.agent.id, given_at=clock.now(),
                transfer_id=session.scalar(select(func.min(Entry.transfer_id))),
            )
        )  # fmt: skip
