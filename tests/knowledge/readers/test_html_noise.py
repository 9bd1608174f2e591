"""What a page puts around a text stays out, what only looks like it stays in; an empty page is refused."""

from __future__ import annotations

import pytest

from knowledge.readers import html
from tests.knowledge.readers.pages import (
    ARTICLES,
    FOOTER,
    NAVIGATION,
    NOISE,
    STYLE,
    WITH_TITLE,
    lines_of,
    page,
    refusal,
)


@pytest.mark.parametrize("kind", NOISE)
def test_noise_inside_the_box_of_the_text_stays_out(kind: str):
    half = "".join(f"<p>{line}</p>" for line in ARTICLES[:2])
    rest = "".join(f"<p>{line}</p>" for line in ARTICLES[2:])
    body = f'<h1>互助救济办法</h1><div class="text">{half}{NOISE[kind]}{rest}{NOISE[kind]}</div>{NAVIGATION}'
    lines = lines_of(page(body, head=STYLE))
    assert [line for line in lines if line != "某某市民政局"] == WITH_TITLE


def test_folded_articles_are_read_with_a_note_and_other_hidden_ones_are_not():
    """“展开全文”折叠的后半部分要读；藏着的别的条文不读。"""
    body = (
        "<p>第一条 为了帮助群众。</p><p>第二条 向乡镇提出。</p>"
        "<div style='display:none'><p>第三条 二十日内办结。</p><p>第四条 自公布之日起施行。</p></div>"
        "<div style='display:none'><p>第八条 旧的条文。</p></div>"
    )
    source = html.read(page(body).encode(), "page.html")
    assert [line[:3] for line in source.lines[1:]] == ["第一条", "第二条", "第三条", "第四条"]
    assert "unfolded_text" in source.notes


def test_words_of_the_law_that_look_like_tools_stay():
    """正文里的“打印”“下载”“第三条”引用不当噪声。"""
    lines = [
        "第一条　申请人可以下载、打印申请表；打印有困难的，由村民委员会代为打印。",
        "分享到户的资金，按照《资金管理办法》第三条执行。",
        "附件：互助救济申请表样式由县级人民政府民政部门制定。",
        "第二条　版权所有人应当提供有关材料，上一条规定的除外。",
    ]
    assert lines_of(page("".join(f"<p>{line}</p>" for line in lines)))[1:] == lines


def test_a_link_inside_a_sentence_keeps_its_words():
    body = (
        '<p>第一条 按照<a href="/law">《中华人民共和国慈善法》</a>的规定，制定'
        '本办法。</p><p>第二条 <a href="/x">见目录。</a></p>'
    )
    assert lines_of(page(body))[1] == "第一条 按照《中华人民共和国慈善法》的规定，制定本办法。"


EMPTY = {
    "scripts only": (
        '<html><body><div id="app"></div><noscript>请启用 JavaScript 以继续浏览'
        "本网站。</noscript></body></html>"
    ),
    "frames": '<html><frameset cols="20%,80%"><frame src="a.htm"><frame src="b.htm"></frameset></html>',
    "iframe": '<html><body><iframe src="/real.html"></iframe></body></html>',
    "not found": page("<h1>404</h1><p>抱歉，您访问的页面不存在或者已经删除，请返回首页。</p>", "404"),
    "refused": page(
        "<p>访问被拒绝。您的请求带有不合法参数，已被网站管理员设置拦截，请联系网站管理员。</p>", "访问被拒绝"
    ),
    "firewall": page(
        "<p>由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</p><p>Web应用防火墙</p>", "WAF"
    ),
    "login": page(
        "<form>用户名：<input> 密码：<input type=password> <a href='/f'>忘记密"
        "码</a><button>登录</button></form>"
    ),
    "menu only": page(NAVIGATION + FOOTER),
    "nothing": "",
    "no markup": "<html></html>",
}


@pytest.mark.parametrize("kind", EMPTY)
def test_a_page_without_a_text_of_its_own_is_refused(kind: str):
    assert refusal(EMPTY[kind]) == "no_main_text"
