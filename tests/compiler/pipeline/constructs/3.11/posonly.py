def g(a, /, b, *, c=1): return a
h = lambda a, /, *b, c=2, **d: a


def result():
    return g(1, 2)
