def g():
    try: return 1
    except ValueError, TypeError: return 2


def result():
    return g()
