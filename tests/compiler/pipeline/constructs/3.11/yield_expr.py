def g():
    x = yield
    y = yield x
    yield from (x, y)


def result():
    return 1
