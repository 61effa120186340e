import functools
import json


@functools.lru_cache
def not_registered(value):
    return json.dumps(value)
