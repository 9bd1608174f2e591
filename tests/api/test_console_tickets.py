"""工单台：一张工单上看得到什么、办得了什么；规矩都在工单台的表里，页面不另立规矩。"""

import re
from datetime import timedelta
from html import unescape

import pytest
from fastapi.testclient import TestClient

from api.accounts.model import Role
from api.parts import sealer_from
from tests.api.ticket_desk_house import (  # noqa: F401
    LEAD,
    agent_browser,
    filing,
    lead_browser,
    name_of,
    signing_in,
    the_desk,
)
from tickets import open_reminders
from tickets.model import Actor, Category, Status, Urgency
from tickets.model import Role as DeskRole

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def page_of(browser: TestClient, number: str) -> str:
    answer = browser.get(f"/console/tickets/{number}")
    assert answer.status_code == 200
    return unescape(answer.text)


def post(browser: TestClient, number: str, what: str, **fields):
    """Send one of the forms of the ticket's page as it was shown just now; fields replace what it holds."""
    page = browser.get(f"/console/tickets/{number}").text
    [sent, *_] = re.findall(r'name="sent" value="([^"]+)"', page)
    [version, *_] = re.findall(r'name="version" value="(\d+)"', page)
    return browser.post(
        f"/console/tickets/{number}/{what}", data={"sent": sent, "version": version, **fields}
    )


def test_everything_is_on_the_page_and_the_person_is_masked(agent, file):
    """一页看全：登记内容、期限和依据、办理过程；姓名、电话、门牌都遮盖。"""
    ticket = file()

    page = page_of(agent, ticket.number)

    for shown in ("临时救助", "优先", "已受理", "隆回县", "石*", "登记受理", "依据：热线承诺", "还剩"):
        assert shown in page
    assert ticket.applicant.phone not in page and ticket.area.detail not in page


def test_what_a_citizen_wrote_stays_words(agent, file):
    """群众写的代码，在哪儿都只是字。"""
    ticket = file(description=f"房子漏雨{SCRIPT}", summary=SCRIPT)

    for path in (ticket.number, f"{ticket.number}/print", ""):
        page = agent.get(f"/console/tickets/{path}".rstrip("/")).text
        assert "<script>alert" not in page and "<img src=x" not in page


def test_the_moves_on_the_page_are_those_of_the_table_and_no_others(agent, lead, file, desk):
    """能办的步骤和工单台给这个人的一样，一个不多，一个不少。"""
    ticket = file()
    for browser, role in ((agent, DeskRole.DESK), (lead, DeskRole.SUPERVISOR)):
        offered = re.findall(r"/move/(\w+)\"", page_of(browser, ticket.number))

        assert offered == [move.transition for move in desk.moves(ticket.number, Actor("x", role))]


def test_each_move_asks_for_exactly_what_it_needs(lead, file, desk):
    ticket = file()
    desk.move(ticket.number, "dispatch", actor=LEAD, office="隆回县民政局")
    page = page_of(lead, ticket.number)

    for move in desk.moves(ticket.number, LEAD):
        [form] = re.findall(rf'/move/{move.transition}".*?</form>', page, re.S)
        asked = {name for name in re.findall(r'name="(\w+)"', form) if name not in ("sent", "version")}
        assert asked == set(move.needs)


def test_dispatching_proposes_the_office_that_routing_found(lead, file):
    ticket = file()

    page = page_of(lead, ticket.number)

    assert f"建议派给：{ticket.office}" in page
    assert f'name="office" value="{ticket.office}"' in page


def test_a_move_is_made_under_the_agents_name_and_said(lead, file, desk):
    ticket = file()

    answer = post(lead, ticket.number, "move/dispatch", office="隆回县民政局")

    assert answer.status_code == 303
    assert "已办好：派单" in unescape(lead.get(answer.headers["location"]).text)
    now = desk.find(ticket.number)
    assert (now.status, now.office, now.history[-1].actor) == (
        Status.DISPATCHED,
        "隆回县民政局",
        name_of(lead),
    )


def test_a_move_that_is_not_open_is_refused_with_what_is(agent, file, desk):
    """坐席不能派单：说清现在能办什么，填的还在。"""
    ticket = file()

    answer = post(agent, ticket.number, "move/dispatch", office="某局")

    assert answer.status_code == 409
    assert "您现在能办的：直接答复；撤销" in unescape(answer.text)
    assert desk.find(ticket.number).status is Status.ACCEPTED


