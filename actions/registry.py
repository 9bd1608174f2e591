"""Every action of the bot, made from the real parts."""

from rasa_sdk import Action

from actions.help_form import ActionAskPlace, ActionCloseIntake, ValidateHelpForm
from actions.parts import Parts
from actions.policy import ActionAnswerPolicy, ActionTurnAway
from actions.progress import ActionTellProgress, ValidateProgressForm


def all_actions(parts: Parts) -> list[Action]:
    """One instance of each action; bot/domain/actions.yml lists the same names (tested)."""
    return [
        ActionAnswerPolicy(parts),
        ActionTurnAway(parts),
        ValidateHelpForm(parts),
        ActionAskPlace(),
        ActionCloseIntake(parts),
        ValidateProgressForm(parts),
        ActionTellProgress(parts),
    ]
