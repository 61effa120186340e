a = 1; b = 2; c = a + b;


def result():
    return a; return c
