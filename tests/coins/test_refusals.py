"""C2: each thing that is refused, with its sentence, and nothing given."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.base import clock
from portal.coins import queries, rules
from portal.coins.models import Account, AccountKind, Award, Reason
from tests.client import form_of
from tests.coins.conftest import REASON

GOOD = {"amount": "5", "value": "patience", "reason": REASON, "act": "confirm"}


def awards(db: Any) -> int:
    return int(db.scalar(select(func.count()).select_from(Award)))


def close_or_freeze(db: Any, kind: AccountKind, owner_id: int, period: str, column: str) -> None:
    with db() as session:
        rules.account(kind, owner_id, period=period)
        for found in session.scalars(
            select(Account).where(
                Account.kind == kind, Account.owner_id == owner_id, Account.period == period
            )
        ):
            setattr(found, column, clock.now())


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"amount": "0"}, "请填 1 到 1000 之间的整数"),
        ({"amount": "-1"}, "请填 1 到 1000 之间的整数"),
        ({"amount": "1.5"}, "请用数字填写整数"),
        ({"amount": "1e99"}, "请用数字填写整数"),
        ({"amount": "1001"}, "请填 1 到 1000 之间的整数"),
        ({"amount": "9" * 40}, "请用数字填写整数"),
        ({"amount": "NaN"}, "请用数字填写整数"),
        ({"amount": "Infinity"}, "请用数字填写整数"),
        ({"amount": "null"}, "请用数字填写整数"),
        ({"amount": "0x10"}, "请用数字填写整数"),
        ({"amount": "５"}, "请用数字填写整数"),
        ({"amount": "五"}, "请用数字填写整数"),
        ({"happened_on": "2199-01-01"}, "这一天还没有到"),
        ({"request_key": ""}, "这份表单不完整，请重新打开页面再试"),
        ({"request_key": "short"}, "这份表单不完整，请重新打开页面再试"),
        ({"request_key": "钥匙钥匙钥匙钥匙"}, "这份表单不完整，请重新打开页面再试"),
    ],
)
def test_what_is_typed(
    cast: Any, client_of: Any, db: Any, *, fund: Any, typed: dict[str, str], told: str
) -> None:
    fund(2000)
    answer = client_of(cast.leader).submit(
        "/coins/award", **{"people": [cast.agent.id], **GOOD, **typed}
    )
    assert (answer.status_code, told in answer.text) == (422, True), told
    assert awards(db) == 0


@pytest.mark.parametrize(
    ("who", "told"),
    [("leader", "不能发给自己。你做的好事，请你的上级来表扬"),
     ("leaver", "已经离职，收不了金币。请把对方从名单里去掉")],
)  # fmt: skip
def test_to_whom(cast: Any, client_of: Any, db: Any, *, fund: Any, who: str, told: str) -> None:
    fund()
    people = [getattr(cast, who).id]
    answer = client_of(cast.leader).submit("/coins/award", people=people, **GOOD)
    assert (answer.status_code, told in answer.text) == (422, True)
    assert awards(db) == 0


def test_a_closed_wallet_is_named(cast: Any, client_of: Any, db: Any, fund: Any) -> None:
    fund()
    close_or_freeze(db, AccountKind.WALLET, cast.colleague.id, "", "closed_at")
    answer = client_of(cast.leader).submit(
        "/coins/award", people=[cast.agent.id, cast.colleague.id], **GOOD
    )
    assert answer.status_code == 409
    assert f"{cast.colleague.name} 的钱包已经关闭，收不了金币" in answer.text
    assert awards(db) == 0


def test_a_frozen_wallet_receives_and_gives_nothing(
    cast: Any, client_of: Any, db: Any, *, fund: Any, give: Any, is_sound: Any
) -> None:
    """Who is being looked at is nobody's business: an award goes in as ever, nothing goes out."""
    from portal.base.errors import Refused

    fund()
    close_or_freeze(db, AccountKind.WALLET, cast.agent.id, "", "frozen_at")
    give(5)
    with db():
        purse = rules.account(AccountKind.WALLET, cast.agent.id)
        drive = rules.account(AccountKind.DRIVE, 7)
        with pytest.raises(Refused, match="正在核查，暂时不能转出"):
            rules.transfer(
                key="out", reason=Reason.GIFT_TO_DRIVE, legs=[(purse.id, -1), (drive.id, 1)],
                by_id=cast.agent.id,
            )  # fmt: skip
    assert is_sound()


def test_a_budget_that_is_looked_at(cast: Any, client_of: Any, db: Any, fund: Any) -> None:
    unit = fund()
    with db(read_only=True):
        period = queries.quota_month()
    close_or_freeze(db, AccountKind.BUDGET, unit, period, "frozen_at")
    answer = client_of(cast.leader).submit("/coins/award", people=[cast.agent.id], **GOOD)
    assert answer.status_code == 409
    assert "正在核查，暂时不能转出" in answer.text
    assert awards(db) == 0


def test_a_form_that_was_sent_before(cast: Any, client_of: Any, db: Any, fund: Any) -> None:
    fund()
    browser = client_of(cast.leader)
    _path, fields = form_of(browser.get("/coins/award"), "/coins/award")
    sent = {**fields, "people": [cast.agent.id], **GOOD}
    assert browser.post("/coins/award", data=sent).status_code == 303
    stale = browser.post("/coins/award", data={**sent, "amount": "6"})
    assert (stale.status_code, "已经提交过，内容不一样" in stale.text) == (409, True)
    assert awards(db) == 1


def test_a_late_award_counts_in_the_month_it_happened(
    cast: Any, client_of: Any, db: Any, *, at: Any, fund: Any, give: Any, is_sound: Any
) -> None:
    """It comes out of the budget of the month in which it is given."""
    at("2026-03-05 09:00")
    fund(100)
    give(5, key="march")
    give(8, key="late", day=date(2026, 2, 27))
    with db(read_only=True):
        assert queries.wallet_with_months(cast.agent.id).received == {"2026-02": 8, "2026-03": 5}
        unit = queries.budget(1, clock.today())
        assert unit.funded == unit.given + unit.left
        assert queries.received_since(cast.agent.id, date(2026, 3, 1)) == 5
    page = client_of(cast.agent).get("/coins/")
    assert 'datetime="2026-02-27"' in page.text
    assert is_sound()
