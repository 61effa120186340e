from app.a import early

def later():
    return early()
