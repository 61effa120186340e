def g():
	if 1:
		return 1


def result():
    return g()
