class A: x = 1; y = 2
def g(): x = 1; return x
if 1: pass
else: pass


def result():
    return g()
