é = 'ü'
ß = é
def ƒ(): return ß
class 名: pass


def result():
    return ƒ()
