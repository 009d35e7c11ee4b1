"""Notify: what people are told. A row in the same transaction; a job delivers it by mail."""

from flask_babel import lazy_gettext as _l

from portal.base.room import Job, Room
from portal.notify.jobs import deliver
from portal.notify.views import pages

room = Room(
    name="notify",
    blueprints=(pages,),
    jobs=(Job("notify.deliver", _l("把提醒发到邮箱"), deliver, every=5),),
)
