"""Web pages of many makers: what must come out, to the character."""

from __future__ import annotations

from datetime import date

from knowledge.parsing import structure
from knowledge.readers import html
from tests.knowledge.readers.pages import ARTICLES, FOOTER, NAVIGATION, PARAGRAPHS, WITH_TITLE, lines_of, page


def test_a_plain_page_gives_its_paragraphs():
    assert lines_of(page(f"<h1>互助救济办法</h1>{PARAGRAPHS}")) == WITH_TITLE


def test_a_trs_page_gives_the_editor_s_paragraphs_and_no_menu():
    """TRS 系统：正文在 TRS_Editor 里，前后是导航、工具和上下篇。"""
    body = f"""{NAVIGATION}<div class="main"><h1>互助救济办法</h1>
      <div class="xx"><span>发布时间：2024-06-18 09:12</span><span>来源：某某市民政局</span>
      <span>【字体：<a href="#">大</a> <a href="#">中</a> <a href="#">小</a>】</span></div>
      <div class="view TRS_UEDITOR trs_paper_default"><div class="TRS_Editor">{PARAGRAPHS}</div></div>
      <div class="ewm">扫一扫在手机打开当前页<img src="q.png"></div></div>{FOOTER}"""
    assert lines_of(page(body)) == WITH_TITLE


def test_a_gov_cn_page_gives_hints_from_its_table_and_text_from_pages_content():
    """国务院文件库：表格式信息框，UCAP-CONTENT 套 pages_content。"""
    body = f"""{NAVIGATION}<table class="bd1"><tr><td><b>索 引 号：</b></td><td>000014349/2019-00012</td>
      <td><b>主题分类：</b></td><td>民政\\扶贫</td></tr>
      <tr><td><b>发文机关：</b></td><td>国务院</td><td><b>成文日期：</b></td><td>2019年03月02日</td></tr>
      <tr><td><b>标　　题：</b></td><td colspan="3">国务院关于互助救济的规定</td></tr>
      <tr><td><b>发文字号：</b></td><td>国发〔2019〕5号</td><td><b>发布日期：</b></td><td>2019年03月18日</td></tr>
      <tr><td><b>主 题 词：</b></td><td></td></tr></table>
      <div id="UCAP-CONTENT"><div class="pages_content">
      <table><tr><td>{PARAGRAPHS}</td></tr></table></div></div>
      <div class="related"><h3>相关解读</h3><ul><li><a href="/x">一图读懂</a></li></ul></div>{FOOTER}"""
    source = html.read(page(body, "国务院关于互助救济的规定_政府信息公开专栏").encode(), "page.html")

    assert list(source.lines) == ["# 国务院关于互助救济的规定", *ARTICLES]
    assert source.hints.document_no == "国发〔2019〕5号"
    assert source.hints.issuer == "国务院"
    assert source.hints.promulgated_on == date(2019, 3, 2)
    assert source.hints.effective_from is None


def test_an_information_box_of_list_items_gives_hints():
    """信息公开栏目常用 ul/li 或 dl 写信息框。"""
    body = f"""{NAVIGATION}<ul class="xxgk_table"><li><b>索引号</b>：<span>11430000/2021-001</span></li>
      <li><b>发文字号</b>：湘民发〔2021〕12号</li><li><b>发布机构</b>：湖南省民政厅</li>
      <li><b>公布日期</b>：2021/7/9</li><li><b>生效日期</b>：2021-08-01</li><li><b>时效性</b>：有效</li></ul>
      <h2>互助救济办法</h2><div class="article-content">{PARAGRAPHS}</div>"""
    source = html.read(page(body).encode(), "page.html")

    assert list(source.lines) == WITH_TITLE
    assert source.hints.document_no == "湘民发〔2021〕12号"
    assert source.hints.issuer == "湖南省民政厅"
    assert source.hints.promulgated_on == date(2021, 7, 9)
    assert source.hints.effective_from == date(2021, 8, 1)


def test_an_information_box_in_columns_gives_hints():
    body = f"""<table><tr><th>发文机关</th><th>文号</th><th>有效性</th></tr>
      <tr><td>国务院</td><td>国发〔2019〕5号</td><td>有效</td></tr></table><h1>互助救济办法</h1>{PARAGRAPHS}"""
    source = html.read(page(body).encode(), "page.html")
    assert list(source.lines) == WITH_TITLE
    assert (source.hints.issuer, source.hints.document_no) == ("国务院", "国发〔2019〕5号")


