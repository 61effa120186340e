if (n := 10) > 5: m = n
X = [y := 1, y**2]


def result():
    return m
