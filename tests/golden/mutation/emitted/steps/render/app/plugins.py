from .formats import register


@register("html")
def as_html(value):
    return f"<b>{value}</b>"
