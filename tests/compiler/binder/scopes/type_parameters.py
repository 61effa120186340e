type Pair[T] = tuple[T, T]


class Box[T: Pair, U = int](list[T]):
    item: U

    def map[V](self, to: V) -> T:
        return V
