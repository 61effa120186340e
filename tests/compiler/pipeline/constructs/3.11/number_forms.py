X = 0x_ff, 0b1_0, 1_000.0e-1_0j, 0o17, 1if 1else 2


def result():
    return 1