def test_the_day_a_page_was_posted_is_not_taken_for_the_document_s():
    """“发布时间”和 PubDate 是网页的日子，不能当作公布日期。"""
    head = '<meta name="PubDate" content="2024-06-18 09:12"><meta name="ArticleTitle" content="互助救济办法">'
    body = f"<p>发布日期：2024-06-18 来源：某某网 浏览次数：12</p>{PARAGRAPHS}"
    source = html.read(page(body, "互助救济办法 - 某某市民政局", head).encode(), "page.html")
    assert list(source.lines) == WITH_TITLE
    assert source.hints.promulgated_on is None


def test_meta_tags_name_the_title_and_the_address():
    head = (
        '<meta name="ArticleTitle" content="互助救济办法"><link rel="canonical"'
        ' href="https://mz.example.gov.cn/a.html">'
    )
    source = html.read(page(PARAGRAPHS, "正文_某某市人民政府", head).encode(), "page.html")
    assert source.hints.title == "互助救济办法"
    assert source.hints.url == "https://mz.example.gov.cn/a.html"
    assert source.lines[0] == "# 互助救济办法"


def test_a_page_of_an_asp_net_site_wrapped_in_a_form_is_read():
    """ASP.NET 站点整页包在 form 里。"""
    body = f"""<form id="aspnetForm"><input type="hidden" name="__VIEWSTATE" value="x">{NAVIGATION}
      <div id="zoom">{PARAGRAPHS}</div><select><option>选择网站</option></select>
      <textarea>请输入留言</textarea><button>提交</button></form>"""
    assert lines_of(page(body)) == WITH_TITLE


def test_a_vsb_page_with_spans_in_every_paragraph_is_read():
    """博达 VSB：段落里层层 span，行首用 &nbsp; 缩进。"""
    spans = "".join(
        f'<p class="vsbcontent_start" style="text-indent:43px">&nbsp;&nbsp;&nbsp'
        f';&nbsp;<span style="font-size:21px">'
        f"<span>{line[:3]}</span><span>{line[3:]}</span></span></p>"
        for line in ARTICLES
    )
    body = f'{NAVIGATION}<div id="vsb_content_4"><div class="v_news_content">{spans}</div></div>{FOOTER}'
    assert lines_of(page(body)) == WITH_TITLE


def test_a_page_of_paragraphs_parted_by_br_is_read():
    body = f'<td class="con">{"<br><br>".join("　　" + line for line in ARTICLES)}</td>'
    assert lines_of(page(f"<table><tr>{body}</tr></table>")) == WITH_TITLE


def test_a_menu_in_the_left_cell_of_a_layout_table_stays_out():
    """老式布局：左格导航，右格正文。"""
    menu = "".join(f'<a href="/{n}">第{n}栏目</a><br>' for n in range(12))
    body = f"<table><tr><td width=160>{menu}</td><td>{PARAGRAPHS}</td></tr></table>"
    assert lines_of(page(body)) == WITH_TITLE


def test_layout_tables_in_layout_tables_are_descended():
    inner = f"<table><tr><td><table><tr><td>{PARAGRAPHS}</td></tr></table></td></tr></table>"
    body = f"<table><tr><td><a href='/'>首页</a></td></tr><tr><td>{inner}</td></tr></table>"
    assert lines_of(page(body)) == WITH_TITLE


def test_an_article_number_in_a_cell_of_its_own_opens_the_line():
    """老网站：条号一格、条文一格。"""
    rows = (
        "<tr><td nowrap>第一条</td><td>为了帮助群众，制定本办法。</td></tr>"
        "<tr><td nowrap>&nbsp;第二条&nbsp;</td><td>&nbsp;&nbsp;有下列情形之一的"
        "，可以申请：<br>&nbsp;&nbsp;(一)行动不便的；"
        "<br>(二)不识字的。</td></tr><tr><td>第三条之一</td><td><p>自公布之日起施行。</p></td></tr>"
    )
    assert lines_of(page(f"<table>{rows}</table>"))[1:] == [
        "第一条　为了帮助群众，制定本办法。",
        "第二条　有下列情形之一的，可以申请：",
        "(一)行动不便的；",
        "(二)不识字的。",
        "第三条之一　自公布之日起施行。",
    ]


