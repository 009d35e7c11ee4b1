"""How templates are drawn: by Jinja, without what only templates of strangers need.

A page has six hundred pieces of text and two hundred calls of macros; what is left out here is a
tenth of what the page costs.
"""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Expr
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

_SPECIAL = re.compile("[&<>\"']")


def drawn(value: Any) -> str:
    """`value` as it stands in a page: escaped, but where it is marked as safe."""
    kind = type(value)
    if kind is Markup or kind is int:
        return str(value)
    if kind is str and _SPECIAL.search(value) is None:
        text: str = value
        return text
    return escape(value)


class Pieces(CodeGenerator):
    """Writes the pieces of a template as plain text.

    Jinja marks each of them as safe by an object of its own. But they are joined at once, and the
    whole is marked: nobody ever asks a piece.
    """

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.drawn(")


class Calls(Context):
    """Calls a macro directly. Of everything else Jinja first finds out what it wants to know."""

    def call(self, called: Any, *args: Any, **named: Any) -> Any:
        if type(called) is not Macro:
            return super().call(called, *args, **named)
        named.pop("_loop_vars", None)
        named.pop("_block_vars", None)
        return called(self.eval_ctx, *args, **named)


def install(environment: Environment) -> None:
    """Have the templates of this environment drawn so; before the first of them is compiled."""
    environment.code_generator_class = Pieces
    environment.context_class = Calls
    environment.drawn = drawn  # type: ignore[attr-defined]
