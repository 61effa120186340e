type A[T = int] = list[T]
class B[T = str]: pass


def result():
    return 1
