"""Open311 GeoReport v2：按国际通用的接口登记和查询，个人信息一律遮住，一份请求只登记一次。"""

import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from api.accounts.model import Caller, Role, Scope
from api.open311.filing import ServiceRequestIn, origins_of
from api.open311.reading import SPAN, window
from tickets.errors import BadRequest
from tickets.model import Actor, Category
from tickets.model import Role as DeskRole

V2 = "/open311/v2"
LEAD = Actor("lead", DeskRole.SUPERVISOR)


@pytest.fixture(scope="module")
def client(desk_client):
    return desk_client


@pytest.fixture(scope="module")
def agent(key_of):
    return key_of(Role.AGENT)


@pytest.fixture
def desk(client):
    return client.app.state.service.desk


@pytest.fixture
def form():
    """The fields of the specification's own example, as somebody new fills them in."""
    return {
        "jurisdiction_id": "example.gov.cn",
        "service_code": "temporary",
        "address_string": f"隆回县司门前镇石桥村{secrets.randbelow(10**6)}号",
        "first_name": "秀英",
        "last_name": "李",
        "phone": f"138{secrets.randbelow(10**8):08d}",
        "description": "房子被火烧了，没有地方住",
    }


@pytest.fixture
def file(client, agent, form):
    """Files the form with single fields replaced; gives the number."""

    def post(**changes):
        sent = client.post(f"{V2}/requests.json", headers=agent, data=form | changes)
        assert sent.status_code == 201, sent.text
        return sent.json()[0]["service_request_id"]

    return post


@pytest.fixture
def listed(client, agent):
    """Gives the numbers that a query finds."""

    def get(**query):
        found = client.get(f"{V2}/requests.json", headers=agent, params=query)
        assert found.status_code == 200, found.text
        return [request["service_request_id"] for request in found.json()]

    return get


def xml(response):
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    return etree.fromstring(response.content)


def now():
    return datetime.now(UTC).isoformat()


def test_a_form_becomes_a_ticket_like_any_other(client, agent, desk, form):
    """和电话登记走同一条路：类别、地点、承办单位、时限都有。"""
    form |= {"api_key": agent["X-API-Key"], "attribute[beneficiary]": "李大娘", "attribute[relation]": "母女"}

    answer = client.post(f"{V2}/requests.xml", data=form)
    found = xml(answer)
    ticket = desk.find(found.findtext("request/service_request_id"))

    assert (answer.status_code, found.tag) == (201, "service_requests")
    assert ticket.number in found.findtext("request/service_notice")
    assert (ticket.category, ticket.channel) == (Category.TEMPORARY, "open311")
    assert (ticket.applicant.name, ticket.applicant.phone) == ("李秀英", form["phone"])
    assert (ticket.area.adcode, ticket.area.township) == ("430524", "司门前镇")
    assert (ticket.beneficiary, ticket.relation) == ("李大娘", "母女")
    assert ticket.office and ticket.due_at > ticket.opened_at


def test_danger_in_the_words_makes_it_urgent_and_says_whom_to_call(client, agent, desk, form):
    form["description"] = "家里断粮，老人两天没吃饭"

    answer = client.post(f"{V2}/requests.json", headers=agent, data=form).json()[0]

    assert desk.find(answer["service_request_id"]).urgency.value == "紧急"
    assert "120" in answer["service_notice"]


def test_coordinates_alone_are_kept_for_whoever_goes_there(client, agent, desk, form):
    del form["address_string"]

    answer = client.post(
        f"{V2}/requests.json", headers=agent, data=form | {"lat": "27.11", "long": "111.03"}
    ).json()[0]
    ticket = desk.find(answer["service_request_id"])
    shown = client.get(f"{V2}/requests/{ticket.number}.json", headers=agent).json()[0]

    assert (ticket.area.adcode, ticket.area.detail) == (None, "27.110000,111.030000")
    assert "地点没有对上" in answer["service_notice"]
    assert shown["lat"] is None and "27.11" not in str(shown)


def test_the_code_of_a_place_is_its_address_id(desk, file):
    number = file(address_string="", address_id="430524")

    assert str(desk.find(number).area) == "湖南省邵阳市隆回县"


