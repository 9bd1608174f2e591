"""Answers without a conversation, for agent desktops and evaluation."""

from fastapi import APIRouter

from api.routes.access import ServiceDep
from api.schemas import AnswerOut, QuestionIn

router = APIRouter(prefix="/v1", tags=["answers"])


@router.post("/answers")
def answer_question(body: QuestionIn, service: ServiceDep) -> AnswerOut:
    """The whole answer as a citizen would get it, with its evidence and every hit."""
    return AnswerOut.of(service.knowledge.answer(body.question, region=body.region, as_of=body.as_of))
