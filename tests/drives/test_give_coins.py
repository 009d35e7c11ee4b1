"""Giving coins out of the own wallet: right, refused, twice at once, in nobody's name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.base import clock
from portal.base.errors import Refused
from portal.coins.models import Transfer
from portal.coins.queries import wallet
from portal.drives import queries, rules
from portal.drives.models import Drive, Gift
from portal.notify.models import Notice
from tests.drives.making import as_viewer, new_drive, token_of


def held(db: Any, drive: int) -> queries.Totals:
    with db(read_only=True):
        return queries.totals([drive])[drive]


def left(db: Any, member: Any) -> int:
    with db(read_only=True):
        return wallet(member.id)


def test_coins_go_from_the_wallet_to_the_drive(
    client_of: Any, cast: Any, db: Any, drive: int
) -> None:
    agent = client_of(cast.agent)
    answer = agent.submit(f"/drives/{drive}/give", chosen="5", message="加油")
    assert answer.status_code == 303
    assert held(db, drive) == queries.Totals(fen=0, coins=5)
    assert left(db, cast.agent) == 15
    page = client_of(cast.outsider).get(f"/drives/{drive}").text
    assert "王小明" in page
    assert "加油" in page
    assert "5 枚金币" in page
    own = agent.get("/drives/mine").text
    assert "5 枚金币" in own
    assert "5 枚金币" not in client_of(cast.colleague).get("/drives/mine").text
    assert db.scalar(select(Notice.kind).where(Notice.person_id == cast.agent.id)) == (
        "drives.thanked"
    )


@pytest.mark.parametrize(
    "case",
    [
        ("21", "own", "钱包里有 20 枚金币"),
        ("0", "own", "之间的整数"),
        ("-3", "own", "之间的整数"),
        ("1.5", "own", "用数字填写整数"),
        ("NaN", "own", "用数字填写整数"),
        ("1e2", "own", "用数字填写整数"),
        ("1_0", "own", "用数字填写整数"),
        ("５", "own", "用数字填写整数"),
        ("٥", "own", "用数字填写整数"),
        ("99999999999999999999", "own", "用数字填写整数"),
        ("100001", "own", "之间的整数"),
        ("", "own", "请选一个数"),
        ("7", "5", "只留一个"),
    ],
    ids=lambda case: f"{case[1]}-{case[0]}",
)
def test_a_wrong_amount_is_refused_at_its_field(
    client_of: Any, cast: Any, db: Any, drive: int, case: tuple[str, str, str]
) -> None:
    amount, chosen, words = case
    answer = client_of(cast.agent).submit(f"/drives/{drive}/give", chosen=chosen, amount=amount)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'id="amount-error"' in answer.text
    assert db.scalar(select(func.count()).select_from(Gift)) == 0
    assert left(db, cast.agent) == 20


@pytest.mark.parametrize(
    "changes", [{"shown": "everybody"}, {"shown": ""}, {"message": "长" * 201}, {"chosen": "500"}]
)
def test_what_is_not_offered_is_refused(
    client_of: Any, cast: Any, db: Any, drive: int, changes: dict[str, str]
) -> None:
    answer = client_of(cast.agent).submit(f"/drives/{drive}/give", **changes)
    assert answer.status_code == 422
    assert db.scalar(select(func.count()).select_from(Gift)) == 0


def test_before_opening_and_after_closing_nothing_is_taken(
    client_of: Any, cast: Any, db: Any, drive: int, at: Any
) -> None:
    agent = client_of(cast.agent)
    drawn = agent.get(f"/drives/{drive}/give")
    assert drawn.status_code == 200
    with db() as session:
        agent_viewer, committee = as_viewer(cast.agent), as_viewer(cast.committee)
        tomorrow = clock.today() + timedelta(days=1)
        coming = new_drive(committee, opens_on=tomorrow)
        rules.open_drive(committee, coming)
        with pytest.raises(Refused, match="还没有开始"):
            rules.give_coins(agent_viewer, coming, amount=1, shown="public")
        draft = new_drive(committee)
        with pytest.raises(Refused, match="不再接受"):
            rules.give_coins(agent_viewer, draft, amount=1, shown="public")
        row = session.get_one(Drive, drive)
        rules.close_drive(committee, row, closing_note="谢谢大家")
    token = {"csrf_token": token_of(agent), "request_key": "k" * 20, "chosen": "1"}
    late = agent.post(f"/drives/{drive}/give", data=token | {"shown": "public"})
    assert late.status_code == 409
    assert "不再接受捐赠" in late.text
    assert agent.get(f"/drives/{drive}/give").status_code == 303
    assert held(db, drive).coins == 0


def test_after_the_last_day_nothing_is_taken(db: Any, cast: Any, drive: int, at: Any) -> None:
    at((clock.now() + timedelta(days=11)).isoformat())
    with db() as session:
        row, viewer = session.get_one(Drive, drive), as_viewer(cast.agent)
        with pytest.raises(Refused, match="已经结束"):
            rules.give_coins(viewer, row, amount=1, shown="public")


def test_the_same_form_twice_gives_once(client_of: Any, cast: Any, db: Any, drive: int) -> None:
    agent = client_of(cast.agent)
    sent = {
        "csrf_token": token_of(agent), "request_key": "once-and-only-once",
        "chosen": "2", "shown": "public",
    }  # fmt: skip
    first = agent.post(f"/drives/{drive}/give", data=sent)
    second = agent.post(f"/drives/{drive}/give", data=sent)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    other = agent.post(f"/drives/{drive}/give", data=sent | {"chosen": "5"})
    assert other.status_code == 409
    assert held(db, drive).coins == 2


def test_an_anonymous_gift_names_nobody(client_of: Any, cast: Any, db: Any, drive: int) -> None:
    """Neither the gift nor the transfer bears a name, and no notice is written."""
    agent = client_of(cast.agent)
    answer = agent.submit(f"/drives/{drive}/give", chosen="own", amount="3", shown="anonymous")
    assert answer.status_code == 303
    gift = db.rows(select(Gift.giver_id, Gift.giver_name, Gift.transfer_id))[0]
    assert gift[:2] == (None, None)
    assert db.scalar(select(Transfer.by_id).where(Transfer.id == gift.transfer_id)) is None
    assert db.scalar(select(func.count()).select_from(Notice)) == 0
    own = agent.get("/drives/mine").text
    assert "匿名" in own
    assert "3 枚金币" in own
    assert left(db, cast.agent) == 17


def test_a_drive_for_another_site_is_not_there(client_of: Any, cast: Any, db: Any) -> None:
    from portal.people.models import Unit

    site = db.scalar(select(Unit.id).where(Unit.name == "侯马"))
    with db():
        committee = as_viewer(cast.committee)
        made = new_drive(committee, unit_id=site)
        rules.open_drive(committee, made)
        number = made.id
    assert client_of(cast.agent).get(f"/drives/{number}/give").status_code == 404
    assert client_of(cast.outsider).get(f"/drives/{number}/give").status_code == 200
