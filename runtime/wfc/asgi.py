"""A step's route over HTTP: `POST /` with the arguments as a JSON object, the result as JSON back.

    curl -d '{"topic": "durable python"}' localhost:8000      ->  {"result": "..."}

Plain ASGI, so that a deployed step needs no web framework. `GET /` names the step. Bad input is 400 with the reason, a
body over the limit 413; what the step raises is 500 with its type and message.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from .errors import SerializationError, TypeValidationError

if TYPE_CHECKING:
    from .route import StepRoute

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY = 4 * 1024 * 1024


class _RefusedError(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class StepApp:
    """The ASGI application of one step."""

    def __init__(self, route: StepRoute) -> None:
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            status, body = await self._answer(scope, receive)
            await _respond(send, status, body)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, dict[str, Any]]:
        try:
            if scope["path"] != "/":
                raise _RefusedError(404, "this route serves one step, at /")
            if scope["method"] == "GET":
                return 200, {"stepId": self._route.step_id}
            if scope["method"] != "POST":
                raise _RefusedError(405, "use POST with the arguments as a JSON object, or GET")
            encoded = self._encode(await _read(receive))
        except _RefusedError as refused:
            return refused.status, {"error": {"type": "BadRequest", "message": str(refused)}}
        try:
            result = await self._route.run(encoded, None, None)
        except Exception as error:  # noqa: BLE001 - the caller gets what the step raised
            return 500, {"error": {"type": type(error).__name__, "message": str(error)}}
        return 200, {"result": self._route.codec.to_plain(result)}

    def _encode(self, body: bytes) -> bytes:
        try:
            return self._route.signature.from_plain_args(json.loads(body or b"{}"))
        except (ValueError, TypeError, RecursionError, TypeValidationError, SerializationError) as error:
            raise _RefusedError(400, str(error)) from error


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > MAX_BODY:
            raise _RefusedError(413, f"the body is over {MAX_BODY} bytes")
        if not message.get("more_body", False):
            return body


async def _respond(send: Send, status: int, body: dict[str, Any]) -> None:
    data = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
