"""Keeping the shelf: new items with a photo, changes, and a stock that moves for a reason."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.base import clock
from portal.people.models import RoleGrant
from portal.rewards.models import Order, Reward, StockChange
from tests.rewards.making import photo, site

TYPED = {
    "name": "桌面小盆栽", "story": "绿萝或多肉。", "price": "12", "stock": "8", "per_person": "1",
    "fetch_at": "一楼文化站",
}  # fmt: skip


def test_a_new_item_with_a_photo(cast: Any, client_of: Any, db: Any, books: Any) -> None:
    hr = client_of(cast.hr)
    picture = (io.BytesIO(photo()), "IMG_0001.jpg")
    answer = hr.submit("/rewards/new", **TYPED, picture=picture)
    assert answer.status_code == 303
    made = db.rows(select(Reward.id, Reward.stock, Reward.unit_id, Reward.price))[0]
    assert (made.stock, made.unit_id, made.price) == (8, site_of(db), 12)
    agent = client_of(cast.agent)
    assert "桌面小盆栽" in agent.get("/rewards/").text
    with agent.get(f"/rewards/{made.id}/picture") as sent:
        assert sent.mimetype == "image/webp"
        assert Image.open(io.BytesIO(sent.data)).size == (64, 48)
    assert client_of(cast.outsider).get(f"/rewards/{made.id}/picture").status_code == 404
    assert books.is_sound()


def site_of(db: Any) -> int:
    with db(read_only=True):
        return site()


def test_what_is_no_picture_is_refused_at_its_field(cast: Any, client_of: Any, db: Any) -> None:
    picture = (io.BytesIO(b"<svg onload=alert(1)>"), "photo.jpg")
    answer = client_of(cast.hr).submit("/rewards/new", **TYPED, picture=picture)
    assert answer.status_code == 422
    assert "这张图片打不开" in answer.text
    assert db.rows(select(Reward.id)) == []


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("price", "0", "之间的整数"),
        ("price", "1.5", "整数"),
        ("stock", "-1", "之间的整数"),
        ("name", "", "请填写"),
        ("closes_on", "2020-01-01", "最后一天不能早于第一天"),
        ("per_month", "3", "不能比一共的还多"),
        ("unit_id", "999", "请从列出的里面选"),
    ],
)
def test_refused_at_the_field(
    cast: Any, client_of: Any, field: str, typed: str, words: str
) -> None:
    answer = client_of(cast.hr).submit("/rewards/new", **(TYPED | {field: typed}))
    assert answer.status_code == 422
    assert words in answer.text


def test_hr_of_a_site_keeps_that_site_and_no_more(
    cast: Any, client_of: Any, db: Any, item: int
) -> None:
    assert "全体同事" not in client_of(cast.hr).get("/rewards/new").text
    assert client_of(cast.hr_other).get(f"/rewards/{item}/edit").status_code == 404
    with db() as session:
        session.execute(
            update(RoleGrant).where(RoleGrant.person_id == cast.hr.id).values(unit_id=None)
        )
    hr = client_of(cast.hr)
    answer = hr.submit("/rewards/new", **TYPED, unit_id="")
    assert answer.status_code == 303
    assert "桌面小盆栽" in client_of(cast.outsider).get("/rewards/").text, "for the whole house"
    number = answer.location.rpartition("/")[2]
    assert client_of(cast.hr_other).get(f"/rewards/{number}/edit").status_code == 403


def test_a_change_keeps_stock_and_photo(
    cast: Any, client_of: Any, db: Any, item: int, books: Any
) -> None:
    hr = client_of(cast.hr)
    later = (clock.today() + timedelta(days=9)).isoformat()
    answer = hr.submit(f"/rewards/{item}/edit", price="14", closes_on=later, shelf="hidden")
    assert answer.status_code == 303
    row = db.rows(select(Reward.price, Reward.shelf, Reward.closes_on, Reward.name))[0]
    assert (row.price, row.shelf, row.closes_on.isoformat(), row.name) == (
        14, "hidden", later, "保温杯",
    )  # fmt: skip
    assert books.pieces(item) == (5, 0, 0)
    assert "先收起" in hr.get(f"/rewards/{item}").text
    assert "保温杯" in hr.get("/rewards/keep?shelf=hidden").text
    assert "保温杯" not in hr.get("/rewards/keep").text


def test_stock_in_and_out_with_a_reason(
    cast: Any, client_of: Any, db: Any, waiting: Order, books: Any
) -> None:
    item, hr = waiting.reward_id, client_of(cast.hr)
    path = f"/rewards/{item}/stock"
    assert hr.submit(path, way="in", pieces="7", reason="新到一批").status_code == 303
    assert hr.submit(path, way="out", pieces="2", reason="损坏").status_code == 303
    assert books.pieces(item) == (10, 1, 0)
    page = hr.get(path).text
    assert "+7" in page
    assert "-2" in page
    refused = hr.submit(path, way="out", pieces="10", reason="盘点")
    assert refused.status_code == 422
    assert "只剩 9 件没有被订" in refused.text
    assert hr.submit(path, way="in", pieces="100000", reason="太多").status_code == 422
    assert hr.submit(path, way="in", pieces="1", reason="").status_code == 422
    changes = db.rows(select(StockChange.pieces, StockChange.reason).order_by(StockChange.id))
    assert [tuple(row) for row in changes] == [(5, None), (7, "新到一批"), (-2, "损坏")]
    assert books.is_sound()


@pytest.mark.parametrize("values", [{"reserved": 6}, {"handed": -1}, {"stock": 0}, {"price": 0}])
def test_more_than_there_is_is_refused_by_the_database(
    db: Any, waiting: Order, values: dict[str, int]
) -> None:
    with pytest.raises(IntegrityError), db() as session:
        session.execute(update(Reward).values(**values))
