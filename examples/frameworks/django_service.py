"""
A service with Django: async views under ASGI, and a client that lives as long as the server.

    python examples/frameworks/django_service.py 8080

Django itself leaves the lifespan of ASGI alone, so a few lines around its application take care of that. Under WSGI
each request would have an event loop of its own, and need a client of its own.
"""

from __future__ import annotations

import sys

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import django
import uvicorn

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_POST
from flows import Flows, form_of, opened


# In a project of yours this is settings.py, with the middlewares for sessions and CSRF.
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="made-up", MIDDLEWARE=[])
django.setup()


@require_POST
async def start(request: HttpRequest) -> JsonResponse:
    """
    The user gives their credentials.
    """
    status, told = await flows_of(request).start(form_of(request.body))
    return JsonResponse(told, status=status)


@require_POST
async def answer(request: HttpRequest, flow: str) -> JsonResponse:
    """
    The user gives the token. Django cancels a view when the browser leaves; `Flows` goes on all the same.
    """
    status, told = await flows_of(request).answer(flow, form_of(request.body))
    return JsonResponse(told, status=status)


urlpatterns = [path("links", start), path("links/<str:flow>/token", answer)]


def flows_of(request: HttpRequest) -> Flows:
    """
    What the lifespan has put into the scope of every request.
    """
    flows: Flows = request.scope["state"]["flows"]
    return flows


Message = MutableMapping[str, Any]

django_app = get_asgi_application()


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """
    Django, with a lifespan.
    """
    if scope["type"] != "lifespan":
        await django_app(scope, receive, send)
        return
    await receive()  # lifespan.startup
    async with opened() as flows:
        scope["state"]["flows"] = flows
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown
    await send({"type": "lifespan.shutdown.complete"})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
