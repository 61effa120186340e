d = [lambda f: f]
@d[0]
def g(): return 1
@(lambda f: f)
def h(): return 1


def result():
    return g() + h()
