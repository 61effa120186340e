x: int
y: 'str' = 'a'
(z): int = 3
class C:
    a: 'C'


def result():
    return y
