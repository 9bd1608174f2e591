"""Taking down a request, turn by turn, durably: the use case behind the Rasa form and the stand-in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from actions.forms import HELP_FORM, OFFER, OpenForm, OpenForms
from tickets.errors import TicketError
from tickets.hearing import Heard, says_yes, sounds_like_a_question, tells_a_matter, understand, words
from tickets.intake import CONFIRMED, PLACE, Draft
from tickets.intake_words import Spoken, filed, intake_words, question, resumed
from tickets.interview import Act, Said, Step, next_step, with_story_before
from tickets.model import Area
from tickets.places import place_choices
from tickets.service import Desk

log = structlog.get_logger()

SHORT_PLACE = 8  # characters: 祁东的 is a place only where nothing else is said
LONG_AGO = timedelta(minutes=30)


@dataclass(frozen=True)
class Spot:
    """Where a message was said: conversation, message, region (adcode); `before` are her messages before."""

    conversation_id: str
    message_id: str
    region: str
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What a message came to, and what is to be said for it."""

    act: Act
    draft: Draft
    spoken: tuple[Spoken, ...] = ()
    aside: str | None = None
    ticket_number: str | None = None


class Intake:
    """Holds no state of its own: the draft lies in the open form.

    Args:
        resolve_place: gives the area that a text names, seen from a region (tickets.places).
    """

    def __init__(
        self,
        desk: Desk,
        forms: OpenForms,
        resolve_place: Callable[[str, str], Area | None],
        clock: Callable[[], datetime],
    ) -> None:
        self._desk = desk
        self._forms = forms
        self._resolve_place = resolve_place
        self._clock = clock

    def open_form(self, conversation_id: str) -> OpenForm | None:
        """The form that is open, or None; a request that is filed already is forgotten here."""
        form = self._forms.get(conversation_id)
        if form and form.name == HELP_FORM and form.act == Act.FILE and self._is_filed(form):
            self._forms.close(conversation_id)  # the process ended between filing and forgetting
            return None
        return form

    def draft(self, conversation_id: str) -> Draft | None:
        """The request that is being taken down, or None."""
        form = self.open_form(conversation_id)
        return Draft.from_dict(form.content) if form and form.name == HELP_FORM else None

    def understood(self, text: str, draft: Draft | None, region: str) -> Heard:
        """What a message tells, heard with the draft's open question."""
        draft = draft or Draft()
        return understand(
            text,
            draft.asked[-1] if draft.asked else None,
            lambda said: self._resolve_place(said, region),
            lambda said: place_choices(said, region),
            draft.offered,
        )

    def hear(self, said: Said, spot: Spot) -> Taken:
        """Take one message in; opens the request when none is open. The same message again changes nothing.

        A confirmed request is only marked here: `file` files it.
        """
        form = self._forms.get(spot.conversation_id)
        if form and form.name == HELP_FORM and form.heard == spot.message_id:
            draft = Draft.from_dict(form.content)
            return self._taken(Step(Act(form.act), draft))
        draft = self.draft(spot.conversation_id)
        told = self.understood(said.text, draft, spot.region)
        if draft is None:
            draft = self._offered(form) or Draft()
            if draft.empty and not tells_a_matter(said.text, told):
                for earlier in spot.before[-1:]:
                    draft = with_story_before(draft, earlier, self.understood(earlier, None, spot.region))
        step = next_step(draft, said, told)
        last = form.updated_at if form and form.name == HELP_FORM else None
        returning = last is not None and self._clock() - last > LONG_AGO
        if step.act is Act.CANCELLED:
            self._forms.close(spot.conversation_id)
            return Taken(step.act, step.draft, (Spoken(intake_words()["cancelled"]),))
        self._keep(spot.conversation_id, step, spot.message_id)
        taken = self._taken(step)
        welcome = resumed(draft) if returning and step.act is not Act.FILE else ""
        return replace(taken, spoken=(Spoken(welcome), *taken.spoken)) if welcome else taken

    def offer(self, text: str, spot: Spot) -> None:
        """Keep what was told in a question while its teller is offered to have it taken down."""
        told = next(
            (said for said in (text, *reversed(spot.before)) if self._tells_a_matter(said, spot.region)), text
        )
        draft = Draft().hear(told, None, self.understood(told, None, spot.region))
        form = OpenForm(OFFER, OFFER, draft.to_dict(), spot.message_id)
        self._forms.put(spot.conversation_id, form)

    def may_offer(self, conversation_id: str) -> bool:
        """Whether no form is open that an offer would take the place of."""
        form = self.open_form(conversation_id)
        return form is None or form.name == OFFER

    def accepts_offer(self, text: str, conversation_id: str, region: str) -> bool:
        """Whether a message takes an offer up: it agrees, or simply gives place, name or phone."""
        form = self.open_form(conversation_id)
        draft = self._offered(form)
        if draft is None:
            return False
        if sounds_like_a_question(text):
            return False
        place = Draft(asked=(PLACE,)) if len(text) <= SHORT_PLACE else None
        told = self.understood(text, place, region)
        agrees = says_yes(text) and not any(word in text for word in words()["only_thanks"])
        return agrees or bool(told.phone or told.own_name or (told.area and told.area.adcode))

    def leaves_contact(self, text: str, region: str) -> bool:
        """Whether a message tells a matter, leaves a phone and asks nothing: its teller waits for a call."""
        told = self.understood(text, None, region)
        return bool(told.phone) and not sounds_like_a_question(text) and tells_a_matter(text, told)

    def _tells_a_matter(self, text: str, region: str) -> bool:
        return tells_a_matter(text, self.understood(text, None, region))

    def _offered(self, form: OpenForm | None) -> Draft | None:
        if form is None or form.name != OFFER or form.updated_at is None:
            return None
        late = self._clock() - form.updated_at > LONG_AGO
        return None if late else Draft.from_dict(form.content)

    def file(self, conversation_id: str, message_id: str) -> Taken:
        """File the confirmed request, durably, before its number is said; the draft stays if that fails."""
        form = self._forms.get(conversation_id)
        draft = Draft.from_dict(form.content if form else None)
        needs = draft.to_tickets(conversation_id=conversation_id, message_id=message_id, channel="web")
        try:
            filings = self._desk.take_down_together(needs, because=intake_words()["told_together"])
        except TicketError as error:
            log.exception("ticket_not_filed", code=error.code)
            again = Step(Act.ASK, draft.asking(CONFIRMED))
            self._keep(conversation_id, again, message_id)
            return Taken(Act.ASK, draft, (Spoken(intake_words()["not_filed"]),))
        self._forms.close(conversation_id)
        return Taken(Act.FILE, draft, (filed(draft, filings),), ticket_number=filings[0].ticket.number)

    def was_confirmed_by(self, conversation_id: str, message_id: str) -> bool:
        """Whether this message said yes, but the process ended before everything was filed."""
        form = self._forms.get(conversation_id)
        return bool(form and (form.name, form.heard, form.act) == (HELP_FORM, message_id, Act.FILE))

    def catch_up(self, conversation_id: str, region: str, told: Sequence[tuple[datetime, str]]) -> None:
        """Take into the open request what the citizen told somebody else since its last change.

        Args:
            told: when, and what, oldest first.
        """
        form = self.open_form(conversation_id)
        if form is None or form.name != HELP_FORM or form.updated_at is None:
            return
        draft = before = Draft.from_dict(form.content)
        for at, text in told:
            if at > form.updated_at:
                draft = draft.hear(text, None, self.understood(text, None, region))
        if draft != before:
            step = Step(Act.ASK, draft.asking(draft.missing() or CONFIRMED))
            self._keep(conversation_id, step, form.heard)

    def pause(self, conversation_id: str) -> None:
        """Have the read-back put again before a yes counts: other things were said since."""
        form = self.open_form(conversation_id)
        if form and form.name == HELP_FORM and form.asked == CONFIRMED and form.act != Act.FILE:
            draft = Draft.from_dict(form.content).paused()
            self._keep(conversation_id, Step(Act.ASK, draft), form.heard)

    def leave(self, conversation_id: str) -> Draft | None:
        """Close the request without filing it and give what was told: somebody else takes it on."""
        draft = self.draft(conversation_id)
        self._forms.close(conversation_id)
        return draft

    def _is_filed(self, form: OpenForm) -> bool:
        needs = Draft.from_dict(form.content).to_tickets(
            conversation_id="", message_id=form.heard, channel="web"
        )
        origins = [need.origin_message_id for need in needs if need.origin_message_id]
        return all(self._desk.find_by_origin(origin) for origin in origins)

    def _keep(self, conversation_id: str, step: Step, message_id: str) -> None:
        asked = step.draft.asked[-1] if step.draft.asked else CONFIRMED
        form = OpenForm(HELP_FORM, asked, step.draft.to_dict(), message_id, step.act)
        self._forms.put(conversation_id, form)

    def _taken(self, step: Step) -> Taken:
        if step.act is Act.FILE:
            return Taken(step.act, step.draft)
        return Taken(step.act, step.draft, (question(step),), step.aside)
