def g():
    # c
    return 1
    # d


def result():
    return g()
