"""The FastAPI app that the page's `app/api/resume.py` adds its route to.

`wfc.compat.vercel` lets `from vercel import workflow` mean wfc in this process. It has to come before
the first module that says so, and `resume.py` imports this module first.
"""

import wfc.compat.vercel  # noqa: F401
from fastapi import FastAPI

app = FastAPI(title="AI content")
