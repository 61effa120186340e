total = 0


def count(by: "Step" = 1, *rest, **more) -> list["Other"]:
    global total
    total += by
    seen = by

    def inner():
        nonlocal seen
        seen = lambda key=by: (key, seen, total)
        return [total for by in rest if (found := by)]

    return inner


class Step:
    total = total
    __hidden = 1

    def add(self):
        return total, self, __hidden
