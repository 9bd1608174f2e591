"""从第一句话到补上的答案：群众、坐席、班长、两位知识编辑，各用各的浏览器，办完一整件事。"""

import re
import secrets
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Citizen, LiveHotline
from tests.e2e.visitor import PASSWORD, PHONE, Visitor, sign_in

WIDE = {"width": 1440, "height": 900}
MATTER = (
    "我叫陈桂英，是浏阳市大瑶镇的，上个月屋里起火烧光了，现在借住在邻居家，电话13907318846，想申请临时救助"
)
UNANSWERED = "敬老院有没有空调"
ANSWER = "各家敬老院的房间和设备不一样，有没有空调，请打那家敬老院的电话，或者问乡镇民政办。"


@pytest.fixture
def enter(visit: Callable[..., Visitor], hotline: LiveHotline) -> Callable[[str], Page]:
    """Sign somebody new in with a role, in a browser of their own."""

    def come(role: str) -> Page:
        name = f"{role}-{secrets.token_hex(3)}"
        hotline.command("users", "add", name, "--role", role, "--password", PASSWORD)
        visitor = visit(viewport=WIDE)
        sign_in(visitor.page, visitor.base_url, name)
        return visitor.page

    return come


@pytest.fixture
def chat(visit: Callable[..., Visitor]) -> Iterator[Visitor]:
    visitor = visit(viewport=PHONE, has_touch=True, is_mobile=True).open()
    yield visitor
    key = visitor.key()
    httpx.delete(
        f"{visitor.base_url}/v1/conversations/{key['id']}",
        headers={"Authorization": f"Bearer {key['token']}"},
    )


def card(page: Page, name: str) -> int:
    """The figure on one card of the supervisor's page."""
    shown = page.locator(".card", has=page.locator("dt", has_text=re.compile(f"^{name}$"))).locator("b")
    return int(shown.inner_text())


def test_a_talk_becomes_a_ticket_and_what_was_missing_becomes_an_answer(
    enter: Callable[[str], Page], chat: Visitor, visit: Callable[..., Visitor], hotline: LiveHotline
):
    agent, lead = enter("dispatcher"), enter("supervisor")
    lead.goto(f"{chat.base_url}/console/figures")
    tickets_before = card(lead, "登记工单")

    # 群众问了一句没有依据的话，再说自己的事，要找真人
    chat.ask(UNANSWERED)
    chat.ask(MATTER)
    talk = chat.key()["id"]
    chat.page.get_by_role("button", name="转人工").click()

    # 坐席马上看见，接手，用建议答复，改一改发出去
    expect(agent.locator(f"#held-{talk}")).to_be_visible()
    agent.goto(f"{chat.base_url}/console/conversations/{talk}")
    agent.get_by_role("button", name="接手").click()
    expect(agent.get_by_label("回复群众")).to_be_focused()
    agent.locator("#suggestions button.insert").first.click()
    suggested = agent.get_by_label("回复群众").input_value()
    assert len(suggested) > 5
    agent.get_by_label("回复群众").fill(suggested + "\n陈大姐您别急，我现在就给您登记。")
    agent.keyboard.press("Control+Enter")
    expect(chat.bubbles.filter(has_text="陈大姐您别急")).to_be_visible()

    # 工单按说过的话填好了，登记，派单；群众看到工单号
    agent.locator("#file-ticket").click()
    expect(agent.locator("#f-phone")).to_have_value("13907318846")
    expect(agent.locator("#f-name")).to_have_value("陈桂英")
    expect(agent.locator("#f-place")).to_have_value(re.compile("浏阳"))
    agent.locator("#file").click()
    number = "".join(agent.locator("#filed-number").inner_text().split())
    expect(chat.bubbles.filter(has_text=number)).to_be_visible()
    agent.goto(f"{chat.base_url}/console/tickets/{number}")
    agent.locator("#move-dispatch > summary").click()
    agent.locator("#move-dispatch input[name=office]").fill("大瑶镇社会事务办")
    agent.locator("#move-dispatch").get_by_role("button", name="派单").click()
    expect(agent.get_by_text("已办好：派单")).to_be_visible()

    # 班长的数字动了
    lead.reload()
    assert card(lead, "登记工单") == tickets_before + 1
    expect(lead.locator("#sheet-suggestions")).to_be_visible()

    # 没答上来的那一句，一位编辑写成条目，另一位审核，发布以后就答得上
    author, second = enter("editor"), enter("editor")
    author.goto(f"{chat.base_url}/console/knowledge/unanswered?days=7")
    author.get_by_role("button", name=re.compile(f"写成知识条目.*{UNANSWERED}")).click()
    author.get_by_label("标题", exact=True).fill("敬老院的房间里有什么")
    author.get_by_label("问法").fill(
        f"{UNANSWERED}\n敬老院夏天热不热，装了空调没\n五保老人住的房间有电扇空调吗"
    )
    author.get_by_label("类别").select_option("特困供养")
    author.get_by_label("答复").fill(ANSWER)
    author.get_by_label("查条文").fill("特困人员供养服务机构")
    author.get_by_role("button", name=re.compile("^引用")).first.click()
    expect(author.locator(".check-in_force")).to_have_count(1)
    author.get_by_role("button", name="保存并提交审核").click()
    expect(author.locator("h1")).to_contain_text("待审核")
    second.goto(author.url)
    second.get_by_role("button", name="审核通过").click()
    expect(second.locator("h1")).to_contain_text("已审核")
    second.get_by_role("button", name="发布", exact=True).click()
    expect(second.locator("#job")).to_contain_text("已发布。索引", timeout=90_000)

    later = visit(viewport=PHONE).open()
    later.ask(UNANSWERED)
    expect(later.bubbles.last).to_contain_text("请打那家敬老院的电话")
    hotline.command("knowledge", "rollback")


def test_of_two_who_grab_one_conversation_in_the_same_instant_one_has_it(
    enter: Callable[[str], Page], citizen: Citizen
):
    """两个坐席同时点“接手”：一个接到，另一个看到是谁接了。"""
    citizen.http.post(f"/v1/conversations/{citizen.id}/handover", headers=citizen.headers)
    pages = [enter("agent"), enter("agent")]
    for page in pages:
        page.goto(f"{citizen.http.base_url}/console/conversations/{citizen.id}")
        expect(page.get_by_role("button", name="接手")).to_be_visible()

    for page in pages:
        page.evaluate("setTimeout(() => document.querySelector('form.take-over button').click(), 50)")

    for page in pages:
        expect(page.locator("#talk-title .badge").first).to_contain_text("处理")
    writing = [page.get_by_label("回复群众").count() for page in pages]
    assert sorted(writing) == [0, 1]
    told = pages[writing.index(0)].locator("#talk-title")
    expect(told).to_contain_text(re.compile(r"由 agent-\w+ 处理"))
