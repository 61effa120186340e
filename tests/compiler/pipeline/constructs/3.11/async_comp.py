async def g(x): return [i async for i in x if await i]


def result():
    return 1
