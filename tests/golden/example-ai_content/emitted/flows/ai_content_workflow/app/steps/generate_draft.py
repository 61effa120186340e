from ..workflow import wf

@wf.step
async def generate_draft(*, topic: str): ...

@wf.step
async def summarize_draft(*, draft: str): ...