def test_what_is_not_taken_is_said(client, agent, form):
    form |= {"email": "li@example.cn", "media_url": "http://example.cn/1.jpg", "attribute[colour]": "red"}

    notice = client.post(f"{V2}/requests.json", headers=agent, data=form).json()[0]["service_notice"]

    assert "email、media_url、attribute[colour]" in notice


def test_a_form_with_a_photo_attached_is_taken_without_it(client, agent, form):
    """有的应用把照片和表单一起发（multipart）：话要收下，照片说明没收。"""
    sent = client.post(
        f"{V2}/requests.json", headers=agent, data=form, files={"media": ("1.jpg", b"\xff\xd8", "image/jpeg")}
    )

    assert sent.status_code == 201
    assert "media" in sent.json()[0]["service_notice"]


@pytest.mark.parametrize(
    ("changes", "status", "about"),
    [
        ({"description": ""}, 400, "description"),
        ({"description": "长" * 4001}, 400, "description"),
        ({"address_string": " "}, 400, "address_string"),
        ({"address_string": "", "lat": "27"}, 400, "lat and long"),
        ({"lat": "91", "long": "1"}, 400, "lat"),
        ({"address_string": "", "address_id": "999999"}, 400, "999999"),
        ({"attribute[anonymous]": "maybe"}, 400, "anonymous"),
        ({"service_code": ""}, 400, "service_code"),
        ({"service_code": "potholes"}, 404, "potholes"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_the_shape_of_the_specification(
    client, agent, form, changes, status, about
):
    form = {name: value for name, value in (form | changes).items() if value is not None}

    told = client.post(f"{V2}/requests.json", headers=agent, data=form)
    written = client.post(f"{V2}/requests.xml", headers=agent, data=form)

    assert told.status_code == written.status_code == status
    assert told.json()[0]["code"] == status and about in told.json()[0]["description"]
    assert xml(written).tag == "errors"
    assert xml(written).findtext("error/code") == str(status)
    assert about in xml(written).findtext("error/description")
    assert form["phone"] not in told.text


def test_only_a_key_that_may_gets_in(client, key_of, form):
    """查询要 tickets:read，登记要 tickets:file；没有密钥或密钥不对是 403。"""
    reader, filer = key_of(Role.AGENT, Scope.TICKETS_READ), key_of(Role.AGENT, Scope.TICKETS_FILE)

    def statuses(headers):
        filed = client.post(f"{V2}/requests.json", headers=headers, data=form)
        read = client.get(f"{V2}/requests.json", headers=headers)
        one = client.get(f"{V2}/requests/20260101-0001-1.json", headers=headers)
        return filed.status_code, read.status_code, one.status_code

    assert statuses({}) == statuses({"X-API-Key": "wrong"}) == (403, 403, 403)
    assert statuses(reader) == (403, 200, 404)
    assert statuses(filer) == (201, 403, 403)
    assert client.get(f"{V2}/requests.xml", params={"api_key": reader["X-API-Key"]}).status_code == 200
    assert client.get(f"{V2}/requests.xml", headers={"Authorization": "Bearer x"}).status_code == 403


def test_a_console_session_is_no_key(client, form):
    """浏览器会自动带上登录状态，别的网站能借它提交表单，所以这里不认。"""
    accounts = client.app.state.service.accounts
    accounts.add_user("open311-agent", Role.AGENT, "correct horse battery")
    session = accounts.sign_in("open311-agent", "correct horse battery")

    refused = client.post(f"{V2}/requests.json", data=form, headers={"Cookie": f"hotline_session={session}"})

    assert refused.status_code == 403


def test_a_form_sent_again_is_filed_once(client, agent, desk, form):
    """应用没收到回音会再发一遍；说得清是谁的，只登记一次，内容也不重复补充。"""
    answers = [client.post(f"{V2}/requests.json", headers=agent, data=form).json()[0] for _ in range(3)]

    numbers = {answer["service_request_id"] for answer in answers}
    assert len(numbers) == 1
    assert "没有重复登记" in answers[1]["service_notice"]
    assert len(desk.find(numbers.pop()).history) == 1


def test_the_same_words_of_nobody_in_particular_may_be_two_peoples(file):
    """没有姓名电话的两份一样的表单，可能是两个人：宁可多一张工单，不可少一个人。"""
    unnamed = {"first_name": "", "last_name": "", "phone": "", "description": "想申请低保"}

    assert file(**unnamed) != file(**unnamed)


def test_an_idempotency_key_files_once_whoever_asks(client, agent, form):
    key = agent | {"Idempotency-Key": secrets.token_hex(8)}
    form["phone"] = ""
    first, again = (
        client.post(f"{V2}/requests.json", headers=key, data=form).json()[0]["service_request_id"]
        for _ in range(2)
    )

    other = client.post(f"{V2}/requests.json", headers=key, data=form | {"description": "另一件事"})

    assert first == again
    assert other.status_code == 400 and "Idempotency-Key" in other.json()[0]["description"]


def test_a_form_counts_as_sent_again_for_one_to_two_hours(form):
    sent, caller = ServiceRequestIn(**form), Caller("app", Role.AGENT)

    def at(hours):
        return origins_of(
            sent, caller, "secret", None, datetime(2026, 3, 12, tzinfo=UTC) + timedelta(hours=hours)
        )

    assert at(0).now == at(0.9).now == at(1.9).earlier
    assert at(0).now not in (at(2).now, at(2).earlier)
    assert at(0) != origins_of(sent, caller, "another", None, datetime(2026, 3, 12, tzinfo=UTC))
    assert form["phone"] not in str(at(0))


def test_words_of_the_same_person_about_the_same_matter_are_added(client, agent, desk, form, file):
    first = file()

    again = client.post(
        f"{V2}/requests.json", headers=agent, data=form | {"description": "房子烧了，怎么还没有人来"}
    ).json()[0]

    assert again["service_request_id"] == first
    assert "补充" in again["service_notice"]
    assert desk.find(first).history[-1].action == "supplement"


def test_a_request_reads_as_in_the_specification_and_masked(client, agent, form, file):
    number = file(description=f"我叫李秀英，电话{form['phone']}，房子被火烧了")

    found = xml(client.get(f"{V2}/requests/{number}.xml", headers=agent))
    request = found[0]

    assert (found.tag, request.tag) == ("service_requests", "request")
    assert [field.tag for field in request] == [
        *("service_request_id", "status", "status_notes", "service_name", "service_code", "description"),
        *("agency_responsible", "service_notice", "requested_datetime", "updated_datetime"),
        *("expected_datetime", "address", "address_id", "zipcode", "lat", "long", "media_url"),
    ]
    assert (request.findtext("status"), request.findtext("status_notes")) == ("open", "受理")
    assert request.findtext("address") == "湖南省邵阳市隆回县司门前镇"
    text = etree.tostring(found, encoding="unicode")
    assert form["phone"] not in text and "李秀英" not in text and "石桥村" not in text
    for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", request.findtext(name))


def test_an_anonymous_request_says_nothing_of_the_person(client, agent, form, file):
    number = file(**{"attribute[anonymous]": "true", "description": f"邻居{form['phone']}家没有米了"})

    shown = client.get(f"{V2}/requests/{number}.json?extensions=true", headers=agent).text

    assert form["phone"] not in shown and form["phone"][-4:] not in shown


def test_a_closed_request_says_when_and_why(client, agent, desk, file, listed):
    since, number = now(), file()
    desk.move(number, "withdraw", actor=LEAD, reason="本人撤回")

    shown = client.get(f"{V2}/requests/{number}.json", headers=agent).json()[0]

    assert (shown["status"], shown["status_notes"]) == ("closed", "撤销：本人撤回")
    assert datetime.fromisoformat(shown["updated_datetime"]) == desk.find(number).closed_at.replace(
        microsecond=0
    )
    assert number in listed(start_date=since, status="closed")
    assert number in listed(start_date=since, status="open,closed")
    assert number not in listed(start_date=since, status="open")


def test_more_than_open_and_closed_is_told_to_whoever_asks_for_extensions(client, agent, desk, file):
    number = file()
    desk.move(number, "dispatch", actor=LEAD, office="隆回县民政局")

    plain = client.get(f"{V2}/requests/{number}.json", headers=agent).json()[0]
    more = client.get(f"{V2}/requests/{number}.json?extensions=true", headers=agent).json()[0]
    written = xml(client.get(f"{V2}/requests/{number}.xml?extensions=true", headers=agent))

    assert "extended_attributes" not in plain and "notes" not in plain
    assert more["extended_attributes"]["status"] == "dispatched"
    assert [note["type"] for note in more["notes"]] == ["file", "dispatch"]
    assert written.findtext("request/extended_attributes/status") == "dispatched"
    assert written.xpath("request/notes/note/type/text()") == ["file", "dispatch"]


def test_requests_are_found_by_service_status_and_time(file, listed):
    before = now()
    housing, medical = file(service_code="housing"), file(service_code="medical", description="没钱看病")
    after = now()

    assert listed(start_date=before) == [medical, housing]
    assert listed(start_date=before, service_code="housing") == [housing]
    assert listed(start_date=before, service_code="housing,medical") == [medical, housing]
    assert listed(start_date=before, service_code="", status="", page="") == [medical, housing]
    assert listed(start_date=after) == []
    assert housing not in listed(end_date=before)
    assert {housing, medical} <= set(listed())


def test_numbers_that_are_named_override_everything_else(file, listed):
    one, other = file(), file(phone="13800001111", description="别的事")

    assert listed(service_request_id=f"{other}, {one},20200101-0001-1", status="closed") == [other, one]


def test_pages_are_cut_from_the_newest(file, listed):
    since = now()
    numbers = [file(phone=f"1390000{n:04d}", description=f"第{n}家的事") for n in range(5)][::-1]

    pages = [listed(start_date=since, page=page, page_size=2) for page in (1, 2, 3, 4)]

    assert pages == [numbers[:2], numbers[2:4], numbers[4:], []]


def test_an_office_finds_only_what_it_was_given(client, key_of, desk, file):
    """承办单位的密钥只看得到派给自己的工单；别人的，和没有一样。"""
    office = key_of(Role.AGENT, office="武冈市民政局")
    given, other = file(), file(phone="13800002222", description="别的事")
    desk.move(given, "dispatch", actor=LEAD, office="武冈市民政局")

    found = client.get(f"{V2}/requests.json", headers=office).json()

    assert [request["service_request_id"] for request in found] == [given]
    assert client.get(f"{V2}/requests/{other}.json", headers=office).status_code == 404
    assert client.get(f"{V2}/tokens/{other}.json", headers=office).status_code == 404


def test_the_token_of_a_request_is_its_number(client, agent, file):
    number = file()

    found = xml(client.get(f"{V2}/tokens/{number}.xml", headers=agent))

    assert found.findtext("request/service_request_id") == found.findtext("request/token") == number


def test_a_query_spans_90_days_at_most(client, agent):
    """没说时间的查最近 90 天；只说一头的，从那一头算 90 天。"""
    today = datetime(2026, 3, 12, tzinfo=UTC)
    long_ago = today - timedelta(days=365)

    assert window(None, None, today) == (today - SPAN, today)
    assert window(long_ago, None, today) == (long_ago, long_ago + SPAN)
    assert window(None, long_ago, today) == (long_ago - SPAN, long_ago)
    assert window(today - SPAN, today, today) == (today - SPAN, today)
    for start, end in ((long_ago, today), (today, long_ago)):
        with pytest.raises(BadRequest, match="90 days"):
            window(start, end, today)
    refused = client.get(
        f"{V2}/requests.xml", headers=agent, params={"start_date": "2020-01-01", "end_date": "2026-01-01"}
    )
    assert refused.status_code == 400 and "90 days" in xml(refused).findtext("error/description")


@pytest.mark.parametrize(
    "query", ["start_date=yesterday", "start_date=2026", "page=0", "page_size=1001", "status=done"]
)
def test_a_query_that_cannot_be_understood_is_refused(client, agent, query):
    refused = client.get(f"{V2}/requests.json?{query}", headers=agent)

    assert refused.status_code == 400
    assert query.partition("=")[0] in refused.json()[0]["description"]


@pytest.mark.parametrize(
    "path", ["services.html", "nothing.json", "requests/abc.json", "services/none.json", ""]
)
def test_what_does_not_exist_is_404(client, agent, path):
    refused = client.get(f"{V2}/{path}", headers=agent)

    assert refused.status_code == 404 and refused.json()[0]["code"] == 404


def test_characters_that_xml_cannot_hold_do_not_break_it(client, agent, file):
    number = file(description="房子烧了\x0b\x00 <b>&没地方住")

    found = xml(client.get(f"{V2}/requests/{number}.xml", headers=agent))

    assert found.findtext("request/description") == "房子烧了 <b>&没地方住"
