"""Answers without a conversation, for agent desktops and evaluation."""

from fastapi import APIRouter, Response
from starlette.background import BackgroundTask

from api.routes.access import ServiceDep
from api.schemas import AnswerOut, QuestionIn
from api.ticket_schemas import problems
from knowledge.model import Outcome

router = APIRouter(prefix="/v1", tags=["answers"], responses=problems(503))


@router.post("/answers", response_model=AnswerOut)
def answer_question(body: QuestionIn, service: ServiceDep) -> Response:
    """The whole answer as a citizen would get it, with its evidence and every hit."""
    answer = service.knowledge.answer(
        body.question, region=body.region, as_of=body.as_of, earlier=body.earlier
    )
    # Kept once the answer has gone out, if it was none: the caller waits for nothing.
    unanswered = BackgroundTask(service.unanswered.keep, body.question, answer.outcome, body.region)
    after = None if answer.outcome == Outcome.ANSWERED else unanswered
    return Response(AnswerOut.body(answer), media_type="application/json", background=after)
