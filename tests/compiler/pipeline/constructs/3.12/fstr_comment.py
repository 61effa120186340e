X = f'''{
1 # c
}'''


def result():
    return X
