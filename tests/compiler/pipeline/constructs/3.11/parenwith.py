import contextlib
def g():
    with (contextlib.nullcontext(1) as a, contextlib.nullcontext(2) as b,):
        return a + b


def result():
    return g()
