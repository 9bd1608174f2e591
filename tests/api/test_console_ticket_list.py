"""工单列表：筛选写在网址里，先到期的在前，每个阶段几张；批量派单一张一张办、一张一张报。"""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from api.accounts.model import Role
from tests.api.ticket_desk_house import (  # noqa: F401
    LEAD,
    agent_browser,
    filing,
    lead_browser,
    signing_in,
    the_desk,
)
from tickets.model import Area, Category, Person, Status, Urgency

XIANGXI = Area("湖南省", "湘西土家族苗族自治州", "凤凰县", "廖家桥镇", "433123", "菖蒲塘村1组")


def listed(browser, **filters) -> list[str]:
    """The numbers that the list shows, in its order."""
    answer = browser.get("/console/tickets", params={"group": "all", **filters})
    assert answer.status_code == 200
    return re.findall(r'class="number open" href="/console/tickets/([\d-]+)"', answer.text)


def text_of(browser, **filters) -> str:
    return unescape(browser.get("/console/tickets", params=filters).text)


def form_of(browser) -> str:
    return re.findall(r'X-Form-Token": "(\w+)"', browser.get("/console/tickets").text)[0]


def test_the_list_is_masked_and_says_each_deadline_in_words(agent, file):
    """期限用字说清，不只靠颜色；姓名、电话不出现。"""
    ticket = file(summary="请打13700001111找我", applicant=Person("石海", "13700001111"))

    page = text_of(agent, number=ticket.number)

    assert "137****1111" in page
    assert re.search(r"due-(today|soon|calm)\"><b>还剩 \d+ 个?(分钟|小时|工作日)</b>", page)
    assert ticket.applicant.phone not in page and ticket.number in page


def test_a_late_ticket_comes_first_and_says_by_how_much(desk_client, agent, file):
    ticket = file(urgency=Urgency.NORMAL, area=XIANGXI)
    with desk_client.app.state.service.database.begin() as db:
        db.exec_driver_sql(
            "UPDATE tickets SET due_at = '2026-01-05 09:00:00', stage_due_at = '2026-01-05 09:00:00'"
            " WHERE number = ?",
            (ticket.number,),
        )

    assert listed(agent, place="凤凰县")[0] == ticket.number
    assert re.search(r"due-late\"><b>已超时 \d+ 天</b>", text_of(agent, number=ticket.number))
    assert ticket.number in listed(agent, due="late") and ticket.number not in listed(agent, due="today")


@pytest.mark.parametrize(
    "filters",
    [
        {"category": "住房救助"},
        {"urgency": "普通", "place": "凤凰县廖家桥镇"},
        {"place": "433123"},
        {"place": "433100"},
        {"place": "4331"},
        {"place": "凤凰县"},
        {"office": "廖家桥人民"},
        {"mine": "1"},
        {"due": "soon", "office": "廖家桥人民"},
        {"status": "dispatched", "place": "凤凰县"},
        {"group": "at_office", "place": "凤凰县"},
    ],
    ids=str,
)
def test_each_filter_finds_the_ticket_that_fits_and_not_the_other(sign_in, file, desk, filters):
    dispatcher = sign_in(Role.DISPATCHER)
    fits = file(area=XIANGXI, category=Category.HOUSING, urgency=Urgency.NORMAL)
    other = file()
    sent = {"sent": form_of(dispatcher), "version": fits.version, "office": "廖家桥人民政府"}
    dispatcher.post(f"/console/tickets/{fits.number}/move/dispatch", data=sent)

    found = listed(dispatcher, **filters)

    assert fits.number in found and other.number not in found


