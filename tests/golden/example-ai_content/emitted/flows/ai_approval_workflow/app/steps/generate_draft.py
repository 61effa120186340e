from ..workflow import wf

@wf.step
async def generate_draft(*, topic: str): ...
