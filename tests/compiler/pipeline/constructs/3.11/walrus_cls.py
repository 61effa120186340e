class A:
    x = [y for y in (1,)]
    z = (lambda: x)


def result():
    return 1
