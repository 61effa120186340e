import typing
T = typing.TypeVarTuple('T')
X = tuple[*T] if 1 else 0
def f(*args: *tuple[int, ...]): return args


def result():
    return f(1)
