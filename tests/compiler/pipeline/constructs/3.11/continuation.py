a = 1 + \
  2
from os \
  import path


def result():
    return a
