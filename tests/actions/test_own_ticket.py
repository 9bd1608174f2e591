"""说起自己的工单：查进度、补充、更正、催办、撤销、重新办理；别人的查不到、动不了。"""

from datetime import timedelta

import pytest

from actions.forms import HELP_FORM
from actions.ticket_talk import MOST_TRIES
from api.chat.model import Outcome
from tests.actions.own_ticket_house import (
    Chat,
    payloads,
    told,
)
from tickets.model import Category, Person, Status, Urgency
from tickets.numbering import make_number

# 查进度


def test_progress_needs_the_number_and_the_phone_tail_in_any_order_of_turns(house):
    ticket, someone = house.file(), Chat(house)

    asked_number = someone.says("帮我查进度", "ask_progress")
    asked_tail = someone.says(ticket.number)
    shown = someone.says("尾号五六七八")

    assert "工单号" in told(asked_number)
    assert "后四位" in told(asked_tail)
    assert "已经受理" in told(shown)
    assert shown.ticket_number == ticket.number
    assert someone.open_form is None


def test_a_ticket_filed_in_this_conversation_is_shown_without_asking(house):
    ticket = house.file()

    shown = Chat(house, owns=ticket).says("我的事办到哪了", "ask_progress")

    assert ticket.number in told(shown)


def test_asked_for_the_tail_she_hears_why_it_is_needed_and_nothing_about_the_ticket(house):
    """说了工单号接着问“什么时候能有人联系我”：先要后四位，说清为什么，不编进度。"""
    ticket, someone = house.file(), Chat(house)
    someone.says(f"查工单{ticket.number}", "ask_progress")

    asked_back = someone.says("什么时候能有人联系我", "urge_ticket")

    assert "后四位" in told(asked_back)
    assert "免得别人查到" in told(asked_back)
    assert not any(word in told(asked_back) for word in ("受理", "月", "临时救助"))
    assert "已经受理" in told(someone.says("5678"))


def test_a_question_in_between_leaves_the_question_for_the_tail_open(house):
    ticket, someone = house.file(), Chat(house)
    someone.says(f"查工单{ticket.number}", "ask_progress")
    someone.says("什么时候能有人联系我", "urge_ticket")
    someone.says("低保怎么申请？", "ask_policy")

    assert "已经受理" in told(someone.says("5678"))


def test_a_wrong_number_and_a_wrong_tail_sound_the_same(house):
    ticket = house.file()
    missing = make_number(20260312, 77)

    wrong_tail = Chat(house).says(f"查进度 {ticket.number} 尾号0000", "ask_progress")
    wrong_number = Chat(house).says(f"查进度 {missing} 尾号5678", "ask_progress")

    assert told(wrong_tail) == told(wrong_number)
    assert wrong_tail.ticket_number is None


def test_after_a_wrong_tail_she_may_say_the_right_one(house):
    ticket, someone = house.file(), Chat(house)
    someone.says(f"查进度 {ticket.number} 尾号0000", "ask_progress")

    assert "已经受理" in told(someone.says("哦是5678"))


def test_after_five_wrong_tails_even_the_right_one_opens_nothing_in_this_conversation(house):
    """四位数字试得出来：错五次就不再查，请工作人员来核对。"""
    ticket, guesser = house.file(), Chat(house)
    for tail in range(MOST_TRIES):
        guesser.says(f"查进度 {ticket.number} 尾号000{tail}", "ask_progress")

    refused = guesser.says(f"查进度 {ticket.number} 尾号5678", "ask_progress")

    assert "不能再查" in told(refused)
    assert payloads(refused) == ["转人工"]
    assert refused.ticket_number is None
    assert "已经受理" in told(Chat(house).says(f"查进度 {ticket.number} 尾号5678", "ask_progress"))


def test_the_tries_count_although_a_request_was_begun_in_between(house):
    ticket, guesser = house.file(), Chat(house)
    for tail in range(MOST_TRIES):
        guesser.says(f"查进度 {ticket.number} 尾号000{tail}", "ask_progress")
        house.parts.forms.close(guesser.id)

    assert "不能再查" in told(guesser.says(f"查进度 {ticket.number} 尾号5678", "ask_progress"))


def test_without_number_or_tail_she_is_sent_to_a_person(house):
    ticket, someone, other = house.file(), Chat(house), Chat(house)
    someone.says("查进度", "ask_progress")
    other.says(f"查进度{ticket.number}", "ask_progress")

    assert payloads(someone.says("工单号找不到了")) == ["转人工"]
    assert payloads(other.says("我不记得留的哪个号码")) == ["转人工"]


