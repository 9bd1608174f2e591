"""Web pages for the tests: a text of three articles, and what sites put around it."""

from __future__ import annotations

import pytest

from knowledge.errors import UnreadableDocument
from knowledge.readers import html

ARTICLES = [
    "第一条　为了帮助生活困难的群众，根据有关规定，制定本办法。",
    "第二条　申请粮油补助的，向乡镇人民政府提出书面申请，二十日内办结。",
    "申请有困难的，可以委托村民委员会代为提出。",
    "（一）本人行动不便的；",
    "（二）本人不识字的。",
    "第三条　本办法自2014年5月1日起施行。",
]
PARAGRAPHS = "".join(f"<p>{line}</p>" for line in ARTICLES)
NAVIGATION = (
    '<div class="top"><a href="/">首页</a> | <a href="/en">English</a> 今天是2024年6月18日 星期二</div>'
    '<ul class="nav"><li><a href="/a">政务公开</a></li><li><a href="/b">办事服务</a></li></ul>'
    '<div>您现在所在位置：<a href="/">首页</a> &gt; <a href="/z">政策文件</a> &gt; 正文</div>'
)
FOOTER = (
    '<div>上一篇：<a href="/9">关于开展保护月活动的通知</a><br>下一篇：'
    '<a href="/8">殡仪馆服务收费公示</a></div>'
    '<div id="foot">主办：某某市民政局 版权所有&copy; 网站标识码：000000000'
    "0<br>建议使用1024*768以上分辨率浏览</div>"
)


def lines_of(page: str | bytes, encoding: str = "utf-8") -> list[str]:
    raw = page if isinstance(page, bytes) else page.encode(encoding)
    return list(html.read(raw, "page.html").lines)


def page(body: str, title: str = "互助救济办法", head: str = "") -> str:
    return f'<html><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>{body}</body></html>'


def refusal(page: str | bytes) -> str:
    raw = page if isinstance(page, bytes) else page.encode()
    with pytest.raises(UnreadableDocument) as refused:
        html.read(raw, "page.html")
    return refused.value.reason


WITH_TITLE = ["# 互助救济办法", *ARTICLES]

NOISE = {
    "script": "<script>var s='第九十九条 不是正文。';</script>",
    "comment": "<!-- <p>第九十九条 不是正文。</p> -->",
    "noscript": "<noscript>第九十九条 不是正文。</noscript>",
    "template": "<template><p>第九十九条 不是正文。</p></template>",
    "iframe": "<iframe src='/x'>第九十九条 不是正文。</iframe>",
    "marquee": "<marquee>第九十九条 不是正文。</marquee>",
    "hidden by style": "<div style='color:red;display: none'>第九十九条 不是正文。</div>",
    "hidden attribute": "<div hidden><p>第九十九条 不是正文。</p></div>",
    "hidden by rule": "<div class='a hide'>第九十九条 不是正文。</div>",
    "hidden by id rule": "<p id='pop'>第九十九条 不是正文。</p>",
    "hidden words in a line": "<p>某某市民政局<span style='display:none'>不是正文</span></p>",
    "shrunk": "<div style='font-size:0'>第九十九条 不是正文。</div>",
    "tools": (
        "<div>分享到：<a>微信</a><a>微博</a> 【"
        "<a href='javascript:window.print()'>打印本页</a>】不是正文</div>"
    ),
    "attachments": (
        "<table><tr><td>附件：</td><td><a href='/a.doc'>1.不是正文申请表.doc</a></td></tr></table>"
    ),
    "counter": "<p>浏览次数：<span>1,284</span> 次</p>",
    "comment box": "<div class='comments'><p>网友甲：这不是正文，但是写得很好。</p></div>",
    "advertisement": "<div class='ad-box'><p>不是正文，低保户购车优惠，今日特价。</p></div>",
    "cookie bar": "<div class='cookie-bar'>本网站使用 cookie，不是正文。</div>",
    "links": "<ul><li><a href='/1'>不是正文的通知</a></li><li><a href='/2'>不是正文的公告</a></li></ul>",
    "editor": "<p>（责任编辑：不是正文）</p>",
    "form": "<form><input value='不是正文'><select><option>不是正文</option></select></form>",
}
STYLE = (
    "<style>/* x */ .nav li{float:left} .hide,#pop{display:none} @media print{.text,p{display:none}}</style>"
)
