X = f"{'\n'.join(['a'])}"


def result():
    return X
