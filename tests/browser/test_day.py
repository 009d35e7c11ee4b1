"""A working day in the browser: one after another, everybody does what they come for."""

from __future__ import annotations

import re
from typing import Any

from tests.cast import PASSWORD
from tests.people.test_import import AGENT, LEADER, roster

REASON = "夜里三点，她陪一位老人把宽带重新设好，一步一步，没有催。"


def sign_in(page: Any, member: Any) -> None:
    page.goto("/")
    page.get_by_label("工号").fill(member.staff_no)
    page.get_by_label("密码").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="登录").click()
    page.locator("h1", has_text=re.compile("，")).wait_for()


def press(page: Any, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).click()


def follow(page: Any, name: str) -> None:
    page.locator("main").get_by_role("link", name=name, exact=True).first.click()


def flash(page: Any) -> str:
    return str(page.locator("[data-flash]").first.inner_text())


def pick(page: Any, label: str, typed: str, name: str) -> None:
    """Find a colleague by name, as it is typed, and choose."""
    field = page.get_by_role("combobox", name=label)
    field.press_sequentially(typed)
    page.get_by_role("option", name=name).click()
    assert name in field.input_value()


def test_an_agent_suggests_and_the_owner_answers(house: Any, cast: Any) -> None:
    agent = house.visit(width=390)
    sign_in(agent, cast.agent)
    agent.locator(".act", has_text="提个建议").click()
    agent.get_by_role("link", name=re.compile("啄木鸟")).click()
    agent.get_by_label("一句话说清楚").fill("二楼打印机总卡纸")
    agent.get_by_label("哪里不对").fill("双面打印时第二页卡住。")
    agent.get_by_label("在哪里").fill("太原二楼")
    agent.get_by_label("关于什么").select_option(index=1)
    press(agent, "提出来")
    assert "收到了，谢谢你" in flash(agent)
    here = agent.url
    leader = house.visit(cast.leader)
    leader.goto("/suggestions/queue")
    follow(leader, "二楼打印机总卡纸")
    follow(leader, "答复")
    leader.get_by_label(re.compile("^开始处理")).check()
    leader.get_by_label("说给大家听").fill("周五请人来修，修好前先用三楼的。")
    press(leader, "答复")
    assert "答复好了" in flash(leader)
    agent.goto(here)
    assert agent.get_by_text("周五请人来修，修好前先用三楼的。").is_visible()
    agent.goto("/notify/")
    assert agent.get_by_text("二楼打印机总卡纸").first.is_visible()


def test_a_leader_gives_coins_and_sees_it_before(house: Any, cast: Any) -> None:
    leader = house.visit(cast.leader)
    leader.goto("/")
    leader.locator(".act", has_text="发金币").click()
    leader.get_by_label(re.compile("^王小明")).check()
    leader.get_by_label("每人几枚").fill("7")
    leader.locator("[name=value]").first.check()
    leader.get_by_label("发生了什么").fill(REASON)
    press(leader, "看一看")
    assert leader.locator("h1").inner_text() == "看一看，再发出去"
    assert "7 枚金币" in leader.locator("main").inner_text()
    press(leader, "回去改")
    assert leader.get_by_label("发生了什么").input_value() == REASON
    press(leader, "看一看")
    press(leader, "发出金币")
    assert "发出去了" in flash(leader)
    agent = house.visit(cast.agent, width=390)
    agent.goto("/notify/")
    told = agent.locator(".row", has_text="7 枚金币")
    told.get_by_role("button", name="去看看").click()
    assert agent.get_by_text(REASON).is_visible()
    agent.goto("/coins/")
    assert agent.locator(".row", has_text=REASON).get_by_text("+7").is_visible()


def test_a_drive_takes_coins_and_cash(house: Any, cast: Any) -> None:
    committee = house.visit(cast.committee)
    committee.goto("/drives/new")
    committee.get_by_label("名称").fill("给宿舍添一台烘干机")
    committee.get_by_label("想对大家说的话").fill("雨季衣服不干，大家一起想想办法。")
    committee.get_by_label("目标金额（元）").fill("3000")
    today = committee.evaluate("new Date().toLocaleDateString('sv', {timeZone: 'Asia/Shanghai'})")
    committee.get_by_label("开始的日子").fill(today)
    committee.get_by_label("最后一天").fill(today)
    committee.get_by_label(re.compile("^转入员工关爱基金")).check()
    press(committee, "存为草稿")
    follow(committee, "开放")
    press(committee, "当事人看过了，开放")
    drive = committee.url
    agent = house.visit(cast.agent, width=390)
    agent.goto(drive)
    follow(agent, "献一份爱心")
    agent.get_by_label("5", exact=True).check()
    press(agent, "捐出金币")
    assert "谢谢" in flash(agent)
    committee.goto(drive)
    follow(committee, "登记现金")
    committee.get_by_label("金额（元）").fill("200.50")
    committee.get_by_label(re.compile("^匿名")).check()
    pick(committee, "和你一起清点的同事", "尉迟", "尉迟宁")
    press(committee, "登记，开收据")
    agent.goto(drive)
    shown = agent.locator("main").inner_text()
    assert "¥200.50" in shown
    assert "5 枚金币" in shown


