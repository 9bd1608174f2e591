"""The citizen reads other characters from now on."""

from fastapi import APIRouter
from pydantic import BaseModel

from api.chat.reading import read_in
from api.hanzi import Script
from api.routes.access import ServiceDep, TokenDep
from api.ticket_schemas import problems

router = APIRouter(prefix="/v1/conversations", tags=["conversations"], responses=problems(429, 503))


class ReadingIn(BaseModel):
    script: Script


@router.patch("/{conversation_id}", status_code=204, responses=problems(401, 404))
def switch_script(conversation_id: str, body: ReadingIn, token: TokenDep, service: ServiceDep) -> None:
    """Give everything said to her, also before, in these characters; what is stored stays as written."""
    service.conversations.authorised(conversation_id, token)
    read_in(service.database, conversation_id, body.script)