def test_what_somebody_else_changed_meanwhile_is_told_and_nothing_typed_is_lost(lead, agent, file, desk):
    """别人先改了：说清是谁改了什么；填的字一个不丢，再点一次就能办。"""
    ticket = file()
    page = lead.get(f"/console/tickets/{ticket.number}").text
    sent = re.findall(r'name="sent" value="([^"]+)"', page)[0]
    post(agent, ticket.number, "correct", category="医疗救助", reason="电话核实")

    stale = {"sent": sent, "version": str(ticket.version), "reason": "申请人来电说不办了"}
    answer = lead.post(f"/console/tickets/{ticket.number}/move/withdraw", data=stale)

    told = unescape(answer.text)
    assert answer.status_code == 409
    assert name_of(agent) in told and "更正登记" in told and "类别：临时救助 → 医疗救助" in told
    assert ">申请人来电说不办了</textarea>" in told
    assert desk.find(ticket.number).status is Status.ACCEPTED
    again = re.findall(r'name="version" value="(\d+)"', told)[0]
    stale["version"] = again
    assert lead.post(f"/console/tickets/{ticket.number}/move/withdraw", data=stale).status_code == 303


@pytest.mark.parametrize("what", ["split", "link", "unlink", "correct"])
def test_nothing_is_done_unseen_with_a_ticket_that_has_changed(agent, file, desk, what: str):
    ticket = file()
    desk.supplement(ticket.number, "老人昨晚发烧了")
    fields = {"position": "2", "related": file().number, "reason": "没看到新的话", "category": "医疗救助"}

    answer = post(agent, ticket.number, what, **fields, version=str(ticket.version))

    assert answer.status_code == 409 and "补充诉求" in answer.text
    assert desk.find(ticket.number).version == ticket.version + 1


def test_a_reminder_that_came_meanwhile_stands_in_nobodys_way(desk_client, agent, file, desk):
    """系统自己的到期提醒不算别人改过：照样办得成。"""
    service = desk_client.app.state.service
    ticket = file(urgency=Urgency.URGENT)
    page = agent.get(f"/console/tickets/{ticket.number}").text
    data = {"sent": re.findall(r'name="sent" value="([^"]+)"', page)[0], "version": str(ticket.version)}
    later = ticket.opened_at + timedelta(minutes=9)
    open_reminders(service.database, sealer_from(service.settings), lambda: later).run_once()
    assert desk.find(ticket.number).history[-1].action == "remind"

    answer = agent.post(f"/console/tickets/{ticket.number}/move/withdraw", data={**data, "reason": "不办了"})

    assert answer.status_code == 303


def test_an_open_page_learns_what_others_did(agent, lead, file):
    ticket = file()
    unchanged = agent.get(f"/console/tickets/{ticket.number}/changes?seen={ticket.version}")
    post(lead, ticket.number, "move/dispatch", office="隆回县民政局")

    changed = agent.get(f"/console/tickets/{ticket.number}/changes?seen={ticket.version}")

    assert unchanged.status_code == 204
    assert name_of(lead) in changed.text and "派单" in changed.text


def test_the_whole_text_is_shown_for_a_reason_and_who_saw_it_is_on_the_page(agent, lead, file):
    """看全文要写原因；谁、何时、为什么，人人看得到。"""
    ticket = file()
    assert post(agent, ticket.number, "reveal", reason=" ").status_code == 409

    answer = post(agent, ticket.number, "reveal", reason="要回电话")

    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    assert ticket.applicant.phone in answer.text and ticket.area.detail in answer.text
    seen = page_of(lead, ticket.number)
    assert ticket.applicant.phone not in seen
    assert f"{name_of(agent)} · " in seen and "要回电话" in seen


def test_an_auditor_reads_and_changes_nothing(sign_in, file, desk):
    auditor = sign_in(Role.AUDITOR)
    ticket = file()
    page = page_of(auditor, ticket.number)

    assert "您的账号只能查看" in page and "/move/" not in page and "/reveal" not in page
    sent = {"sent": re.findall(r'X-Form-Token": "(\w+)"', page)[0], "version": str(ticket.version)}
    for what in ("reveal", "correct", "supplements", "split", "link", "unlink", "move/withdraw"):
        answer = auditor.post(f"/console/tickets/{ticket.number}/{what}", data={**sent, "reason": "想看看"})
        assert answer.status_code == 403 and ticket.applicant.phone not in answer.text
    assert desk.find(ticket.number) == ticket


