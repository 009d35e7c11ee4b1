"""Forms: what may be typed, cleaned the same way everywhere.

Fields strip invisible characters, refuse control characters and over-long text, and read digits
strictly: what passes here never fails in the database, on either of the two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from typing import Any

from flask import g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileSize
from wtforms import BooleanField, Field, PasswordField, RadioField, SelectField, StringField
from wtforms.fields import HiddenField, TextAreaField
from wtforms.i18n import get_translations
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    Optional,
    StopValidation,
    ValidationError,
)

from portal.base import once, words
from portal.base.access import me
from portal.base.errors import Refused

INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\u00ad]")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)

__all__ = [
    "Choice",
    "Day",
    "Form",
    "Keyed",
    "Lines",
    "Picture",
    "Secret",
    "Sheet",
    "Text",
    "Tick",
    "Whole",
    "Yuan",
    "clean",
    "refuse_control",
]  # fmt: skip


def clean(text: str | None) -> str:
    """`text` without surrounding space and invisible characters, composed (NFC)."""
    if not text:
        return ""
    return unicodedata.normalize("NFC", INVISIBLE.sub("", text)).strip()


def shown(text: str) -> str:
    """`text` as it can stand in a page again: control characters become visible."""
    return CONTROL.sub("\ufffd", text)


def refuse_control(_form: Any, field: Field) -> None:
    """Validator: no NUL, control characters or lone surrogates. Stops here: whoever looks the text
    up afterwards would bring it before a database that takes no NUL."""
    if isinstance(field.data, str) and CONTROL.search(field.data):
        raise StopValidation(_("这里有看不见的控制字符，请删去后再试。"))


class _Needed(DataRequired):
    def __init__(self) -> None:
        super().__init__(_l("请填写。"))


def _presence(needed: bool) -> Any:
    return _Needed() if needed else Optional(strip_whitespace=True)


class Text(StringField):
    """One line of at most `most` characters."""

    def __init__(
        self, label: Any = None, *, most: int, needed: bool = True, **options: Any
    ) -> None:
        checks = [_presence(needed), refuse_control, _length(most), *options.pop("checks", [])]
        options.setdefault("render_kw", {}).setdefault("maxlength", most)
        super().__init__(label, checks, filters=[clean, _one_line], **options)

    def _value(self) -> str:
        return shown(str(self.data or ""))


class Lines(TextAreaField):
    """Several lines of at most `most` characters in all."""

    def __init__(
        self, label: Any = None, *, most: int, needed: bool = True, **options: Any
    ) -> None:
        checks = [_presence(needed), refuse_control, _length(most), *options.pop("checks", [])]
        options.setdefault("render_kw", {}).setdefault("maxlength", most)
        super().__init__(label, checks, filters=[clean, _unix_lines], **options)

    def _value(self) -> str:
        return shown(str(self.data or ""))


class Secret(PasswordField):
    """A password: taken as typed, neither stripped nor shown again."""

    def __init__(self, label: Any = None, *, most: int = 200, **options: Any) -> None:
        checks = [InputRequired(_l("请填写。")), refuse_control, _length(most)]
        super().__init__(label, [*checks, *options.pop("checks", [])], **options)


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _length(most: int) -> Length:
    return Length(max=most, message=_l("最多 %(max)d 个字。"))


class _Typed(StringField):
    """A value read from text by `read`; what was typed stays in the field when it fails."""

    def read(self, text: str) -> Any:
        raise NotImplementedError

    def write(self, value: Any) -> str:
        return str(value)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.typed = clean(valuelist[0]) if valuelist else ""
        self.data = self.read(self.typed) if self.typed else None

    def _value(self) -> str:
        if getattr(self, "typed", None) is not None:
            return shown(self.typed)
        return "" if self.data is None else self.write(self.data)


class Whole(_Typed):
    """A whole number from `least` to `most`, in plain digits."""

    def __init__(
        self, label: Any = None, *, least: int = 1, most: int, needed: bool = True, **options: Any
    ) -> None:
        self.least, self.most = least, most
        options.setdefault("render_kw", {}).update(inputmode="numeric")
        super().__init__(label, [_presence_of_value(needed)], **options)

    def read(self, text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise ValueError(_("请用数字填写整数，例如 10。"))
        number = int(text)
        if not self.least <= number <= self.most:
            raise ValueError(
                _("请填 %(least)s 到 %(most)s 之间的整数。", least=self.least, most=self.most)
            )
        return number


class Yuan(_Typed):
    """An amount of money typed in yuan, at most two decimals; its data is in fen."""

    def __init__(
        self, label: Any = None, *, most_fen: int, needed: bool = True, **options: Any
    ) -> None:
        self.most_fen = most_fen
        options.setdefault("render_kw", {}).update(inputmode="decimal")
        super().__init__(label, [_presence_of_value(needed)], **options)

    def read(self, text: str) -> int:
        match = re.fullmatch(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?", text)
        if not match:
            raise ValueError(_("请填金额，例如 20 或 20.50。"))
        fen = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))
        if not 1 <= fen <= self.most_fen:
            most = f"{self.most_fen / 100:,.2f}"
            raise ValueError(_("请填 0.01 到 %(most)s 元之间的金额。", most=most))
        return fen

    def write(self, value: int) -> str:
        return f"{value // 100}.{value % 100:02d}"


class Day(_Typed):
    """A calendar day, yyyy-mm-dd."""

    def __init__(self, label: Any = None, *, needed: bool = True, **options: Any) -> None:
        options.setdefault("render_kw", {}).update(type="date")
        super().__init__(label, [_presence_of_value(needed)], **options)

    def read(self, text: str) -> date:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            try:
                day = date.fromisoformat(text)
            except ValueError:
                pass
            else:
                if EARLIEST <= day <= LATEST:
                    return day
        raise ValueError(_("没有这一天。请按 2026-01-31 的样子填写。"))


def _presence_of_value(needed: bool) -> Callable[[Any, Field], None]:
    def check(_form: Any, field: Field) -> None:
        if needed and field.data is None and not field.process_errors:
            raise ValidationError(_("请填写。"))

    if needed:
        check.field_flags = {"required": True}  # type: ignore[attr-defined]
    return check


class Choice(SelectField):
    """One of a closed list. `cards=True` draws it as large radio buttons."""

    def __init__(
        self,
        label: Any = None,
        *,
        choices: Any,
        needed: bool = True,
        cards: bool = False,
        **options: Any,
    ) -> None:
        self.cards = cards
        checks = [_presence(needed)]
        super().__init__(label, checks, choices=choices, **options)

    def pre_validate(self, form: Any) -> None:
        if not self.data and self.flags.optional:
            return
        try:
            super().pre_validate(form)
        except ValidationError as error:
            raise ValidationError(_("请从列出的里面选一个。")) from error


class Cards(RadioField):
    """One of a closed list, drawn as large radio buttons."""

    def __init__(self, label: Any = None, *, choices: Any, **options: Any) -> None:
        super().__init__(label, [_Needed()], choices=choices, validate_choice=True, **options)


class Tick(BooleanField):
    """A box to tick."""


class Sheet(FileField):
    """A spreadsheet or CSV file, as large as a request may be."""

    def __init__(self, label: Any = None, **options: Any) -> None:
        options.setdefault("render_kw", {}).update(accept=".xlsx,.csv,.tsv,.txt")
        super().__init__(label, [_file_given], **options)


class Picture(FileField):
    """A photo. What it really is is judged by `files.keep_picture`, not by its name."""

    def __init__(
        self, label: Any = None, *, most_bytes: int, needed: bool = False, **options: Any
    ) -> None:
        checks = [_file_given] if needed else [Optional()]
        checks.append(FileSize(most_bytes, message=_l("文件太大了。")))
        options.setdefault("render_kw", {}).update(accept="image/jpeg,image/png,image/webp")
        super().__init__(label, checks, **options)


def _file_given(_form: Any, field: Field) -> None:
    if not field.data or not getattr(field.data, "filename", None):
        raise ValidationError(_("请选择一个文件。"))


_file_given.field_flags = {"required": True}  # type: ignore[attr-defined]


@cache
def _texts_of_wtforms(tongue: str) -> Any:
    return get_translations([tongue])


class Form(FlaskForm):
    """A form that may be sent again without harm (it only reads, or sets what it says)."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, _form: Any) -> Any:
            """WTForms' own few texts; Flask-WTF would read their file for each request."""
            return _texts_of_wtforms(words.language())

    def accepted(self) -> bool:
        """Sent, and right: then call one rule with `values()`. Otherwise draw the page."""
        g.form_drawn = True
        refusal: Refused | None = g.get("refusal")
        if not self.is_submitted():
            return False
        if not self.validate():
            return False
        if refusal is not None:
            self.show(refusal)
            return False
        return self.begin()

    def begin(self) -> bool:
        return True

    def show(self, refusal: Refused) -> None:
        """Put a rule's refusal at its field, or over the form."""
        field = self._fields.get(refusal.field or "")
        if field is None:
            self.form_errors: list[str] = [*(self.form_errors or ()), refusal.message]
        else:
            field.errors = [*field.errors, refusal.message]

    def values(self) -> dict[str, Any]:
        """What was typed, by field name: the keywords of the rule."""
        return {
            name: field.data
            for name, field in self._fields.items()
            if name not in {"csrf_token", "request_key"}
        }


class Keyed(Form):
    """A form that does something once: it carries a request key from the moment it is drawn."""

    request_key = HiddenField(default=once.new_key)

    def begin(self) -> bool:
        key = request.form.get("request_key", "")
        if not re.fullmatch(r"[!-~]{8,200}", key):
            raise Refused(_("这份表单不完整，请重新打开页面再试。"))
        once.claim(key, me.id or None)
        return True
