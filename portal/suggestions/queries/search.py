"""Finding titles by the words in them, in Chinese from one character on, alike on both databases.

A run of Chinese is cut into pairs of neighbours (热水器: 热水, 水器, and 器 that ends it), anything
else into words. What is typed is cut likewise: pairs must all be there, a single character or the
beginning of a word is looked up as the beginning of a token.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import bindparam, func, select

from portal.base.db import AnySelect, fetch
from portal.suggestions.models import MOST_TOKEN, SuggestionWord

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(f"([{HAN}]+)|([^\\W_{HAN}]+)")
MOST_TERMS = 8
MOST_WEIGHED = 500
"""How many rows of a token are counted to tell a rare one from a frequent one."""
LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Term:
    """A token that must be there, or the beginning of one."""

    token: str
    is_beginning: bool = False


def _runs(text: str) -> list[tuple[str, str]]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [(match[1] or "", match[2] or "") for match in _RUN.finditer(folded)]


def tokens(text: str) -> set[str]:
    """The tokens by which a text is found."""
    found: set[str] = set()
    for chinese, word in _runs(text):
        if chinese:
            found.update(chinese[at : at + 2] for at in range(len(chinese)))
        else:
            found.add(word[:MOST_TOKEN])
    return found


def terms(typed: str) -> list[Term]:
    """What must be there for `typed` to be found; empty when nothing in it can be looked up."""
    found: dict[Term, None] = {}
    for chinese, word in _runs(typed):
        if len(chinese) > 1:
            found |= dict.fromkeys(Term(chinese[at : at + 2]) for at in range(len(chinese) - 1))
        else:
            found[Term((chinese or word)[:MOST_TOKEN], is_beginning=True)] = None
    return list(found)[:MOST_TERMS]


def rarest_first(wanted: Sequence[Term]) -> list[Term] | None:
    """Whole tokens from rare to frequent, then beginnings; None when a token is nowhere at all.

    The rarest one leads the search, so that its cost is bounded by the rarest and not by chance.
    """
    whole = [term for term in wanted if not term.is_beginning]
    beginnings = [term for term in wanted if term.is_beginning]
    if not whole:
        return beginnings
    values = {f"t{number}": term.token for number, term in enumerate(whole)}
    weights = fetch(_weights(len(whole)), **values)[0]
    if not all(weights):
        return None
    ordered = sorted(zip(weights, whole, strict=True), key=lambda pair: pair[0])
    return [term for _weight, term in ordered] + beginnings


@lru_cache(maxsize=MOST_TERMS)
def _weights(count: int) -> AnySelect:
    return select(
        *(
            select(func.count())
            .select_from(
                select(SuggestionWord.suggestion_id)
                .where(SuggestionWord.token == bindparam(f"t{number}"))
                .limit(MOST_WEIGHED)
                .subquery()
            )
            .scalar_subquery()
            for number in range(count)
        )
    )