def test_an_editor_sees_no_ticket(sign_in, file):
    editor = sign_in(Role.EDITOR)
    ticket = file()

    for path in ("", f"/{ticket.number}", f"/{ticket.number}/print", f"/{ticket.number}/changes?seen=0"):
        answer = editor.get(f"/console/tickets{path}")
        assert answer.status_code == 403 and ticket.number not in answer.text


@pytest.mark.parametrize("sent", ["", "forged"])
def test_a_form_of_another_site_changes_nothing_and_loses_nothing(lead, file, desk, sent: str):
    ticket = file()

    for what in ("reveal", "correct", "supplements", "split", "link", "unlink", "move/withdraw"):
        data = {"sent": sent, "version": str(ticket.version), "reason": "别的网站", "added": "别的网站"}
        answer = lead.post(f"/console/tickets/{ticket.number}/{what}", data=data)
        assert answer.status_code == 403 and "已经过期" in answer.text
    assert desk.find(ticket.number) == ticket


def test_category_urgency_and_place_are_put_right_with_a_reason(agent, file, desk):
    ticket = file()

    answer = post(
        agent,
        ticket.number,
        "correct",
        category="医疗救助",
        urgency="紧急",
        place="长沙市岳麓区",
        reason="核实",
    )

    assert answer.status_code == 303
    now = desk.find(ticket.number)
    assert (now.category, now.urgency, now.area.county) == (Category.MEDICAL, Urgency.URGENT, "岳麓区")
    assert now.area.detail == ticket.area.detail


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"reason": " ", "category": "医疗救助"}, "请写明原因"),
        ({"reason": "核实"}, "和原来登记的一样"),
        ({"reason": "核实", "place": "月亮上"}, "没认出这个地点"),
        ({"reason": "核实", "place": "999999"}, "没认出这个地点"),
        ({"reason": "长" * 501, "category": "医疗救助"}, "写得太长"),
    ],
)
def test_a_correction_that_cannot_be_is_explained(agent, file, fields, told: str):
    ticket = file()

    answer = post(agent, ticket.number, "correct", **fields)

    assert answer.status_code == 409 and told in answer.text
    assert fields["reason"].strip() in answer.text and fields.get("place", "") in answer.text


def test_added_words_stand_in_the_history_once_however_often_the_page_is_sent(agent, file, desk):
    ticket = file()
    page = agent.get(f"/console/tickets/{ticket.number}").text
    data = dict(re.findall(r'name="(sent|client_id)" value="([^"]+)"', page)) | {"added": "老人昨晚发烧了"}
    for _ in range(2):
        answer = agent.post(f"/console/tickets/{ticket.number}/supplements", data=data)
        assert answer.status_code == 303

    said = [event.reason for event in desk.find(ticket.number).history if event.action == "supplement"]
    assert said == ["老人昨晚发烧了"]


def test_added_words_get_a_ticket_of_their_own(agent, file, desk):
    ticket = file()
    desk.supplement(ticket.number, "孩子上学也要帮助")
    page = page_of(agent, ticket.number)
    [position] = re.findall(r'name="position" value="(\d+)"', page)

    answer = post(agent, ticket.number, "split", position=position, reason="另一件事")

    new = desk.find(re.findall(r"\d{8}-\d{4}-\d", answer.headers["location"])[0])
    assert new.description == "孩子上学也要帮助" and ticket.number in new.related
    assert 'name="position"' not in page_of(agent, ticket.number)


def test_tickets_are_linked_and_unlinked_with_a_reason(agent, file, desk):
    ticket, other = file(), file()

    post(agent, ticket.number, "link", related=other.number, reason="同一户")
    linked = page_of(agent, ticket.number)
    post(agent, ticket.number, "unlink", related=other.number, reason="看错了")

    assert f"/console/tickets/{other.number}" in linked and "同一户" in linked
    assert desk.find(ticket.number).related == ()
    assert "看错了" in page_of(agent, ticket.number)


