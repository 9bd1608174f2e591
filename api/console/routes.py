"""Every page of the console, put together."""

from fastapi import APIRouter

from api.console import conversations, deliveries, overview, sign_in

router = APIRouter(include_in_schema=False)
for part in (sign_in, overview, conversations, deliveries):
    router.include_router(part.router)
