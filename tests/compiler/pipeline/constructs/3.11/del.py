a = [1,2]; b = 1
del a[0], b


def result():
    return a
