"""The import page: upload, columns, rehearsal, yes, progress, done, undo."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from sqlalchemy import select, update

from portal.people import queries
from portal.people.imports import batches
from portal.people.jobs import run_imports
from portal.people.models import BatchState, Employment, ImportBatch, ImportMapping
from tests.people.imported import everything
from tests.people.test_import import AGENT, LEADER, roster, workbook

TODAY = date(2026, 6, 30)


@pytest.fixture(autouse=True)
def clock_stands(at):
    at("2026-06-30 10:00")


def upload(browser, content: bytes, name: str = "花名册.csv"):
    return browser.submit("/people/import", file=(io.BytesIO(content), name))


def work(app) -> int:
    with app.app_context():
        return run_imports(TODAY)


def batch_of(db) -> ImportBatch:
    with db() as session:
        batch = session.scalar(select(ImportBatch).order_by(ImportBatch.id.desc()))
        session.expunge(batch)
        return batch


def rehearsed(app, browser, content: bytes, name: str = "花名册.csv") -> str:
    """Up to the rehearsal; answers the address of the batch."""
    answer = upload(browser, content, name)
    assert answer.status_code == 303, answer.text
    answer = browser.submit(answer.location)
    assert answer.status_code == 303, answer.text
    assert work(app) == 1
    return answer.location


def test_from_upload_to_undo(app, client_of, cast, db) -> None:
    hr = client_of(cast.hr)
    with db():
        before = everything()
    url = rehearsed(app, hr, roster(LEADER, AGENT, encoding="gb18030"))
    with db():
        assert everything() == before, "a rehearsal writes nothing of it"
    page = hr.get(url).text
    assert "欧阳晴" in page
    assert "木槿班" in page
    assert hr.submit(url).status_code == 303
    assert "every 1s" in hr.get(url).text, "progress is polled"
    assert work(app) == 1
    assert batch_of(db).state == BatchState.APPLIED
    with db():
        lines = queries.lines(queries.staff(TODAY).where(Employment.staff_no == "020002"))
        assert lines[0].unit == "木槿班"
    assert "every 1s" not in hr.get(url).text
    assert hr.submit(f"{url}/undo").status_code == 303
    assert work(app) == 1
    with db():
        assert everything() == before
    assert batch_of(db).state == BatchState.UNDONE
    assert work(app) == 0


def test_the_mapping_is_remembered(app, client_of, cast, db) -> None:
    """Columns called otherwise are chosen once."""
    hr = client_of(cast.hr)
    content = "编号,叫什么,进来的日子,班\n020009,陆小满,2026-03-02,太原二班\n".encode()
    answer = upload(hr, content)
    chosen = {"column_staff_no": "0", "column_name": "1", "column_since": "2", "column_site": ""}
    assert hr.submit(answer.location, **chosen).status_code == 303
    assert db.scalar(select(ImportMapping.signature)) is not None
    again = upload(hr, content)
    page = hr.get(again.location).text
    select_of = re.search(r'<select[^>]*name="column_name".*?</select>', page, re.DOTALL)[0]
    assert 'selected value="1"' in select_of


def test_a_needed_column_is_asked_for(client_of, cast, db) -> None:
    hr = client_of(cast.hr)
    answer = upload(hr, roster(LEADER))
    page = hr.submit(answer.location, column_staff_no="")
    assert page.status_code == 422
    assert batch_of(db).state == BatchState.MAPPING


def test_fatal_rows_need_a_word(app, client_of, cast, db) -> None:
    hr = client_of(cast.hr)
    url = rehearsed(app, hr, roster(LEADER, AGENT | {"入职日期": "03/04/2024"}))
    page = hr.get(url).text
    assert "第 3 行 · F 列" in page
    assert hr.submit(url).status_code == 422
    assert batch_of(db).state == BatchState.CHECKED
    assert hr.submit(url, leave_out="y").status_code == 303
    work(app)
    with db():
        assert queries.by_staff_no("020001") is not None
        assert queries.by_staff_no("020002") is None


def test_a_plan_that_changed_is_not_carried_out_unseen(app, client_of, cast, db) -> None:
    hr = client_of(cast.hr)
    first = rehearsed(app, hr, roster(LEADER, AGENT))
    second = rehearsed(app, hr, roster(LEADER, AGENT))
    hr.submit(first)
    hr.submit(second)
    assert work(app) == 2
    batch = batch_of(db)
    assert batch.state == BatchState.CHECKED
    assert batch.error
    assert "完全一样" in hr.get(second).text


def test_hr_of_a_site_brings_in_their_site_only(app, client_of, cast, db) -> None:
    hr = client_of(cast.hr_other)
    url = rehearsed(app, hr, roster(LEADER, AGENT))
    assert "不属于你负责的站点" in hr.get(url).text
    assert hr.submit(url, leave_out="y").status_code == 422
    stolen = LEADER | {
        "工号": "003217",
        "姓名": "王小明",
        "站点": "侯马",
        "身份证号": "",
        "出生日期": "",
    }
    url = rehearsed(app, hr, roster(stolen))
    assert "不属于你负责的站点" in hr.get(url).text


def test_nobody_imports_a_role_for_themself(app, client_of, cast, db) -> None:
    own = {"工号": cast.hr.staff_no, "姓名": cast.hr.name, "身份证号": "", "出生日期": ""}
    own |= {"部门": "综合管理部", "班组": "人事组", "岗位": "组长", "入职日期": "2022-03-01"}
    hr = client_of(cast.hr)
    url = rehearsed(app, hr, roster(LEADER | own))
    assert "不能给自己授权" in hr.get(f"{url}?kind=doubt.own_role").text
    hr.submit(url)
    work(app)
    with db():
        roles = {str(grant.role) for grant in queries.viewer_of_person(cast.hr.id).grants}
        assert roles == {"hr"}


def test_batches_are_their_makers(app, client_of, cast, db) -> None:
    url = rehearsed(app, client_of(cast.hr), roster(LEADER, AGENT))
    for part, status in (
        ("hr_other", 404),
        ("agent", 403),
        ("administrator", 403),
        ("leader", 403),
    ):
        browser = client_of(getattr(cast, part))
        assert browser.get(url).status_code == status
        assert browser.get(f"{url}/undo").status_code == status
    assert "花名册.csv" not in client_of(cast.hr_other).get("/people/import").text


def test_a_batch_is_put_aside(app, client_of, cast, db) -> None:
    hr = client_of(cast.hr)
    url = rehearsed(app, hr, roster(LEADER))
    assert hr.submit(f"{url}/discard").status_code == 303
    assert hr.get(url).status_code == 404


def test_undo_refused_says_why(app, client_of, cast, db) -> None:
    from portal.people import rules

    hr = client_of(cast.hr)
    url = rehearsed(app, hr, roster(LEADER))
    hr.submit(url)
    work(app)
    with db() as session:
        found = session.scalar(select(Employment).where(Employment.staff_no == "020001"))
        rules.leave(found, last_day=date(2026, 6, 1))
    hr.submit(f"{url}/undo")
    work(app)
    assert batch_of(db).state == BatchState.APPLIED
    assert "不能整批撤销" in hr.get(url).text


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "花名册.csv"), (b"\x89PNG\r\n", "花名册.csv"), (b"PK\x03\x04x", "花名册.xlsx"),
        (b"<html><table>", "花名册.xls"), ("天,地\n1,2\n".encode(), "x.exe"),
        (b"\x00" * 50, "a.csv"),
    ],
)  # fmt: skip
def test_no_table_is_refused_at_the_field(client_of, cast, db, content, name) -> None:
    answer = upload(client_of(cast.hr), content, name)
    assert answer.status_code == 422
    assert "error" in answer.text
    assert db.rows(select(ImportBatch.id)) == []


def test_no_file_at_all(client_of, cast) -> None:
    assert client_of(cast.hr).submit("/people/import").status_code == 422


def test_an_unknown_file_can_still_be_read(client_of, cast, app, db) -> None:
    """Nothing of the header is known: the columns wait to be chosen."""
    answer = upload(client_of(cast.hr), "甲,乙,丙\n1,2,3\n".encode())
    assert client_of(cast.hr).get(answer.location).status_code == 200


def test_hostile_names_are_only_names(client_of, cast, db) -> None:
    name = "../../<b>花名册.csv"
    answer = upload(client_of(cast.hr), roster(LEADER), name)
    assert answer.status_code == 303
    page = client_of(cast.hr).get("/people/import").text
    assert "<b>" not in page


def test_a_workbook_by_the_page(app, client_of, cast, db) -> None:
    url = rehearsed(app, client_of(cast.hr), workbook(LEADER, AGENT), "花名册.xlsx")
    assert "欧阳晴" in client_of(cast.hr).get(url).text


def test_a_crash_leaves_the_batch_to_the_next(app, client_of, cast, db, monkeypatch) -> None:
    hr = client_of(cast.hr)
    url = rehearsed(app, hr, roster(LEADER, AGENT))
    hr.submit(url)

    def killed(*_rest):
        raise KeyboardInterrupt

    with db():
        before = everything()
    with monkeypatch.context() as patch:
        patch.setattr(batches.carry, "digest", killed)
        with pytest.raises(KeyboardInterrupt):
            work(app)
    with db():
        assert everything() == before
    assert batch_of(db).state == BatchState.APPLYING
    assert work(app) == 0, "its lease still runs"
    with db() as session:
        session.execute(update(ImportBatch).values(lease_until=None))
    assert work(app) == 1
    assert batch_of(db).state == BatchState.APPLIED


NAMES = re.compile("欧阳晴|曾𠮷|何|木槿班|花名册|中文|客户服务九部|太原|文静|人事组")


def test_the_english_page_speaks_english(app, client_of, cast) -> None:
    hr = client_of(cast.hr)
    url = rehearsed(app, hr, roster(LEADER, AGENT | {"入职日期": "03/04/2024"}))
    hr.act("/people/language", language="en")
    for path in (url, f"{url}/columns", "/people/import"):
        page = hr.get(path).text
        left = re.search(r".*[一-鿿].*", NAMES.sub("", strip(page)))
        assert path.endswith("columns") or not left, left[0]


def strip(page: str) -> str:
    return re.sub(r"<script.*?</script>|<[^>]+>", "", page, flags=re.DOTALL)
