from app.b import later

def early():
    return later()
