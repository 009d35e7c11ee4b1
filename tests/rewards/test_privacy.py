"""Least eyes: what somebody ordered is theirs, and HR's of the site; and `visible_to` agrees."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from portal.rewards import policy, queries
from portal.rewards.models import Order, Reward
from portal.rewards.views import orders
from tests.rewards.making import as_viewer, new_item, site

PARTS = (
    "agent", "colleague", "leader", "manager", "outsider", "hr", "hr_other", "committee",
    "station", "general_manager", "auditor", "administrator",
)  # fmt: skip


def test_an_order_is_for_its_person_and_hr(cast: Any, client_of: Any, waiting: Order) -> None:
    seen = {
        part
        for part in PARTS
        if client_of(getattr(cast, part)).get(f"/rewards/orders/{waiting.id}").status_code == 200
    }
    assert seen == {"agent", "hr"}


def test_hr_sees_the_order_but_never_the_code(cast: Any, client_of: Any, waiting: Order) -> None:
    spoken = f"{waiting.code[:3]} {waiting.code[3:]}"
    assert spoken in client_of(cast.agent).get(f"/rewards/orders/{waiting.id}").text
    for path in (f"/rewards/orders/{waiting.id}", "/rewards/orders"):
        text = client_of(cast.hr).get(path).text
        assert cast.agent.name in text
        assert spoken not in text
        assert waiting.code not in text


def test_nobody_reads_it_anywhere_else(cast: Any, client_of: Any, waiting: Order) -> None:
    """The item's page, the growth file and the first screen name nobody who ordered."""
    for part, path in (
        ("colleague", f"/rewards/{waiting.reward_id}"),
        ("leader", f"/growth/{cast.agent.id}"),
        ("leader", "/rewards/mine"),
        ("colleague", "/rewards/mine"),
        ("hr_other", "/rewards/orders"),
    ):
        text = client_of(getattr(cast, part)).get(path).text
        assert "等着领取</span>" not in text, (part, path)
    assert (
        cast.agent.name not in client_of(cast.colleague).get(f"/rewards/{waiting.reward_id}").text
    )


def test_the_code_is_gone_once_it_is_fetched(cast: Any, client_of: Any, waiting: Order) -> None:
    client_of(cast.station).submit(f"/rewards/desk/{waiting.code}")
    text = client_of(cast.agent).get(f"/rewards/orders/{waiting.id}").text
    assert waiting.code[:3] + " " + waiting.code[3:] not in text
    assert cast.station.name in text, "who handed it over"


@pytest.mark.parametrize("part", PARTS)
def test_visible_to_is_the_twin_of_may_see(cast: Any, db: Any, part: str, waiting: Order) -> None:
    with db() as session:
        for shelf in ("shown", "hidden", "withdrawn"):
            new_item(cast.hr, shelf=shelf)
            new_item(cast.hr_other, unit_id=site("侯马"), shelf=shelf)
        house = new_item(cast.hr)
        house.unit_id = None
        session.flush()
        viewer = as_viewer(getattr(cast, part))
        rewards = session.scalars(select(Reward)).all()
        for rule, twin in (
            (policy.may_see, queries.visible_to),
            (policy.may_keep, queries.kept_by),
            (policy.is_for, queries.meant_for),
        ):
            found = set(session.scalars(select(Reward.id).where(twin(viewer))))
            assert found == {each.id for each in rewards if rule(viewer, each)}, rule.__name__
        orders = session.scalars(select(Order)).all()
        looked_after = set(session.scalars(select(Order.id).where(queries.looked_after(viewer))))
        assert looked_after == {
            each.id
            for each in orders
            if policy.may_see_order(viewer, each) and not policy.is_own(viewer, each)
        }


def test_the_picture_leads_to_the_public_address(
    cast: Any, client_of: Any, app: Any, waiting: Order, monkeypatch: Any
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(orders, "drawn", seen.append)
    agent = client_of(cast.agent)
    agent.get(f"/rewards/orders/{waiting.id}")
    settings = app.config["SUNHOME"]
    app.config["SUNHOME"] = replace(settings, public_url="https://home.example.org/")
    agent.get(f"/rewards/orders/{waiting.id}")
    client_of(cast.hr).get(f"/rewards/orders/{waiting.id}")
    path = f"/rewards/desk/{waiting.code}"
    assert seen == [f"http://localhost{path}", f"https://home.example.org{path}"], "none for HR"