def test_a_ticket_without_a_phone_is_shown_by_number_alone_status_and_time_only(house):
    """匿名、没留电话的工单：只凭工单号，只说状态和时间，不当成本人的。"""
    ticket, someone = house.file(applicant=Person(), anonymous=True), Chat(house)
    house.at_the_office(ticket)

    shown = someone.says(f"查进度 {ticket.number}", "ask_progress")

    assert "已经派给承办单位" in told(shown)
    assert not any(word in told(shown) for word in ("临时救助", "隆回", "民政局", "司门前"))
    assert payloads(shown) == []
    assert shown.ticket_number is None
    assert "不能撤销" in told(someone.says(f"撤销 那张{ticket.number}不办了", "withdraw_ticket"))
    assert house.desk.find(ticket.number).status is Status.DISPATCHED


# 催办


def test_urging_within_the_time_shows_where_it_stands_and_is_recorded(house):
    ticket = house.file()
    house.at_the_office(ticket)

    done = Chat(house, owns=ticket).says("怎么还没人来，帮我催催", "urge_ticket")

    changed = house.desk.find(ticket.number)
    assert "已经派给承办单位" in told(done)
    assert "前会有人与您联系" in told(done)
    assert changed.status is Status.DISPATCHED
    assert changed.history[-1].changes["because"] == (None, "群众催办")


def test_urging_after_the_time_at_an_office_escalates_and_says_so(house):
    ticket = house.file()
    house.at_the_office(ticket)
    house.now = ticket.due_at + timedelta(days=1)

    done = Chat(house, owns=ticket).says("说好三天，现在都没人来", "urge_ticket")

    changed = house.desk.find(ticket.number)
    assert changed.status is Status.ESCALATED
    assert [event.action for event in changed.history[-2:]] == ["escalate", "supplement"]
    assert "督办" in told(done)
    assert "已经超过了" in told(done)
    assert payloads(done)[-2:] == ["转人工", f"我要登记投诉：工单{ticket.number}办得慢，一直没有解决"]


def test_urging_what_nobody_has_dispatched_in_time_puts_it_first(house):
    """还没派单不能督办：改为优先，如实说。"""
    ticket = house.file()
    house.now = ticket.due_at + timedelta(days=1)

    done = Chat(house, owns=ticket).says("太慢了", "urge_ticket")

    changed = house.desk.find(ticket.number)
    assert (changed.status, changed.urgency) == (Status.ACCEPTED, Urgency.PRIORITY)
    assert "优先" in told(done)
    assert "督办" not in told(done)


def test_urging_again_escalates_once_and_says_that_it_is_escalated_already(house):
    ticket = house.file()
    house.at_the_office(ticket)
    house.now = ticket.due_at + timedelta(days=1)
    someone = Chat(house, owns=ticket)
    someone.says("都过了时间了", "urge_ticket")

    again = someone.says("快点啊", "urge_ticket")

    actions = [event.action for event in house.desk.find(ticket.number).history]
    assert actions.count("escalate") == 1
    assert "正在督办" in told(again)


def test_a_complaint_about_staff_is_a_complaint_of_its_own_and_not_in_the_ticket(house):
    """说工作人员态度的，不写进承办人看得到的工单。"""
    ticket = house.file()

    offered = Chat(house, owns=ticket).says("你们的人态度差，还骂人", "urge_ticket")

    assert payloads(offered) == ["我要登记投诉：你们的人态度差，还骂人", "转人工"]
    assert house.desk.find(ticket.number).version == ticket.version


def test_urging_what_was_answered_asks_whether_to_take_it_up_again(house):
    ticket = house.file()
    house.answered(ticket)
    someone = Chat(house, owns=ticket)

    asked = someone.says("问题到现在没解决", "urge_ticket")
    status_when_asked = house.desk.find(ticket.number).status
    done = someone.says("要的")

    assert "重新办理吗" in told(asked)
    assert status_when_asked is Status.ANSWERED
    assert house.desk.find(ticket.number).status is Status.REOPENED
    assert "已经重新办理" in told(done)


# 撤销


@pytest.mark.parametrize("yes", ["是的", "确定", "确定撤销", "不用办了"])
def test_a_plain_yes_withdraws_after_one_question(house, yes):
    ticket = house.file()
    someone = Chat(house, owns=ticket)

    asked = someone.says("那个不用办了，我儿子回来接我了", "withdraw_ticket")
    status_when_asked = house.desk.find(ticket.number).status
    done = someone.says(yes, "affirm")

    assert "真的要撤销" in told(asked)
    assert status_when_asked is Status.ACCEPTED
    assert house.desk.find(ticket.number).status is Status.WITHDRAWN
    assert "已经撤销" in told(done)
    assert someone.open_form is None


