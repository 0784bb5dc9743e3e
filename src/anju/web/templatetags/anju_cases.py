"""What every shell shows of cases; `{% load anju_cases %}`."""

from django import template

from anju.cases.messages import unread
from anju.platform.models import User

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_messages(context: template.RequestContext) -> int:
    """How many messages the reader has not opened; 0 for nobody."""
    user = getattr(context.get("request"), "user", None)
    return unread(user=user) if isinstance(user, User) else 0
