import json as j, os.path
from .models import Draft as D
from .all import *

now: float = 1.0
a, (b, *c) = now, (j, os)
a += 1
del b
if TYPE_CHECKING:
    from .types import Kind
else:
    Kind = None
for i in a:
    pass
with open(a) as f, f as (g, h):
    pass
try:
    import fast
except ImportError as error:
    fast = None
match a:
    case [x, *y] | {"k": x, **y}:
        pass
    case D(z) as whole:
        pass
print([(last := i) for i in a])
