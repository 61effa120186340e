X = [1,2,3][::2], [1][0:1,][0] if 0 else 1


def result():
    return 1
