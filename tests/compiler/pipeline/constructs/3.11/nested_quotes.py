X = f'{"a"}' f"{'b'!r:>{10}}" rf'\{1}' f'{{}}' f'{1=}' f'''{
1}'''


def result():
    return X
