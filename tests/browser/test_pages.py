"""Every main page of every role, in both languages, light and dark, on the desk and the phone:
axe finds nothing, nothing scrolls sideways, what is pressed is large enough for a thumb.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.stage import PAGES

AXE = (Path(__file__).parents[1] / "vendor/axe/axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (options) => (await axe.run(document, options)).violations.map(
    (found) => `${found.id}: ${found.nodes.slice(0, 3).map((node) => node.target.join(" ")
        + " " + (node.any[0]?.message || "")).join(" | ")}`)"""
EVERYTHING = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
SMALL = """() => [...document.querySelectorAll(
        ".btn, .bar a, .bar button, .rail nav a, .filters a, .segments > *, summary,"
        + " .option, .check, .act, .input, .back, .card > header > a")]
    .filter((it) => it.checkVisibility({visibilityProperty: true, opacityProperty: true})
        && !it.classList.contains("unseen"))
    .map((it) => [it, it.getBoundingClientRect()])
    .filter(([it, box]) => box.width && (box.height < 43.5 || box.width < 43.5))
    .map(([it, box]) => `${it.outerHTML.slice(0, 90)} ${box.width} x ${box.height}`)"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDE = """() => [...document.querySelectorAll("body *")]
    .filter((it) => it.getBoundingClientRect().right > innerWidth + 1
        && getComputedStyle(it).position !== "absolute")
    .slice(0, 3).map((it) => it.outerHTML.slice(0, 90))"""
GROUPS = {
    "agent": ("agent",),
    "hr": ("hr",),
    "others": ("leader", "committee", "station", "general_manager", "auditor", "administrator"),
}


def look(page: Any, path: str, language: str, found: list[str]) -> None:
    """Open `path` and hold it to everything: the phone by day in Chinese, the desk by night in
    English, and the colours of the other hour too."""
    width, scheme = (390, "light") if language == "zh" else (1280, "dark")
    page.set_viewport_size({"width": width, "height": 860})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    answer = page.goto(path)
    assert answer.status == 200, f"{path} answered {answer.status}"
    page.evaluate(AXE)
    found += [f"{path} {width} {scheme} {line}" for line in page.evaluate(RUN, EVERYTHING)]
    for narrow in (640, 320, 390):
        page.set_viewport_size({"width": narrow, "height": 860})
        if page.evaluate(SIDEWAYS) > 0:
            found.append(f"{path} scrolls sideways at {narrow}: {page.evaluate(WIDE)}")
    found += [f"{path} too small: {line}" for line in page.evaluate(SMALL)]
    if language == "zh":
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        found += [f"{path} 390 dark {line}" for line in page.evaluate(RUN, CONTRAST)]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("group", GROUPS)
def test_pages(house: Any, cast: Any, group: str, language: str) -> None:
    house.speak(language)
    found: list[str] = []
    seen: set[str] = set()
    for part in GROUPS[group]:
        page = house.visit(getattr(cast, part))
        for path in PAGES[part]:
            if path in seen and path != "/":
                continue
            seen.add(path)
            look(page, path.format(**house.ids), language, found)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_of_nobody(house: Any, language: str) -> None:
    page = house.visit(locale="zh-CN" if language == "zh" else "en-GB")
    found: list[str] = []
    look(page, "/people/sign-in", language, found)
    page.goto("/people/sign-in")
    page.get_by_role("button", name=re.compile("登录|Sign in")).click()
    page.locator("[data-errors]").wait_for()
    page.evaluate(AXE)
    found += page.evaluate(RUN, EVERYTHING)
    assert not found, "\n".join(found)
