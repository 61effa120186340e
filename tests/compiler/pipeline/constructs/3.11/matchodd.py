match = 1
case = 2
type = 3
_ = 4
print = print
def g(match):
    match match:
        case [case, *_] if case: return case
        case {'k': type, **rest}: return rest
        case int(real=x) | float(real=x): return x
        case -1 | 1+2j: return 0
        case str() as s: return s
        case _: return match


def result():
    return g([1])
