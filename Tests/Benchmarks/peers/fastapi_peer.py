"""FastAPI as its users tune it: uvloop, httptools, raw asyncpg, hiredis; no ORM, no access log."""
import os
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from typing import Annotated, Literal
from uuid import UUID, uuid4

import asyncpg
import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Response
from pydantic import BaseModel, Field
from redis import asyncio as redis

JWT_SECRET = os.environ["JWT_SECRET"]
CACHE_SECONDS = 60


@asynccontextmanager
async def connected(app: FastAPI):
    app.state.database = await asyncpg.create_pool(min_size=32, max_size=32)  # PGHOST and the like.
    app.state.cache = redis.from_url(os.environ["REDIS_URL"])
    yield
    await app.state.database.close()
    await app.state.cache.aclose()


app = FastAPI(lifespan=connected, openapi_url=None)


class Health(BaseModel):
    status: str
    service: str
    version: str


class Account(BaseModel):
    id: UUID
    email: str
    username: str
    timezone: str
    created_at: datetime


class LogRequest(BaseModel):
    duration: float = Field(gt=0, le=1440)
    timestamp: datetime | None = None
    session_type: Literal["work", "break"] = "work"
    note: str | None = Field(None, max_length=2000)


class Session(BaseModel):
    id: UUID
    user_id: UUID
    session_type: str
    start_time: datetime
    end_time: datetime
    duration_seconds: int
    note: str | None


class Daily(BaseModel):
    date: str
    total_seconds: int
    sessions: int


class Metrics(BaseModel):
    weekly: list[Daily]
    total_seconds: int
    sessions: int


def caller(authorization: Annotated[str, Header()] = "") -> UUID:
    scheme, _, token = authorization.partition(" ")
    try:
        if scheme != "Bearer":
            raise ValueError
        return UUID(jwt.decode(token, JWT_SECRET, algorithms=["HS256"])["sub"])
    except (ValueError, KeyError, jwt.InvalidTokenError):
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"}) from None


async def signed_in(authorization: Annotated[str, Header()] = "") -> UUID:
    return caller(authorization)  # In the loop: a thread hop would cost more than the check.


Caller = Annotated[UUID, Depends(signed_in)]


@app.get("/health")
async def health() -> Health:
    return Health(status="ok", service="peer", version="1.0.0")


@app.get("/auth/me")
async def me(user: Caller) -> Account:
    row = await app.state.database.fetchrow(
        "SELECT id, email, username, timezone, created_at FROM users WHERE id = $1", user)
    if row is None:
        raise HTTPException(404)
    return Account(**row)


@app.post("/focus-session", status_code=201)
async def log(request: LogRequest, user: Caller) -> Session:
    ended = request.timestamp or datetime.now(timezone.utc)
    seconds = round(request.duration * 60)
    session = Session(
        id=uuid4(), user_id=user, session_type=request.session_type,
        start_time=ended - timedelta(seconds=seconds), end_time=ended, duration_seconds=seconds,
        note=request.note)
    await app.state.database.execute(
        "INSERT INTO sessions (id, user_id, session_type, started_at, ended_at, duration_seconds, note)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        session.id, user, session.session_type, session.start_time, ended, seconds, session.note)
    return session


@app.get("/focus-metrics")
async def metrics(user: Caller) -> Response:
    key = f"fastapi:metrics:{user}"
    text = await app.state.cache.get(key)
    if text is None:
        rows = await app.state.database.fetch(
            "SELECT to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS date,"
            " sum(duration_seconds)::int AS total_seconds, count(*)::int AS sessions FROM sessions"
            " WHERE user_id = $1 AND session_type = 'work' AND ended_at > now() - interval '7 days'"
            " GROUP BY 1 ORDER BY 1", user)
        days = [Daily(**row) for row in rows]
        text = Metrics(
            weekly=days, total_seconds=sum(day.total_seconds for day in days),
            sessions=sum(day.sessions for day in days)).model_dump_json()
        await app.state.cache.set(key, text, ex=CACHE_SECONDS)
    return Response(text, media_type="application/json")
