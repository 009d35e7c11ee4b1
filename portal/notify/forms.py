"""What may be chosen about notices."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.base.forms import Form


class MailForm(Form):
    mail = SelectMultipleField(
        _l("这些事也发邮件给我"),
        description=_l("不发邮件的，收件箱里照样能看到。"),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        validate_choice=False,
    )

    def validate_mail(self, field: Any) -> None:
        if not set(field.data or ()) <= {choice.value for choice in field.choices}:
            raise ValidationError(str(_l("请从列出的里面选。")))
