def g(): ...
X: ... = 1


def result():
    return g()
