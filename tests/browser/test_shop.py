"""The shop on a phone: chosen, ordered, the code shown, handed over at the desk."""

from __future__ import annotations

import re
from typing import Any

from tests.browser.test_day import flash, follow, press


def test_from_the_shelf_into_the_hand(house: Any, cast: Any) -> None:
    agent = house.visit(cast.agent, width=390)
    agent.goto("/coins/")
    follow(agent, "换点什么")
    follow(agent, "保温杯")
    follow(agent, "换一件")
    press(agent, "确定换")
    assert "给你留着呢" in flash(agent)
    code = agent.locator(".code").inner_text()
    assert re.fullmatch(r"\d{3} \d{3}", code)
    assert agent.evaluate("document.documentElement.scrollWidth") == 390

    station = house.visit(cast.station, width=390)
    station.goto("/rewards/desk")
    station.get_by_label("取货号").fill(code)
    press(station, "找一找")
    assert station.get_by_role("heading", name=cast.agent.name).is_visible()
    assert station.locator("main img").evaluate("one => one.naturalWidth") > 0
    press(station, "已经交到手上")
    assert "交好了" in flash(station)

    agent.reload()
    assert agent.get_by_text("已领取").is_visible()
    assert agent.locator(".code").count() == 0
