X = f'{'a'}'


def result():
    return X
