type A[T] = list[T]
def g[T: int, *U, **P](x: T) -> T: return x
class B[T]: pass


def result():
    return g(1)
