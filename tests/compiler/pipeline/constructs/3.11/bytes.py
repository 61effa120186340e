X = rb'\x' b'a'


def result():
    return 1
