"""Templates are drawn by fewer steps, to the same letter."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest
from jinja2 import Environment, Undefined
from markupsafe import Markup

from portal.base import drawing


class Tone(StrEnum):
    SHARP = "<sharp>"


class Own:
    def __html__(self) -> str:
        return "<b>own</b>"


PAGE = """{% macro cell(text, more="") %}
<td>{{ text }}{{ more }}{{ caller() if caller }}</td>{% endmacro %}
{{ value }}|{{ value ~ "<" }}|{{ cell(value) }}|{{ cell(cell(value), more=value) }}
{% set kept %}{{ value }}{% endset %}{{ kept }}{% call cell(kept) %}{{ value }}{% endcall %}
{% for number in range(2) %}{{ number }}{{ cell(value) }}{{ cell(number) }}{% endfor %}
{% autoescape false %}{{ value }}{{ cell(value) }}{% endautoescape %}
{% filter upper %}{{ value }}{% endfilter %}"""


@pytest.mark.parametrize("is_escaping", [True, False])
@pytest.mark.parametrize(
    "value",
    [
        "", "plain", "<script>alert('&')</script>", '"quoted"', "陈晓霞 & 王", 7, -1, True, None,
        1.5, Markup("<i>safe</i>"), Tone.SHARP, Own(), ["<", Markup("<")], Undefined(name="nobody"),
    ],
)  # fmt: skip
def test_a_page_reads_as_jinja_draws_it(value: Any, is_escaping: bool) -> None:
    plain, ours = Environment(autoescape=is_escaping), Environment(autoescape=is_escaping)
    drawing.install(ours)
    assert ours.from_string(PAGE).render(value=value) == plain.from_string(PAGE).render(value=value)


def test_what_somebody_typed_is_escaped() -> None:
    environment = Environment(autoescape=True)
    drawing.install(environment)
    drawn = environment.from_string("<p>{{ typed }}</p>").render(typed="<b onclick='x'>&\"")
    assert drawn == "<p>&lt;b onclick=&#39;x&#39;&gt;&amp;&#34;</p>"
