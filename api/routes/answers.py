"""Answers without a conversation, for agent desktops and evaluation."""

from fastapi import APIRouter, Response

from api.routes.access import ServiceDep
from api.schemas import AnswerOut, QuestionIn

router = APIRouter(prefix="/v1", tags=["answers"])


@router.post("/answers", response_model=AnswerOut)
def answer_question(body: QuestionIn, service: ServiceDep) -> Response:
    """The whole answer as a citizen would get it, with its evidence and every hit."""
    answer = service.knowledge.answer(body.question, region=body.region, as_of=body.as_of)
    # Written out here: ten whole articles need not be checked a second time on their way out.
    return Response(AnswerOut.of(answer).model_dump_json(), media_type="application/json")