def test_part_of_a_number_in_any_writing_finds_it(agent, file):
    ticket = file()
    day, sequence, check = ticket.number.split("-")

    for typed in (ticket.number, f"{day}{sequence}{check}", f"{sequence}-{check}", f"{sequence}{check}"):
        assert ticket.number in listed(agent, number=typed)
    assert "工单号里没有数字" in text_of(agent, number="号")


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({"place": "月亮上"}, "没认出这个地点"),
        ({"since": "昨天"}, "没认出这个日期"),
        ({"after": "'; DROP TABLE tickets --"}, "已经过期"),
    ],
)
def test_a_filter_that_is_not_understood_is_said_and_shows_no_wrong_tickets(agent, file, filters, told: str):
    file()

    page = text_of(agent, **filters)

    assert told in page and 'class="number open"' not in page


def test_the_day_of_opening_narrows_the_list(agent, file):
    ticket = file()

    assert ticket.number in listed(agent, since=f"{ticket.opened_at:%Y-%m-%d}"[:8] + "01")
    assert listed(agent, since="2999-01-01") == []


def test_every_group_says_how_many_it_has(agent, file, desk):
    area = Area("湖南省", "张家界市", "桑植县", "洪家关白族乡", "430822", "1组")
    waiting, gone = file(area=area), file(area=area, applicant=Person("李四"))
    desk.move(gone.number, "withdraw", actor=LEAD, reason="不办了")

    tabs = dict(re.findall(r">(\S+) <b>(\d+)</b></a>", text_of(agent, place="桑植县")))

    names = ("未办结", "待派单", "承办中", "待回访、归档", "已结束", "全部")
    assert [tabs[name] for name in names] == ["1", "1", "0", "0", "1", "2"]
    assert waiting.number in listed(agent, place="桑植县", group="open")
    assert gone.number not in listed(agent, place="桑植县", group="open")


@pytest.mark.parametrize("order", ["deadline", "newest"])
def test_pages_follow_each_other_without_a_gap_or_a_repeat(agent, file, monkeypatch, order: str):
    """一页一页翻，一张不漏，一张不重。"""
    monkeypatch.setattr("api.console.tickets.listing.PER_PAGE", 2)
    area = Area("湖南省", "怀化市", "通道侗族自治县", None, "431230", f"{order}村")
    mine = {file(area=area, applicant=Person(f"王{n}")).number for n in range(5)}

    seen, filters = [], {"place": "通道侗族自治县", "order": order, "group": "all"}
    while True:
        page = agent.get("/console/tickets", params=filters).text
        seen += re.findall(r'class="number open" href="/console/tickets/([\d-]+)"', page)
        following = re.findall(r'rel="next" href="([^"]+)"', page)
        if not following:
            break
        filters = {name: value[0] for name, value in parse_qs(urlsplit(unescape(following[0])).query).items()}

    assert len(seen) == len(set(seen)) and mine <= set(seen)
    if order == "newest":
        assert seen == sorted(seen, reverse=True)


def test_htmx_gets_only_the_list_and_the_address_to_remember(agent, file):
    ticket = file()

    answer = agent.get(
        "/console/tickets",
        params={"number": ticket.number, "category": "", "urgency": "", "group": "open"},
        headers={"HX-Request": "true"},
    )

    assert answer.text.lstrip().startswith('<div id="results"') and "<html" not in answer.text
    assert answer.headers["hx-push-url"] == f"/console/tickets?number={ticket.number}"


def test_a_person_is_found_by_exact_phone_or_id_number_which_never_stand_in_an_address(agent, file):
    """按电话、身份证号查：只用表单提交，网址里没有。"""
    ticket = file(applicant=Person("石海", "13900009999", "430524195003120028"))
    sent = {"sent": form_of(agent)}

    for typed in ({"phone": "139 0000 9999"}, {"id_number": "430524195003120028"}):
        page = agent.post("/console/tickets/search", data={**sent, **typed}).text
        assert ticket.number in page and "找到" in page
        addresses = re.findall(r'(?:href|action|hx-get)="([^"]*)"', page)
        assert not any("9999" in each or "430524195" in each for each in addresses)
    nobody = agent.post("/console/tickets/search", data={**sent, "phone": "139000"}).text
    assert "没有符合条件的工单" in nobody
    assert "13900009999" not in text_of(agent, phone="13900009999")
    refused = agent.post("/console/tickets/search", data={"sent": "forged", "phone": "13900009999"})
    assert refused.status_code == 403 and ticket.number not in refused.text.partition("找到")[2]


