"""doc\d"""


def result():
    return 1
