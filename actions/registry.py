"""Every action of the bot, made from the real parts."""

from rasa_sdk import Action

from actions.help_form import ActionFileRequest, ValidateHelpForm
from actions.own_ticket import ActionOwnTicket, ValidateOwnTicketForm
from actions.parts import Parts
from actions.policy import ActionAnswerPolicy, ActionRefuse, ActionTurnAway
from actions.small_talk import ActionSmallTalk


def all_actions(parts: Parts) -> list[Action]:
    """One instance of each action; bot/domain/actions.yml lists the same names (tested)."""
    return [
        ActionAnswerPolicy(parts),
        ActionTurnAway(parts),
        ActionRefuse(parts),
        ActionSmallTalk(parts),
        ValidateHelpForm(parts),
        ActionFileRequest(parts),
        ActionOwnTicket(parts),
        ValidateOwnTicketForm(parts),
    ]