@pytest.mark.parametrize(
    ("what", "into", "told"),
    [
        ("link", "20200101-0001-1", "没有这张工单"),
        ("link", "itself", "不能关联它自己"),
        ("move/merge", "itself", "不能并入它自己"),
        ("move/merge", "closed", "那张工单已经结束"),
        ("move/merge", "不是工单号", "没有这张工单"),
    ],
)
def test_a_wrong_other_ticket_is_explained(lead, file, desk, what: str, into: str, told: str):
    ticket, closed = file(), file()
    desk.move(closed.number, "withdraw", actor=LEAD, reason="不办了")
    number = {"itself": ticket.number, "closed": closed.number}.get(into, into)

    answer = post(lead, ticket.number, what, related=number, into=number, reason="同一件事")

    assert answer.status_code == 409 and told in answer.text and "同一件事" in answer.text


def test_merging_shows_where_it_went_and_how_to_undo_it(lead, file, desk):
    ticket, kept = file(), file()

    post(lead, ticket.number, "move/merge", into=kept.number, reason="同一件事")

    page = page_of(lead, ticket.number)
    assert desk.find(ticket.number).merged_into == kept.number
    assert "已并入" in page and "撤回并单" in page and "/unlink" not in page


def test_other_tickets_with_the_same_phone_are_shown_but_never_an_anonymous_one(agent, file):
    """同一个电话的其他工单放在手边；匿名的不因此暴露。"""
    ticket = file()
    person = ticket.applicant
    same = file(applicant=person, category=Category.EDUCATION)
    hidden = file(applicant=person, anonymous=True, category=Category.HOUSING)

    page, of_the_hidden = page_of(agent, ticket.number), page_of(agent, hidden.number)

    others = page.partition("同一个电话的其他工单")[2] + page.partition("相关工单")[2]
    assert same.number in others
    assert hidden.number not in page.partition("同一个电话的其他工单")[2].partition("</section>")[0]
    assert "同一个电话的其他工单" not in of_the_hidden


def test_the_conversation_stands_beside_the_ticket_masked(desk_client, agent, file):
    opened = desk_client.post("/v1/conversations", json={}).json()
    headers = {"Authorization": f"Bearer {opened['token']}"}
    path = f"/v1/conversations/{opened['conversation_id']}"
    desk_client.post(f"{path}/messages", json={"text": f"我电话13812345678{SCRIPT}"}, headers=headers)
    ticket = file(conversation_id=opened["conversation_id"])

    page = agent.get(f"/console/tickets/{ticket.number}").text

    assert "138****5678" in page and "13812345678" not in page and "<script>alert" not in page
    assert f"/console/conversations/{opened['conversation_id']}" in page


def test_what_went_to_case_systems_is_told(desk_client, agent, file):
    service = desk_client.app.state.service
    service.deliveries.register("gongdan-xitong", "now")
    ticket = file()
    service.deliveries.hand_out("gongdan-xitong")

    page = page_of(agent, ticket.number)

    assert "gongdan-xitong" in page and "第 1 步 登记受理" in page and "等待发送" in page


def test_on_paper_it_is_masked_unless_it_was_asked_for_with_a_reason(agent, file):
    ticket = file()

    masked = agent.get(f"/console/tickets/{ticket.number}/print")
    full = post(agent, ticket.number, "reveal", reason="上门带去", on_paper="true")

    assert masked.status_code == full.status_code == 200
    assert "工单处理单" in masked.text and ticket.applicant.phone not in masked.text
    assert "工单处理单" in full.text and ticket.applicant.phone in full.text


def test_a_number_is_found_however_it_is_written_and_a_wrong_one_is_said_kindly(agent, file):
    ticket = file()

    assert agent.get(f"/console/tickets/{ticket.number.replace('-', '')}").status_code == 200
    for wrong in ("20200101-0001-1", "nothing", "%00", "..%2f..%2fetc"):
        answer = agent.get(f"/console/tickets/{wrong}")
        assert answer.status_code == 404 and "Traceback" not in answer.text


def test_a_closed_ticket_offers_only_what_is_left(lead, file, desk):
    ticket = file()
    desk.move(ticket.number, "withdraw", actor=LEAD, reason="不办了")

    page = page_of(lead, ticket.number)

    assert re.findall(r"/move/(\w+)\"", page) == ["reopen"]
    assert "/correct" not in page and "/supplements" not in page
    answer = post(lead, ticket.number, "supplements", added="还有一句", client_id="p_1")
    assert answer.status_code == 409 and "不能再改" in answer.text and "还有一句" in answer.text
