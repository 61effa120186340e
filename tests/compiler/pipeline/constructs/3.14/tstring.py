X = t'{1}'


def result():
    return 1