def test_a_table_of_standards_keeps_every_word_of_a_row_in_one_line():
    table = (
        "<table><tr><th>类别</th><th>标准</th><th>备注</th></tr><tr><td>一类"
        "</td><td>每月<br>500元</td><td></td></tr>"
        "<tr><td rowspan=2>二类</td><td>300元</td><td>含护理</td></tr><tr><td>2"
        "00元</td><td>不含</td></tr></table>"
    )
    assert lines_of(page(f"{PARAGRAPHS}{table}"))[-4:] == [
        "类别｜标准｜备注",
        "一类｜每月 500元",
        "二类｜300元｜含护理",
        "200元｜不含",
    ]


def test_an_answer_in_a_table_opens_its_article_and_the_question_ends_the_one_before():
    rows = (
        "<tr><td>1</td><td>多久办结？</td><td>第二条 二十日内办结。<br>遇有特殊情况，可以延长。</td></tr>"
        "<tr><td>2</td><td>谁来申请？</td><td>第五条 由本人申请。</td></tr>"
    )
    source = html.read(
        page(f"<table><tr><th>序号</th><th>问题</th><th>依据</th></tr>{rows}</table>").encode(), "a.html"
    )
    articles = structure.parse(source.lines).articles
    assert [article.text for article in articles] == [
        "第二条 二十日内办结。\n遇有特殊情况，可以延长。",
        "第五条 由本人申请。",
    ]


def test_a_bold_number_without_a_space_still_opens_its_article():
    body = (
        "<p><strong>第一条</strong>为了帮助群众，制定本办法。</p><p><b>第二条"
        "</b>&emsp;向乡镇人民政府提出。</p>"
        '<p><span style="font-family:黑体">第三条</span><span>自公布之日起施行。</span></p>'
        "<p><strong>第一条</strong>规定的群众，由村民委员会确认。</p>"
    )
    assert lines_of(page(body))[1:] == [
        "第一条　为了帮助群众，制定本办法。",
        "第二条　向乡镇人民政府提出。",
        "第三条　自公布之日起施行。",
        "第一条规定的群众，由村民委员会确认。",
    ]


def test_the_history_under_the_title_is_kept_though_it_stands_outside_the_text_s_box():
    history = "（2014年2月21日国务院令第649号公布　2019年3月2日修订）"
    body = (
        f'<h1>互助救济办法</h1><p class="sub">{history}</p><div class="TRS_Editor">{PARAGRAPHS}</div>{FOOTER}'
    )
    assert lines_of(page(body)) == ["# 互助救济办法", history, *ARTICLES]


def test_a_title_broken_into_lines_is_not_repeated():
    body = f'<div id="zoom"><p>某某市人民政府办公室<br>关于印发互助救济办法的通知</p>{PARAGRAPHS}</div>'
    title = "某某市人民政府办公室关于印发互助救济办法的通知"
    assert lines_of(page(body, f"{title} - 某某市人民政府门户网站")) == [f"# {title}", *ARTICLES]


def test_chapter_headings_stay_where_they_stand():
    body = (
        "<h1>办法</h1><h2>第一章总则</h2><p>第一条 为了帮助群众。</p><p>第二章 "
        "附 则</p><p>第二条 自公布之日起施行。</p>"
    )
    parsed = structure.parse(lines_of(page(body, "办法")))
    assert [(article.article, article.path) for article in parsed.articles][1] == (
        "第二条",
        ("第二章 附 则",),
    )
    assert "第一章总则" in parsed.articles[0].path[0]


def test_text_of_a_signature_and_a_note_at_the_end_is_kept():
    body = (
        f'<div class="TRS_Editor">{PARAGRAPHS}<p>某某市民政局</p><p>2024年6月18'
        f"日</p><p>（此件公开发布）</p></div>"
    )
    assert lines_of(page(body))[-3:] == ["某某市民政局", "2024年6月18日", "（此件公开发布）"]


