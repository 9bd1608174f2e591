"""Answers without a conversation, for agent desktops and evaluation."""

from fastapi import APIRouter, Response
from starlette.background import BackgroundTask

from api.routes.access import ServiceDep
from api.schemas import AnswerOut, QuestionIn

router = APIRouter(prefix="/v1", tags=["answers"])


@router.post("/answers", response_model=AnswerOut)
def answer_question(body: QuestionIn, service: ServiceDep) -> Response:
    """The whole answer as a citizen would get it, with its evidence and every hit."""
    answer = service.knowledge.answer(
        body.question, region=body.region, as_of=body.as_of, earlier=body.earlier
    )
    # Written out here: ten whole articles need not be checked a second time on their way out.
    text = AnswerOut.of(answer).model_dump_json()
    # Kept once the answer has gone out, if it was none: the caller waits for nothing.
    after = BackgroundTask(service.unanswered.keep, body.question, answer.outcome, body.region)
    return Response(text, media_type="application/json", background=after)
