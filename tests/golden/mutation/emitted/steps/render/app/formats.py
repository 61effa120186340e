FORMATS = {}
LIMITS = {"text": 100}
LIMITS["html"] = 200


def register(name):
    """Enter a format under a name."""

    def enter(function):
        FORMATS[name] = function
        return function

    return enter


@register("text")
def as_text(value):
    return str(value)
