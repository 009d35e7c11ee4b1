"""PDF from a typst template. What people wrote comes in as JSON: never as the template's source."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parents[2] / "templates"


def is_installed() -> bool:
    """Whether the extra `pdf` is there; without it no page offers a PDF."""
    return find_spec("typst") is not None and find_spec("pylopdf_fonts_zh_cn") is not None


def draw(template: str, facts: dict[str, Any]) -> bytes:
    """The PDF of a template under `templates`, which reads `facts` from `sys.inputs.facts`."""
    import pylopdf_fonts_zh_cn as fonts
    import typst

    path = TEMPLATES / template
    drawn: bytes = typst.compile(
        path,
        root=path.parent,
        font_paths=[Path(fonts.sans_path()).parent],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"facts": json.dumps(facts, ensure_ascii=False)},
    )
    return drawn
