"""自己的工单：补充、更正，说的话进到对的那张里。"""

import pytest

from actions.forms import HELP_FORM
from tests.actions.own_ticket_house import (
    PHONE,
    Chat,
    payloads,
    told,
)
from tickets.model import Person, Status, Urgency

# 补充、更正


def test_words_are_added_to_the_ticket_of_this_conversation_and_read_back(house):
    ticket = house.file()
    someone = Chat(house, owns=ticket)

    done = someone.says("刚才登记的忘了说家里还有个八十岁的老娘", "add_to_ticket")

    event = house.desk.find(ticket.number).history[-1]
    assert (event.action, event.reason) == ("supplement", "刚才登记的忘了说家里还有个八十岁的老娘")
    assert ticket.number in told(done)
    assert "补充" in told(done)


@pytest.mark.parametrize(
    "announced", ["我上次那个工单还要补充一点", "登记完了才想起来还有个事没说", "补充一下我之前反映的事"]
)
def test_who_only_says_that_something_is_to_be_added_is_asked_what(house, announced):
    ticket = house.file()
    someone = Chat(house, owns=ticket)

    asked = someone.says(announced, "add_to_ticket")
    someone.says("院子里的井也塌了", "out_of_scope")

    assert "补充什么" in told(asked)
    assert house.desk.find(ticket.number).history[-1].reason == "院子里的井也塌了"
    assert someone.open_form is None


def test_who_has_nothing_to_add_after_all_changes_nothing(house):
    ticket = house.file()
    someone = Chat(house, owns=ticket)
    someone.says("我要补充", "add_to_ticket")

    someone.says("算了不用了", "cancel")

    assert house.desk.find(ticket.number).version == ticket.version
    assert someone.open_form is None


def test_a_phone_put_right_after_filing_replaces_the_old_one_everywhere(house):
    """电话说错了：工单换成新号码，查进度也用新号码的后四位，旧号码不留在话里。"""
    ticket = house.file()
    someone = Chat(house, owns=ticket)

    done = someone.says(f"电话说错了，不是{PHONE}，是13900001111", "add_to_ticket")

    changed = house.desk.find(ticket.number)
    assert changed.applicant.phone == "13900001111"
    assert PHONE not in changed.history[-1].reason
    assert "13900001111" in told(done)
    assert house.desk.progress(ticket.number, "1111").number == ticket.number


def test_a_correction_after_filing_is_no_new_request(house):
    """登记好了才说“电话说错了”：改那张工单，不另外登记。"""
    ticket = house.file()
    someone = Chat(house, owns=ticket)

    done = someone.puts_right("电话说错了，是13900001111", "correct")

    assert house.desk.find(ticket.number).applicant.phone == "13900001111"
    assert "13900001111" in told(done)


def test_a_correction_without_any_ticket_begins_a_request(house):
    someone = Chat(house)

    someone.puts_right("电话说错了，是13900001111", "correct")

    assert someone.open_form.name == HELP_FORM


def test_what_is_right_may_come_before_what_is_wrong(house):
    ticket = house.file()

    Chat(house, owns=ticket).says(f"电话改一下，是13900001111，不是{PHONE}", "add_to_ticket")

    assert house.desk.find(ticket.number).applicant.phone == "13900001111"


def test_a_wrong_phone_without_the_right_one_is_asked_for_and_may_come_in_pieces(house):
    ticket = house.file()
    someone = Chat(house, owns=ticket)

    assert "11 位手机号" in told(someone.says("登记的电话错了，帮我改", "add_to_ticket"))
    someone.says("1390000")
    someone.says("1111")

    assert house.desk.find(ticket.number).applicant.phone == "13900001111"


def test_somebody_elses_phone_in_added_words_is_not_taken_for_hers(house):
    ticket = house.file()

    Chat(house, owns=ticket).says("补充一下，隔壁王婶能带路，她是13900001111", "add_to_ticket")

    assert house.desk.find(ticket.number).applicant.phone == PHONE
    assert "13900001111" in house.desk.find(ticket.number).history[-1].reason


def test_a_place_put_right_moves_the_ticket_and_is_read_back(house):
    ticket = house.file()

    done = Chat(house, owns=ticket).says("地址写错了，是慈利县零阳镇，不是隆回县司门前镇", "add_to_ticket")

    assert house.desk.find(ticket.number).area.county == "慈利县"
    assert "慈利县零阳镇" in told(done)


