async def g(x): return await (await x)


def result():
    return 1
