x = [] # type: list[int]
def f(a): # type: (int) -> int
    return a
for i in (): # type: int
    pass


def result():
    return f(1)
