"""说起自己的工单：查进度、补充、更正、催办、撤销、重新办理；别人的查不到、动不了。"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.forms import HELP_FORM, OWN_TICKET_FORM
from actions.help_form import ValidateHelpForm
from actions.intake import Intake
from actions.own_ticket import ActionOwnTicket, ValidateOwnTicketForm
from actions.parts import Parts
from actions.ticket_talk import MOST_TRIES, TicketTalk
from api.chat.attempts import Attempts
from api.chat.engine import _fold
from api.chat.model import Context, EngineReply, Outcome, Reply
from api.chat.open_forms import SqlOpenForms
from api.chat.own_ticket import OwnTicket
from api.chat.stand_in import StandIn
from api.chat.store import ConversationStore
from api.database import open_database
from knowledge.errors import KnowledgeError
from tests.postgres import PostgresServer, postgres_server  # noqa: F401
from tickets import open_desk
from tickets.model import Actor, Area, Category, NewTicket, Person, Role, Status, Ticket, Urgency
from tickets.numbering import make_number
from tickets.places import resolve_place
from tickets.privacy import Sealer

DISPATCHER, OFFICE = Actor("002", Role.DISPATCHER), Actor("隆回县民政局", Role.OFFICE)
AGENT, SUPERVISOR = Actor("017", Role.DESK), Actor("001", Role.SUPERVISOR)
PHONE = "13812345678"
HOME = Area("湖南省", "邵阳市", "隆回县", "司门前镇", "430524", "石桥村3组")


class NoKnowledge:
    """No policy text is asked for here."""

    def names_article(self, text):
        return False

    def answer(self, text, **how):
        raise KnowledgeError("there is no index")


class House:
    """A desk and conversations on one real database; `now` moves only when told to."""

    def __init__(self, address: str) -> None:
        self.now = datetime(2026, 3, 12, 1, tzinfo=UTC)  # Thursday, 09:00 in Beijing
        self.engine, sealer = open_database(address), Sealer(b"k" * 32)
        self.desk = open_desk(self.engine, sealer, clock=lambda: self.now)
        self.store = ConversationStore(self.engine, sealer, lambda: self.now)
        forms = SqlOpenForms(self.engine, sealer, lambda: self.now)
        intake = Intake(self.desk, forms, resolve_place, lambda: self.now)
        talk = TicketTalk(self.desk, forms, intake, self.store.own_tickets, self.store.times_said)
        self.turns = Attempts()
        self.parts = Parts(NoKnowledge(), self.desk, intake, forms, self.turns, self.store.own_tickets, talk)
        self.stand_in = StandIn(None, intake, talk)

    def file(self, **changes) -> Ticket:
        fields = {
            "category": Category.TEMPORARY,
            "urgency": Urgency.NORMAL,
            "summary": "房子被火烧了",
            "description": "房子被火烧了",
            "area": HOME,
            "applicant": Person("李秀英", PHONE),
        }
        return self.desk.file(NewTicket(**fields | changes))

    def at_the_office(self, ticket: Ticket) -> None:
        self.desk.move(ticket.number, "dispatch", actor=DISPATCHER, office="隆回县民政局")

    def answered(self, ticket: Ticket) -> None:
        self.desk.move(ticket.number, "answer_directly", actor=SUPERVISOR, reason="已电话答复")

    def archived(self, ticket: Ticket) -> None:
        self.answered(ticket)
        for step in ("follow_up", "archive"):
            self.desk.move(ticket.number, step, actor=AGENT)


class Chat:
    """One conversation; each message comes with the intent that the classifier gave it."""

    def __init__(self, house: House, owns: Ticket | None = None) -> None:
        self.house = house
        self.id = house.store.open("430000", Reply("您好"))[0].id
        if owns:
            self._turn("确认", lambda _: EngineReply((Reply("登记好了"),), Outcome.TICKET_FILED, owns.number))

    def says(self, text: str, intent: str = "inform") -> EngineReply:
        """What Rasa would be answered by the actions, after the gateway's own buttons."""
        return self._turn(text, lambda message: self._buttons(message) or self._rasa(message, intent))

    def puts_right(self, text: str, intent: str) -> EngineReply:
        """What the help form makes of a message that would begin a request."""
        return self._turn(text, lambda message: self._run(ValidateHelpForm, message, intent))

    def says_without_rasa(self, text: str) -> EngineReply:
        return self._turn(text, lambda message: self._buttons(message) or self._stand_in(message))

    @property
    def open_form(self):
        return self.house.parts.forms.get(self.id)

    def _turn(self, text, answer):
        message, _ = self.house.store.take_in(self.id, text, None)
        with self.house.turns.attempt(message.id):
            answered = answer(message)
        self.house.store.finish_turn(message, answered)
        return answered

    def _buttons(self, message):
        conversation = next(c for c, _, _ in self.house.store.latest() if c.id == self.id)
        return OwnTicket(self.house.store, self.house.desk).reply(conversation, message)

    def _rasa(self, message, intent):
        form = self.open_form
        validators = {OWN_TICKET_FORM: ValidateOwnTicketForm, HELP_FORM: ValidateHelpForm}
        kind = validators[form.name] if form else ActionOwnTicket
        return self._run(kind, message, intent)

    def _run(self, kind, message, intent):
        heard = {
            "text": message.text,
            "intent": {"name": intent, "confidence": 0.9},
            "metadata": {"conversation_id": self.id, "message_id": message.id, "region": "430000"},
        }
        tracker = Tracker(message.id, {}, heard, [], False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        self.events = asyncio.run(kind(self.house.parts).run(dispatcher, tracker, {}))
        if not dispatcher.messages:
            return EngineReply((Reply("（别的规则来答）"),), Outcome.SMALLTALK)
        return _fold(dispatcher.messages)

    def _stand_in(self, message):
        form = self.open_form
        context = Context(self.id, message.id, "430000", form=form and form.name, asked=form and form.asked)
        return self.house.stand_in.reply(message.text, context)


def told(reply: EngineReply) -> str:
    return "\n".join(one.text for one in reply.replies)


def payloads(reply: EngineReply) -> list[str]:
    return [button.payload for one in reply.replies for button in one.buttons]


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """An empty one on each of the two databases."""
    address = f"sqlite:///{tmp_path / 'hotline.db'}"
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        address = postgres.address(postgres.new_database())
    made = House(address)
    yield made
    made.engine.dispose()


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
