ﬁ = 1
def g(): return fi


def result():
    return g()
