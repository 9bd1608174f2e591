"""What a citizen hears about who has the ticket."""

from tickets.citizen_words import citizen_words, office_words
from tickets.model import Actor, Role
from tickets.service import Desk

DISPATCHER = Actor("002", Role.DISPATCHER)


def test_an_office_is_named_once_the_ticket_was_sent_there_and_not_while_it_is_only_proposed(
    desk: Desk, new_ticket
):
    """路由出来的单位只是建议；派单之前不能告诉群众“由某某办理”。"""
    filed = desk.file(new_ticket())
    dispatched = desk.move(filed.number, "dispatch", actor=DISPATCHER, office="隆回县民政局")
    returned = desk.move(filed.number, "return", actor=Actor("001", Role.SUPERVISOR), reason="不属于本单位")

    assert filed.office
    assert office_words(filed) == citizen_words()["office_unknown"]
    assert office_words(dispatched) == "隆回县民政局"
    withdrawn = desk.move(
        desk.file(new_ticket(description="另一件事")).number, "withdraw", actor=DISPATCHER, reason="不办了"
    )
    assert office_words(withdrawn) == citizen_words()["office_unknown"]
    assert office_words(returned) == citizen_words()["office_unknown"]