def test_several_tickets_are_dispatched_singly_and_reported_singly(lead, agent, file, desk):
    """批量派单：办得成的办成，办不成的说清为什么，互不影响。"""
    good, changed, gone = file(), file(), file()
    chosen = [f"{one.number}:{one.version}" for one in (good, changed, gone)]
    desk.correct(changed.number, actor=LEAD, reason="核实", category=Category.MEDICAL)
    desk.move(gone.number, "withdraw", actor=LEAD, reason="不办了")
    data = {
        "sent": form_of(lead),
        "chosen": [*chosen, "nonsense:1"],
        "office": "隆回县民政局",
        "reason": "集中派单",
    }

    page = unescape(lead.post("/console/tickets/dispatch?place=隆回县", data=data).text)

    assert "派成 1 张，没有派成 3 张" in page
    assert desk.find(good.number).status is Status.DISPATCHED
    assert desk.find(good.number).history[-1].reason == "集中派单"
    report = page.partition("派单结果")[2].partition("</section>")[0]
    assert "更正登记" in report and "没有这张工单" in report and "撤销" in report
    assert {desk.find(one.number).status for one in (changed, gone)} == {Status.ACCEPTED, Status.WITHDRAWN}


def test_who_may_not_dispatch_sees_no_boxes_and_moves_nothing(agent, lead, file, desk):
    ticket = file()
    data = {"chosen": f"{ticket.number}:{ticket.version}", "office": "某局", "reason": "想派"}

    page = text_of(agent, number=ticket.number)
    tried = agent.post("/console/tickets/dispatch", data={**data, "sent": form_of(agent)})
    forged = lead.post("/console/tickets/dispatch", data={**data, "sent": "forged"})

    assert 'name="chosen"' not in page
    assert tried.status_code == forged.status_code == 403
    assert desk.find(ticket.number).status is Status.ACCEPTED


@pytest.mark.parametrize("missing", ["chosen", "office", "reason"])
def test_what_is_missing_for_dispatching_is_said_and_nothing_typed_is_lost(lead, file, desk, missing):
    ticket = file()
    value = f"{ticket.number}:{ticket.version}"
    data = {"sent": form_of(lead), "chosen": value, "office": "某某民政局", "reason": "集中派单"}
    del data[missing]

    answer = lead.post(f"/console/tickets/dispatch?number={ticket.number}", data=data)

    assert answer.status_code == 409 and "没有派单" in answer.text
    for name, typed in data.items():
        assert name == "sent" or f'value="{typed}"' in answer.text
    assert ("checked" in answer.text.partition(value)[2][:200]) is (missing != "chosen")
    assert desk.find(ticket.number).status is Status.ACCEPTED


def test_the_posted_pages_can_be_reloaded_by_their_address(agent):
    for path in ("dispatch", "search"):
        answer = agent.get(f"/console/tickets/{path}?place=隆回县")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/console/tickets?place=")


@pytest.mark.parametrize(
    "filters",
    [
        {"number": "%' OR '1'='1"},
        {"office": "%"},
        {"place": "<script>alert(1)</script>"},
        {"group": "<script>alert(1)</script>", "order": "due; DROP TABLE tickets"},
        {"category": "\x00", "urgency": "\u202e", "status": "../../etc"},
    ],
    ids=str,
)
def test_hostile_filters_find_nothing_more_and_stay_words(agent, file, filters):
    """网址里写什么都不会多查出东西，也不会变成代码。"""
    file()

    answer = agent.get("/console/tickets", params=filters)

    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    if "office" in filters:
        assert 'class="number open"' not in answer.text