def test_a_place_that_is_only_mentioned_moves_nothing(house):
    ticket = house.file()

    Chat(house, owns=ticket).says("补充一下，我儿子在长沙市岳麓区打工，一年没寄钱回来", "add_to_ticket")

    assert house.desk.find(ticket.number).area == ticket.area


def test_a_place_that_cannot_be_told_is_kept_in_her_words_and_said_so(house):
    ticket = house.file()

    done = Chat(house, owns=ticket).says("地址写错了，是三组不是五组", "add_to_ticket")

    assert house.desk.find(ticket.number).area == ticket.area
    assert "由工作人员核实" in told(done)


def test_words_that_tell_of_more_need_make_the_ticket_more_urgent(house):
    ticket = house.file()

    done = Chat(house, owns=ticket).says("补充一下，屋里没有米了，两天没吃饭", "add_to_ticket")

    changed = house.desk.find(ticket.number)
    assert changed.urgency is Urgency.URGENT
    assert changed.due_at < ticket.due_at
    assert "紧急" in told(done)


def test_another_need_is_offered_as_a_request_of_its_own(house):
    ticket = house.file()
    someone = Chat(house, owns=ticket)

    asked = someone.says("还有我娃读高中的学费也交不起，想申请教育救助", "add_to_ticket")

    assert "另外一件事（教育救助）" in told(asked)
    new, add = payloads(asked)
    assert new == "我要登记求助：还有我娃读高中的学费也交不起，想申请教育救助"
    assert house.desk.find(ticket.number).version == ticket.version
    someone.says(add)
    assert "学费" in house.desk.find(ticket.number).history[-1].reason


def test_the_new_request_is_left_to_the_request_form(house):
    someone = Chat(house, owns=house.file())
    new = payloads(someone.says("还有我娃读高中的学费也交不起，想申请教育救助", "add_to_ticket"))[0]

    someone.says(new, "request_help")

    assert someone.events[0]["event"] == "action_execution_rejected"
    assert someone.open_form is None


def test_what_was_told_is_not_lost_when_she_speaks_of_something_else_instead_of_choosing(house):
    ticket = house.file()
    someone = Chat(house, owns=ticket)
    someone.says("还有我娃读高中的学费也交不起，想申请教育救助", "add_to_ticket")

    someone.says("低保要什么材料", "ask_policy")

    assert "学费" in house.desk.find(ticket.number).history[-1].reason


def test_by_number_and_tail_words_are_added_from_a_new_conversation(house):
    ticket, someone = house.file(), Chat(house)

    someone.says("之前登记的时候漏说了，我妈还有高血压", "add_to_ticket")
    someone.says(ticket.number)
    someone.says("5678")

    assert "高血压" in house.desk.find(ticket.number).history[-1].reason


def test_a_new_phone_in_the_words_is_no_proof(house):
    """说要改成的新号码，不能当成“登记时留的手机号”去对。"""
    ticket, someone = house.file(), Chat(house)

    asked = someone.says(f"工单{ticket.number}的电话换成13900005678", "add_to_ticket")

    assert "后四位" in told(asked)
    assert house.desk.find(ticket.number).applicant.phone == PHONE


def test_without_a_phone_words_are_added_by_number_but_nothing_is_put_right(house):
    ticket, someone = house.file(applicant=Person(), anonymous=True), Chat(house)

    done = someone.says(f"工单{ticket.number}补充一下，电话是13900001111，他家屋顶也塌了", "add_to_ticket")

    changed = house.desk.find(ticket.number)
    assert "屋顶也塌了" in changed.history[-1].reason
    assert changed.applicant.phone is None
    assert "核实" in told(done)


def test_added_to_what_is_archived_she_is_asked_to_have_it_reopened_and_her_words_go_along(house):
    ticket = house.file()
    house.archived(ticket)
    someone = Chat(house, owns=ticket)

    asked = someone.says("补充一下，钱到现在也没发下来", "add_to_ticket")
    someone.says(payloads(asked)[0])

    changed = house.desk.find(ticket.number)
    assert changed.status is Status.REOPENED
    assert "没发下来" in changed.history[-1].reason
