"""Small parts that need more than a template; `{% load anju_parts %}`."""

import re
from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from anju.web.parts import TONES, Sort

register = template.Library()
_ICON = re.compile(r"[a-z]+(-[a-z]+)*")


@register.simple_tag
def state_tag(code: str, word: str) -> SafeString:
    """A state as a word on its colour: `{% state_tag case.state case.get_state_display %}`."""
    return format_html('<span class="tag tag-{}">{}</span>', TONES.get(str(code), "plain"), word)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing of `templates/anju/icons`, silent to a screen reader: a word always stands beside it."""
    if not _ICON.fullmatch(name):
        raise template.TemplateSyntaxError(f"no icon is named {name!r}")
    return SafeString(get_template(f"anju/icons/{name}.svg").render())


@register.inclusion_tag("anju/parts/sort_header.html")
def sort_header(sort: Sort, key: str, title: str, kind: str = "") -> dict[str, Any]:
    """A column's head that sorts by it; once more, the other way round. `kind` is "amount" for numbers."""
    current = sort.key == key
    descending = current and not sort.descending
    return {
        "title": title,
        "kind": kind,
        "order": "" if not current else "descending" if sort.descending else "ascending",
        "href": f"?{sort.query}sort={'-' if descending else ''}{key}",
    }
