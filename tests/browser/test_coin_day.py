"""A day with coins on a phone: thank, be thanked, order, pick up, and explain oneself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.test_day import flash, follow, press

WORDS = "昨晚系统卡住的时候，你帮我把后面三个客户都接了过去。"
BACK = "早上我嗓子哑了，你替我接了两单，还给我泡了茶。"


@pytest.fixture
def allowance(house: Any) -> None:
    from portal.base import clock
    from portal.base.db import transaction
    from portal.coins import rules
    from portal.coins.models import RuleName

    with house.app.app_context(), transaction():
        rules.set_number(None, RuleName.ALLOWANCE, number=9, since=clock.today().replace(day=1))


def thank(page: Any, name: str, words: str) -> None:
    page.goto("/coins/")
    follow(page, "谢谢同事")
    page.locator("main").get_by_role("link").filter(has_text=name).first.click()
    page.get_by_label("几枚").fill("3")
    page.get_by_label("发生了什么，对你意味着什么").fill(words)
    press(page, "送出感谢")
    page.locator("[data-flash]").first.wait_for()
    assert "送到了" in flash(page)


def test_a_day_with_coins(house: Any, cast: Any, allowance: None) -> None:
    agent, colleague = (house.visit(who, width=390) for who in (cast.agent, cast.colleague))
    thank(agent, cast.colleague.name, WORDS)
    thank(colleague, cast.agent.name, BACK)

    agent.goto("/")
    agent.goto("/notify/")
    agent.locator("main").get_by_text(BACK[:12]).first.click()
    agent.locator("main").get_by_text(BACK).first.wait_for()

    agent.goto("/rewards/")
    follow(agent, "保温杯")
    follow(agent, "换一件")
    press(agent, "确定换")
    assert "给你留着呢" in flash(agent)
    code = agent.locator(".code").inner_text()
    station = house.visit(cast.station, width=390)
    station.goto("/rewards/desk")
    station.get_by_label("取货号").fill(code)
    press(station, "找一找")
    press(station, "已经交到手上")

    agent.goto("/coins/")
    assert agent.get_by_text("+3").first.is_visible()
    assert agent.get_by_text("-10").first.is_visible()

    agent.goto(f"/fairness/cases/{house.ids['case']}")
    follow(agent, "我来说明")
    agent.get_by_label("怎么一回事").fill("那两次是她连着替我值夜班，班长也知道。")
    press(agent, "就这样说")
    assert "记下了" in flash(agent)
    assert agent.evaluate("document.documentElement.scrollWidth") == 390
