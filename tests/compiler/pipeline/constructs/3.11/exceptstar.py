def g():
    try: raise ExceptionGroup('x', [ValueError()])
    except* ValueError as e: pass
    return 1


def result():
    return g()