def test_a_page_without_any_known_box_is_cut_by_where_its_articles_lie():
    body = f"""<div><div><a href="/1">第十条你必须知道的养生常识</a><a href="/2">热门文章</a></div></div>
      <div><div><div>{PARAGRAPHS}</div><div><a>打印</a> <a href="#">关闭</a></div></div></div>
      <div>本网站由某某公司承建，未经许可不得转载。</div>"""
    assert lines_of(page(body)) == WITH_TITLE


def test_a_weixin_page_is_read():
    """公众号：正文在 js_content，里面是 section。"""
    sections = "".join(f"<section><section><span>{line}</span></section></section>" for line in ARTICLES[1:])
    head = (
        '<meta property="og:title" content="互助救济办法"><meta property="og:ur'
        'l" content="https://mp.example.com/s/1">'
    )
    body = f"""<h1 class="rich_media_title" id="activity-name">互助救济办法</h1>
      <div id="js_content" style="visibility: hidden; opacity: 0;">{sections}</div>
      <div class="rich_media_tool"><a href="#">阅读原文</a><span>阅读 1234</span></div>"""
    source = html.read(page(body, "", head).encode(), "page.html")
    assert list(source.lines) == ["# 互助救济办法", *ARTICLES[1:]]
    assert source.hints.url == "https://mp.example.com/s/1"


def test_unknown_elements_inside_a_line_do_not_break_it():
    """Word 另存的网页里有 st1:chsdate、o:p 等标签。"""
    body = (
        "<p>第一条 本办法自<st1:chsdate>2014年5月1日</st1:chsdate>起<o:p></o:p>"
        "施行，<my-tag>由民政部门</my-tag>解释。</p>"
    )
    assert lines_of(page(body))[1:] == ["第一条 本办法自2014年5月1日起施行，由民政部门解释。"]


def test_the_site_s_name_in_a_heading_is_not_the_title():
    body = f"<h1>某某市民政局</h1><div><p><b>互助救济办法</b></p>{PARAGRAPHS}</div>"
    assert lines_of(page(body, "互助救济办法_某某市民政局")) == WITH_TITLE


def test_a_repost_takes_its_title_from_the_heading_and_leaves_the_site_s_slogan():
    """转载站的 <title> 是站名口号，前后还各写一遍。"""
    slogan = "熱門影片_免費在線_推薦小説"
    body = f"<div>{slogan}</div><h2>互助救济条例（节录）</h2><p>admin 2025-03-04 89 次瀏覽 0個評論</p>"
    lines = lines_of(page(f"{body}{PARAGRAPHS}<div>{slogan}</div>", slogan))
    assert lines == ["# 互助救济条例（节录）", *ARTICLES]


def test_a_box_called_header_may_hold_title_number_and_history():
    history = "（2014年2月21日国务院令第649号公布）"
    number = "<p>发文字号：国发〔2019〕5号</p>"
    header = f"<div class='article-header'><h1>互助救济办法</h1><p>{history}</p>{number}</div>"
    body = (
        f"{NAVIGATION}<div class='article'>{header}<div class='article-body'>{PARAGRAPHS}</div></div>{FOOTER}"
    )
    source = html.read(page(body, "首页").encode(), "page.html")
    assert source.lines == ("# 互助救济办法", history, *ARTICLES)
    assert source.hints.document_no == "国发〔2019〕5号"


def test_a_chapter_is_not_the_title():
    body = "<h2>第一章 总则</h2><p>第一条 为了帮助生活困难的群众，制定本办法。</p>"
    source = html.read(page(body, "首页").encode(), "page.html")
    assert source.hints.title is None
    assert source.lines == ("## 第一章 总则", "第一条 为了帮助生活困难的群众，制定本办法。")


def test_an_xhtml_page_with_a_wrong_declaration_is_read():
    raw = '<?xml version="1.0" encoding="gb2312"?>' + page(PARAGRAPHS)
    assert lines_of(raw) == WITH_TITLE


def test_two_articles_beside_each_other_in_a_row_are_both_opened():
    row = (
        "<tr><td>第一条</td><td>为了帮助群众，制定本办法。</td><td>第二条</td>"
        "<td>向乡镇人民政府提出申请。</td></tr>"
    )
    articles = structure.parse(lines_of(page(f"<table>{row}</table>"))).articles
    assert [article.article for article in articles] == ["第一条", "第二条"]
