X = 1

def g(): return X



def result():
    return g()
