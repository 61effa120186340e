"""The FastAPI app that the page's `app/api/resume.py` adds its route to.

`wfc.compat.vercel` lets `from vercel import workflow` mean wfc in this process. It has to come before
the first module that says so, and `resume.py` imports this module first.
"""

from fastapi import FastAPI

import wfc.compat.vercel  # noqa: F401

app = FastAPI(title="AI content")
