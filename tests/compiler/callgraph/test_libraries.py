"""What calls of well-known packages are taken to do in a workflow, through the objects that such code hands around."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.conftest import write_project
from wfc_compiler.checking import check_project

CLIENTS = """
# file: app/clients.py
import aioboto3, asyncpg, boto3, celery, dramatiq, httpx, instructor, openai, pymongo, redis, requests, supabase
from django.db import models
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from redis import asyncio as aioredis
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, declarative_base, sessionmaker

engine = create_engine("postgresql://")
LocalSession = sessionmaker(bind=engine)
later = async_sessionmaker(create_async_engine("postgresql+asyncpg://"))
mongo = pymongo.MongoClient()
cache = redis.from_url("redis://")
acache = aioredis.from_url("redis://")
base = supabase.create_client("", "")
queue = celery.Celery()
ai = openai.AsyncOpenAI()
typed = instructor.from_openai(openai.OpenAI())
s3 = boto3.client("s3")
web = requests.Session()
chain = ChatPromptTemplate.from_messages([]) | ChatOpenAI() | str

class User(models.Model):
    name = models.CharField()

class Repository:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.http = httpx.AsyncClient(headers={})
    def add(self, row): self.session.add(row)
    def save(self): self.session.commit()

@queue.task
def mail(to): ...
@celery.shared_task(bind=True)
def bill(to): ...
@dramatiq.actor
def push(to): ...
"""

ACTING = [
    "LocalSession().execute(x)",
    "with LocalSession() as session: session.execute(x)",
    "with LocalSession.begin() as session: session.get(x, 1)",
    "with engine.connect() as c: c.execute(x)",
    "async with later() as session: await session.execute(x)",
    "LocalSession().query(x).filter(x).order_by(x).all()",
    "mongo.shop.orders.find_one(x)",
    "mongo['shop']['orders'].insert_one(x)",
    "cache.get(x)",
    "await acache.hset(x, 1, 2)",
    "pipe = cache.pipeline()\n    pipe.set(x, 1).expire(x, 2)\n    pipe.execute()",
    "base.table('orders').insert(x).execute()",
    "mail.delay(x)",
    "bill.apply_async(x)",
    "push.send(x)",
    "await ai.chat.completions.create(messages=x)",
    "await ai.with_options(timeout=3).responses.create(input=x)",
    "typed.chat.completions.create(messages=x)",
    "s3.put_object(Body=x)",
    "for page in s3.get_paginator('x').paginate(Bucket=x): ...",
    "User.objects.filter(name=x).order_by('name').first()",
    "User(name=x).save()",
    "await chain.ainvoke(x)",
    "Repository(LocalSession()).save()",
    "await Repository(x).http.get(x)",
    "pool = await asyncpg.create_pool(x)\n    async with pool.acquire() as c: await c.fetch(x)",
    "async with aioboto3.Session().client('s3') as s: await s.put_object(Body=x)",
]
QUIET = [
    "session = LocalSession()\n    session.add(x)",
    "Repository(x).add(x)",
    "web.headers.update(x)",
    "Repository(x).http.headers.get(x)",
    "User.objects.filter(name=x).exclude(name=1)",
    "cache.pipeline().set(x, 1)",
    "base.table('orders').select('*')",
    "s3.get_paginator('x')",
    "mail.s(x)",
    "mail(x)",
    "chain.with_retry()",
    "httpx.Client().build_request('GET', x)",
    "httpx.URL(x).join('a')",
    "httpx.Response(200).json()",
    "import pandas as pd\n    pd.DataFrame(x).to_csv()",
    "import numpy as np\n    np.random.default_rng(7).normal()",
    "import jinja2\n    jinja2.Template(x).render()",
    "import duckdb\n    duckdb.connect().execute(x).fetchall()",
    "import io, PIL.Image\n    PIL.Image.open(io.BytesIO(x)).resize((1, 1))",
]


def effects(tmp_path: Path, body: str) -> list[str]:
    """Return the codes of the effects that a workflow with this body is found to have, each once."""
    imports = "import httpx, requests, asyncpg, aioboto3\nfrom app.workflow import wf\n"
    names = "LocalSession, Repository, User, acache, ai, base, bill, cache, chain, engine, later, mail, mongo, push, s3"
    imports += f"from app.clients import {names}, typed, web\n"
    flow = f"@wf.workflow\nasync def flow(x):\n    {body}\n    return 1\n"
    write_project(tmp_path, f"{CLIENTS}\n# file: app/flow.py\n{imports}{flow}")
    found = {item.code for item in check_project(tmp_path).diagnostics}
    return sorted(code for code in found if code.startswith(("WFC1", "WFC2")))


@pytest.mark.parametrize("body", ACTING)
def test_what_goes_out_is_found(tmp_path: Path, body: str) -> None:
    """Whatever chain of objects the call goes through."""
    assert effects(tmp_path, body) == ["WFC201"]


@pytest.mark.parametrize("body", QUIET)
def test_what_stays_in_memory_is_not(tmp_path: Path, body: str) -> None:
    """Preparing, configuring and computing are fine, also on the very objects that could go out."""
    assert effects(tmp_path, body) == []
