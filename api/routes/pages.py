"""What people open in a browser: the citizen's chat, the script that puts it elsewhere, the console."""

from fastapi import APIRouter
from fastapi.responses import Response

from api.routes import console, console_chats
from api.routes.access import ServiceDep
from api.routes.rendering import API_DIR, page, say, script

router = APIRouter(include_in_schema=False)
router.include_router(console.router)
router.include_router(console_chats.router)


@router.get("/")
def chat_page(service: ServiceDep) -> Response:
    """The citizen's chat. A page of the same site may frame it."""
    modules = sorted(path.name for path in (API_DIR / "static" / "chat").glob("*.js"))
    return page(
        "chat.html",
        framed_by="'self'",
        say=say("chat"),
        max_chars=service.settings.max_message_chars,
        modules=modules,
    )


@router.get("/widget.js")
def widget(service: ServiceDep) -> Response:
    """The same chat for another page: `<script src="…/widget.js"></script>`."""
    return script("widget.js", say=say("chat"), max_chars=service.settings.max_message_chars)