@pytest.mark.parametrize("no", ["不用了", "先别撤", "算了"])
def test_a_no_leaves_the_ticket(house, no):
    ticket = house.file()
    someone = Chat(house, owns=ticket)
    someone.says("把我的工单撤销", "withdraw_ticket")

    kept = someone.says(no, "deny")

    assert house.desk.find(ticket.number).status is Status.ACCEPTED
    assert "照常办理" in told(kept)


def test_the_buttons_of_the_question_do_the_same(house):
    ticket = house.file()
    someone = Chat(house, owns=ticket)

    someone.says(payloads(someone.says("把我的工单撤销", "withdraw_ticket"))[0])

    assert house.desk.find(ticket.number).status is Status.WITHDRAWN


def test_what_is_no_answer_withdraws_nothing_and_is_left_to_its_own_rule(house):
    ticket = house.file()
    someone = Chat(house, owns=ticket)
    someone.says("把我的工单撤销", "withdraw_ticket")

    someone.says("低保要带什么材料去办", "ask_policy")

    assert someone.events[0]["event"] == "action_execution_rejected"
    assert house.desk.find(ticket.number).status is Status.ACCEPTED


def test_of_several_tickets_she_is_asked_which(house):
    first, second = house.file(), house.file(category=Category.EDUCATION)
    someone = Chat(house, owns=first)
    someone.says(f"查进度{second.number}，尾号5678", "ask_progress")

    asked = someone.says("把我的工单撤销", "withdraw_ticket")
    someone.says(payloads(asked)[0])
    someone.says("确定")

    assert len(payloads(asked)) == 2
    assert house.desk.find(first.number).status is Status.WITHDRAWN
    assert house.desk.find(second.number).status is Status.ACCEPTED


def test_nobody_withdraws_a_strangers_ticket(house):
    ticket, stranger = house.file(), Chat(house)

    stranger.says(f"撤销工单，就是{ticket.number}那张", "withdraw_ticket")
    stranger.says("0000")
    stranger.says("确定")

    assert house.desk.find(ticket.number).status is Status.ACCEPTED


# 登记到一半


def test_in_the_middle_of_a_request_progress_is_told_and_the_request_goes_on(house):
    ticket, someone = house.file(), Chat(house)
    someone.puts_right("我要登记，家里房子被水冲了", "request_help")

    shown = someone.says(f"先查一下工单{ticket.number}，尾号5678", "ask_progress")

    assert "已经受理" in told(shown)
    assert "哪个县" in told(shown)
    assert someone.open_form.name == HELP_FORM


def test_in_the_middle_of_a_request_what_is_not_wanted_any_more_is_that_request(house):
    ticket = house.file()
    someone = Chat(house, owns=ticket)
    someone.puts_right("我要登记，家里房子被水冲了", "request_help")

    asked = someone.says("那个不用办了", "withdraw_ticket")

    assert "真的不登记了吗" in told(asked)
    assert house.desk.find(ticket.number).status is Status.ACCEPTED


def test_the_stand_in_too_tells_progress_in_the_middle_of_a_request(house):
    ticket, someone = house.file(), Chat(house)
    someone.says_without_rasa("我要登记，家里房子被水冲了")

    shown = someone.says_without_rasa(f"先查一下工单{ticket.number}，尾号5678")

    assert "已经受理" in told(shown)
    assert someone.open_form.name == HELP_FORM


# 机器人停机时


def test_the_stand_in_tells_progress_by_number_and_tail(house):
    ticket, someone = house.file(), Chat(house)

    someone.says_without_rasa("帮我查一下进度")
    someone.says_without_rasa(ticket.number)

    assert "已经受理" in told(someone.says_without_rasa("5678"))


def test_the_stand_in_goes_on_where_rasa_stopped(house):
    ticket = house.file()
    someone = Chat(house, owns=ticket)
    someone.says("把我的工单撤销", "withdraw_ticket")

    someone.says_without_rasa("是的")

    assert house.desk.find(ticket.number).status is Status.WITHDRAWN


def test_the_stand_in_takes_a_first_request_for_what_it_is(house):
    someone = Chat(house)

    asked = someone.says_without_rasa("我要登记，家里着火了没有人管")

    assert asked.outcome is Outcome.INTAKE
