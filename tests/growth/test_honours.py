"""Honours: one award, many people or a whole unit; found on files; withdrawn, never deleted."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.growth.models import Honour, HonourHolder
from portal.notify.models import Notice

HONOUR = {
    "kind": "personal",
    "name": "季度服务之星",
    "level": "province",
    "issuer": "省通信行业协会",
    "awarded_on": "2025-12-01",
    "document_no": "省通协〔2025〕7 号",
    "holders": "003217\n003588 RY-2025-0012",
}
FORM = "/growth/honours/new"


@pytest.fixture(autouse=True)
def _in_february(at: Any) -> None:
    at("2026-02-03 09:00")


def test_one_award_for_two(client_of: Any, cast: Any, db: Any) -> None:
    client = client_of(cast.hr)
    answer = client.submit(FORM, **HONOUR)
    assert answer.status_code == 303
    shown = client.get(answer.location).text
    for words in ("季度服务之星", "王小明", "曾雨", "RY-2025-0012", "省通协〔2025〕7 号", "省级"):
        assert words in shown
    for part in ("agent", "colleague"):
        assert "季度服务之星" in client_of(getattr(cast, part)).get("/growth/").text
    assert "季度服务之星" not in client_of(cast.leader).get("/growth/").text
    assert "季度服务之星" in client.get("/growth/honours").text
    told = db.rows(select(Notice.person_id, Notice.kind))
    assert {tuple(row) for row in told} == {
        (cast.agent.id, "growth.honoured"), (cast.colleague.id, "growth.honoured"),
    }  # fmt: skip
    assert "恭喜你获得“季度服务之星”" in client_of(cast.agent).get("/notify/").text


def test_a_collective_honour_is_on_the_files_of_those_who_were_there(
    client_of: Any, cast: Any
) -> None:
    team = HONOUR | {"kind": "collective", "holders": "", "unit": "太原一班", "name": "工人先锋号"}
    assert client_of(cast.hr).submit(FORM, **team).status_code == 303
    for part, is_there in (("agent", True), ("leader", True), ("committee2", False)):
        text = client_of(getattr(cast, part)).get("/growth/").text
        assert ("工人先锋号" in text) == is_there
    text = client_of(cast.hr).get(f"/growth/{cast.leaver.id}").text
    assert "工人先锋号" not in text, "had left before"
    site = team | {"unit": "太原", "name": "文明单位", "awarded_on": "2025-05-01"}
    client_of(cast.hr).submit(FORM, **site)
    for part in ("agent", "committee2"):
        assert "文明单位" in client_of(getattr(cast, part)).get("/growth/").text
    assert "文明单位" in client_of(cast.hr).get(f"/growth/{cast.leaver.id}").text
    assert "文明单位" not in client_of(cast.outsider).get("/growth/").text


REFUSED = {
    "unknown": ({"holders": "999999"}, "没有找到 999999"),
    "other site": ({"holders": "004410"}, "没有找到 004410"),
    "oneself": ({"holders": "000208"}, "不能给自己记荣誉"),
    "not there": ({"holders": "002200"}, "在那一天不在职"),
    "twice": ({"holders": "003217\n003217"}, "写了两次"),
    "nobody": ({"holders": ""}, "请写上获得荣誉的同事"),
    "to come": ({"awarded_on": "2026-02-04"}, "授予日期还没有到"),
    "before joining": ({"awarded_on": "2020-01-01"}, "在那一天不在职"),
    "no unit": ({"kind": "collective", "unit": ""}, "集体荣誉要写明"),
    "unknown unit": ({"kind": "collective", "unit": "月亮班"}, "没有找到“月亮班”"),
    "other site's unit": ({"kind": "collective", "unit": "侯马一班"}, "没有找到“侯马一班”"),
    "no name": ({"name": " \u200b"}, "请填写"),
    "long": ({"name": "奖" * 121}, "最多 120 个字"),
    "no level": ({"level": "galaxy"}, "请从列出的里面选一个"),
    "no day": ({"awarded_on": "2025-02-30"}, "没有这一天"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_at_the_field(client_of: Any, cast: Any, db: Any, case: str) -> None:
    changes, words = REFUSED[case]
    answer = client_of(cast.hr).submit(FORM, **(HONOUR | changes))
    assert answer.status_code == 422
    assert words in answer.text
    assert db.scalar(select(func.count(Honour.id))) == 0


def test_the_same_form_twice_is_one_honour(client_of: Any, cast: Any, db: Any) -> None:
    from tests.client import form_of

    client = client_of(cast.hr)
    path, fields = form_of(client.get(FORM), FORM)
    first = client.post(path, data=fields | HONOUR)
    second = client.post(path, data=fields | HONOUR)
    assert first.location == second.location
    assert db.scalar(select(func.count(Honour.id))) == 1
    assert db.scalar(select(func.count(HonourHolder.id))) == 2
    other = client.post(path, data=fields | HONOUR | {"name": "另一个"})
    assert other.status_code == 409


def test_withdrawn_with_a_reason(client_of: Any, cast: Any, db: Any) -> None:
    client = client_of(cast.hr)
    place = client.submit(FORM, **HONOUR).location
    assert client_of(cast.hr_other).get(f"{place}/withdraw").status_code == 403
    assert client.submit(f"{place}/withdraw", reason="").status_code == 422
    assert client.submit(f"{place}/withdraw", reason="名字写错了").status_code == 303
    assert "季度服务之星" not in client_of(cast.agent).get("/growth/").text
    shown = client.get(place).text
    assert "名字写错了" in shown
    assert "已撤回" in client.get("/growth/honours").text
    again = client.act(f"{place}/withdraw", reason="再来", request_key="abcdefgh-1")
    assert again.status_code == 409


@pytest.mark.parametrize("part", ["agent", "leader", "auditor", "administrator", "committee"])
def test_only_hr_keeps_the_book(client_of: Any, cast: Any, part: str) -> None:
    client = client_of(getattr(cast, part))
    for path in ("/growth/honours", FORM, "/growth/honours/1", "/growth/honours/1/withdraw"):
        assert client.get(path).status_code == 403
    assert client.act(FORM, **HONOUR).status_code == 403


def test_the_book_is_paged_and_filtered(client_of: Any, cast: Any) -> None:
    client = client_of(cast.hr)
    for number in range(27):
        day = f"2025-{number % 9 + 1:02d}-11"
        client.submit(FORM, **(HONOUR | {"name": f"第{number:02d}号奖", "awarded_on": day}))
    first = client.get("/growth/honours").text
    link = next(
        part.split('"')[0].replace("&amp;", "&")
        for part in first.split('href="')[1:]
        if "before=" in part.split('"')[0]
    )
    second = client.get(link).text
    names = [f"第{number:02d}号奖" for number in range(27)]
    assert all((name in first) != (name in second) for name in names), "each on one page"
    assert "第00号奖" not in client.get("/growth/honours?kind=collective").text
    assert client.get("/growth/honours?kind=moon").status_code == 200
