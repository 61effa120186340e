class Unrelated(Exception):
    pass