def test_hr_reads_a_file_and_imports_a_roster(house: Any, cast: Any) -> None:
    hr = house.visit(cast.hr)
    hr.goto("/growth/files")
    hr.get_by_placeholder("姓名、拼音或工号").press_sequentially("wxm")
    hr.locator(".row").nth(1).wait_for(state="detached")
    follow(hr, "王小明")
    assert hr.get_by_text("季度服务之星").first.is_visible()
    assert hr.locator("figure.picture").count() >= 1
    hr.goto("/people/import")
    people = roster(LEADER | {"工号": "030001"}, AGENT | {"工号": "030002"})
    file = {"name": "花名册.csv", "mimeType": "text/csv", "buffer": people}
    hr.get_by_label(re.compile("^花名册")).set_input_files(file)
    press(hr, "上传并核对")
    press(hr, "开始核对")
    house.work()
    hr.get_by_role("button", name="导入", exact=True).wait_for()
    assert hr.get_by_text("会做这些事").is_visible()
    press(hr, "导入")
    house.work()
    hr.get_by_text("已经生效").wait_for()
    hr.reload()
    follow(hr, "撤销这次导入")
    press(hr, "撤销")
    house.work()
    hr.get_by_text("已经撤销").wait_for()


def test_the_administrator_runs_the_birthdays(house: Any, cast: Any) -> None:
    from portal.jobs.rules import run_due

    administrator = house.visit(cast.administrator)
    administrator.goto("/jobs/")
    follow(administrator, "祝福过生日的同事")
    press(administrator, "运行这一天")
    assert "已交给调度程序" in flash(administrator)
    with house.app.app_context():
        assert [each.error for each in run_due(only="greetings.birthdays")] != []
    administrator.reload()
    assert administrator.locator("#runs").get_by_text("完成").first.is_visible()


def test_the_language_is_switched_anywhere(house: Any, cast: Any) -> None:
    page = house.visit(cast.agent, width=390)
    page.goto("/suggestions/mine")
    for button, heading in (("English", "My suggestions"), ("中文", "我的建议")):
        page.locator(".bar button").click()
        page.locator(".self > summary").click()
        page.get_by_role("button", name=button).click()
        page.locator("h1", has_text=heading).wait_for()
        assert page.url.endswith("/suggestions/mine")


def tab_to(page: Any, test: str, most: int = 80) -> None:
    """Press Tab until the focused element passes `test`, a JavaScript expression of `it`."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f"(it => Boolean({test}))(document.activeElement)"):
            return
    raise AssertionError(f"Tab never came to {test}")


def test_by_keyboard_alone(house: Any, cast: Any) -> None:
    page = house.visit()
    page.goto("/people/sign-in")
    tab_to(page, "it.name === 'staff_no'")
    page.keyboard.type(cast.leader.staff_no)
    tab_to(page, "it.name === 'password'")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.locator(".rail").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    tab_to(page, "it.getAttribute('href') === '/coins/award'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/coins/award*")
    tab_to(page, "it.name === 'people' && it.closest('label').innerText.includes('曾雨')")
    page.keyboard.press("Space")
    tab_to(page, "it.name === 'amount'")
    page.keyboard.type("3")
    tab_to(page, "it.name === 'value'")
    page.keyboard.press("Space")
    tab_to(page, "it.name === 'reason'")
    page.keyboard.type(f"{REASON}这是第二回。")
    tab_to(page, "it.value === 'review' && it.matches('.sun')")
    page.keyboard.press("Enter")
    page.locator("[value=confirm]").wait_for()
    tab_to(page, "it.value === 'confirm'")
    page.keyboard.press("Enter")
    page.locator("[data-flash]").wait_for()
    assert "发出去了" in flash(page)


def test_without_script(house: Any, cast: Any) -> None:
    agent = house.visit(cast.agent, width=390, java_script_enabled=False)
    agent.goto("/suggestions/new/golden_finger")
    agent.get_by_label("一句话说清楚").fill("晨会留五分钟说好事")
    agent.get_by_label("怎么做").fill("班长每天请一位同事说一件昨天的好事。")
    agent.get_by_label("会有什么好处").fill("一天从高兴的事开始。")
    agent.get_by_label("关于什么").select_option(index=1)
    press(agent, "提出来")
    assert "收到了，谢谢你" in flash(agent)
    leader = house.visit(cast.leader, java_script_enabled=False)
    leader.goto("/coins/award")
    leader.get_by_label(re.compile("^曾雨")).check()
    leader.get_by_label("每人几枚").fill("2")
    leader.locator("[name=value]").first.check()
    leader.get_by_label("发生了什么").fill(REASON + "真好。")
    press(leader, "看一看")
    press(leader, "发出金币")
    assert "发出去了" in flash(leader)
