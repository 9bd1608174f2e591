"""What people open in a browser: the citizen's chat, the script that puts it elsewhere, the console."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.console import routes as console
from api.hanzi import Script, ScriptAsked, words_in_script
from api.routes import offline
from api.routes.access import ServiceDep
from api.routes.rendering import API_DIR, page, say, script

Asked = Annotated[ScriptAsked, Query(alias="script")]

router = APIRouter(include_in_schema=False)
router.include_router(console.router)
router.include_router(offline.router)


@router.get("/")
def chat_page(service: ServiceDep, asked: Asked = Script.HANS) -> Response:
    """The citizen's chat. Pages of the same site and of the portals in the settings may frame it."""
    modules = sorted(path.name for path in (API_DIR / "static" / "chat").glob("*.js"))
    return page(
        "chat.html",
        framed_by=" ".join(("'self'", *service.settings.portals)),
        script=asked,
        say=words_in_script(say("chat"), asked),
        max_chars=service.settings.max_message_chars,
        modules=modules,
    )


@router.get("/widget.js")
def widget(service: ServiceDep, asked: Asked = Script.HANS) -> Response:
    """The same chat for another page: `<script src="…/widget.js"></script>`."""
    words = words_in_script(say("chat"), asked)
    return script("widget.js", script=asked, say=words, max_chars=service.settings.max_message_chars)
