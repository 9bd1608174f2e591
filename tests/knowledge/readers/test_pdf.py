"""有文字层的 PDF 按阅读顺序读成一段一段；扫描件、乱码、加密、残缺的说清楚再拒收。"""

from __future__ import annotations

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from knowledge.errors import UnreadableDocument
from knowledge.readers.pdf import read
from tests.knowledge.readers.making import (
    ARTICLES,
    FONT,
    HEIGHT,
    MARGIN,
    SIZE,
    TITLE,
    WIDTH,
    book,
    pdf,
    printed,
    scanned,
    wrapped,
)

LONG = [line for _ in range(6) for line in ARTICLES]


def lines_of(raw: bytes) -> list[str]:
    return list(read(raw, "a.pdf").lines)


def refusal_of(raw: bytes) -> str:
    with pytest.raises(UnreadableDocument) as refusal:
        read(raw, "a.pdf")
    return refusal.value.reason


@pytest.mark.parametrize("foot", ["- {} -", "第{}页 共{all}页", "{}/{all}", "{}"])
def test_paragraphs_run_over_lines_and_pages_and_running_heads_are_gone(foot: str):
    raw = book(LONG, "政策汇编 内部资料", foot)

    assert lines_of(raw) == [TITLE, *LONG]


def test_left_and_right_pages_may_have_different_heads():
    lines = wrapped(LONG)

    def page(part: list[str]):
        def draw(canvas: Canvas, number: int) -> None:
            is_right = number % 2 == 1
            canvas.drawString(
                400 if is_right else MARGIN, HEIGHT - 40, "民政厅编" if is_right else "救助手册"
            )
            canvas.drawString(500 if is_right else MARGIN, 30, str(number))
            printed(part)(canvas, number)

        return draw

    raw = pdf(*(page(lines[at : at + 10]) for at in range(0, len(lines), 10)))

    assert lines_of(raw) == LONG


def test_a_short_line_at_the_top_of_every_page_is_kept_if_it_is_an_article():
    """每页第一行都是“第×条”的，不是页眉。"""
    raw = pdf(*(printed([f"第{number}条 同样的话。"], top=HEIGHT - 40) for number in range(1, 6)))

    assert lines_of(raw) == [f"第{number}条 同样的话。" for number in range(1, 6)]


def test_spaces_that_the_layout_invents_go_and_spaces_of_the_text_stay():
    def draw(canvas: Canvas, number: int) -> None:
        for row, text in enumerate(wrapped(ARTICLES, indent="")):
            spread = canvas.beginText(MARGIN, HEIGHT - 110 - 18 * row)
            spread.setCharSpace(2.0)
            spread.textOut(text)
            canvas.drawText(spread)

    assert "".join(lines_of(pdf(draw))) == "".join(ARTICLES)


def test_a_gap_set_after_the_number_of_an_article_becomes_a_space():
    def draw(canvas: Canvas, number: int) -> None:
        canvas.drawString(MARGIN, 700, "第一条")
        canvas.drawString(MARGIN + 4 * SIZE, 700, "为了保障困难群众，制定本办法。")

    assert lines_of(pdf(draw)) == ["第一条 为了保障困难群众，制定本办法。"]


def test_spaces_between_all_characters_are_not_part_of_the_words():
    spaced = " ".join("为了保障困难群众的基本生活制定本办法。")

    assert lines_of(pdf(printed([spaced]))) == ["为了保障困难群众的基本生活制定本办法。"]


def test_two_columns_are_read_one_after_the_other():
    lines = wrapped(LONG, per_line=20, indent="　　")
    half = len(lines) // 2
    left, right = lines[:half], lines[half:]

    def draw(canvas: Canvas, number: int) -> None:
        canvas.setFont(FONT, 9)
        printed(left, leading=11)(canvas, number)
        printed(right, left=MARGIN + 20 * 9 + 40, leading=11)(canvas, number)

    assert lines_of(pdf(draw)) == LONG


def test_a_table_of_two_columns_is_read_row_by_row():
    def draw(canvas: Canvas, number: int) -> None:
        for row in range(12):
            canvas.drawString(MARGIN, 700 - 20 * row, f"项目{row}")
            canvas.drawString(330, 700 - 20 * row, f"{row}元")

    assert lines_of(pdf(draw))[3] == "项目3 3元"


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_that_is_turned_reads_the_same(turn: int):
    def draw(canvas: Canvas, number: int) -> None:
        canvas.setPageRotation(turn)
        printed(wrapped(ARTICLES))(canvas, number)

    assert lines_of(pdf(draw)) == ARTICLES


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_text_that_is_set_sideways_reads_the_same(turn: int):
    def draw(canvas: Canvas, number: int) -> None:
        canvas.translate(WIDTH / 2, HEIGHT / 2)
        canvas.rotate(turn)
        printed(wrapped(ARTICLES), left=-220, top=200)(canvas, number)

    assert lines_of(pdf(draw)) == ARTICLES


def test_a_slanting_watermark_is_not_text():
    def draw(canvas: Canvas, number: int) -> None:
        printed(wrapped(ARTICLES))(canvas, number)
        canvas.translate(150, 300)
        canvas.rotate(45)
        canvas.drawString(0, 0, "仅供内部学习")

    assert lines_of(pdf(draw)) == ARTICLES


def test_bold_type_made_of_two_prints_is_read_once():
    def draw(canvas: Canvas, number: int) -> None:
        canvas.drawString(MARGIN, 700, "第一条 一切以原文为准。")
        canvas.drawString(MARGIN + 0.3, 700, "第一条 一切以原文为准。")

    assert lines_of(pdf(draw)) == ["第一条 一切以原文为准。"]


def test_a_title_over_two_lines_is_one_title():
    def draw(canvas: Canvas, number: int) -> None:
        canvas.setFont(FONT, 18)
        canvas.drawCentredString(WIDTH / 2, 760, "某某省人民政府关于进一步做好困难群众")
        canvas.drawCentredString(WIDTH / 2, 735, "互助救济工作的办法")
        canvas.setFont(FONT, SIZE)
        printed(wrapped(ARTICLES), top=690)(canvas, number)

    assert lines_of(pdf(draw))[0] == "某某省人民政府关于进一步做好困难群众互助救济工作的办法"


def test_copy_protection_with_an_empty_password_does_not_keep_citizens_from_reading():
    locked = StandardEncryption("", ownerPassword="office", canCopy=0)

    assert lines_of(pdf(printed(wrapped(ARTICLES)), encrypt=locked)) == ARTICLES


def test_a_password_is_asked_for_by_name():
    locked = StandardEncryption("secret")

    assert refusal_of(pdf(printed(wrapped(ARTICLES)), encrypt=locked)) == "encrypted_pdf"


def test_pages_that_are_pictures_at_the_ends_are_named():
    """封面和末页盖章页是图片，照读，但要说明。"""
    source = read(pdf(scanned, printed(wrapped(ARTICLES)), scanned), "a.pdf")

    assert list(source.lines) == ARTICLES
    assert source.notes == ("scanned_pages:1、3",)


def test_a_scanned_page_amid_the_text_would_leave_a_gap_in_the_law():
    raw = pdf(printed(wrapped(ARTICLES[:3])), scanned, printed(wrapped(ARTICLES[3:])))

    assert refusal_of(raw) == "scanned_pages:2"


def test_an_article_that_goes_on_on_a_scanned_page_would_be_cut():
    raw = pdf(printed([*wrapped(ARTICLES[:1]), "　　第二条 申请粮油补助的，应当"]), scanned)

    assert refusal_of(raw) == "scanned_pages:2"


def test_a_scan_with_page_numbers_stamped_on_it_has_no_text_layer():
    def stamped(canvas: Canvas, number: int) -> None:
        scanned(canvas, number)
        canvas.drawCentredString(WIDTH / 2, 30, f"- {number} -")

    assert refusal_of(pdf(stamped, stamped, stamped)) == "no_text_layer"


def test_text_recognised_over_a_scan_is_read_with_a_warning():
    def recognised(canvas: Canvas, number: int) -> None:
        scanned(canvas, number)
        for row, line in enumerate(wrapped(ARTICLES)):
            layer = canvas.beginText(MARGIN, HEIGHT - 110 - 18 * row)
            layer.setTextRenderMode(3)
            layer.textOut(line)
            canvas.drawText(layer)

    source = read(pdf(recognised), "a.pdf")

    assert list(source.lines) == ARTICLES
    assert source.notes == ("recognised_text",)


def test_a_font_without_characters_is_refused():
    """私用区字形码：看得见，读出来全是乱码。"""
    garbage = "".join(chr(0xE000 + n) for n in range(300))

    def draw(canvas: Canvas, number: int) -> None:
        printed([garbage[at : at + 30] for at in range(0, 300, 30)])(canvas, number)

    assert refusal_of(pdf(draw)) == "garbled_text_layer"


def test_pages_without_anything_are_empty():
    assert refusal_of(pdf(lambda canvas, number: None)) == "empty"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_file_is_refused(share: float):
    raw = book(LONG, "页眉", "- {} -")

    assert refusal_of(raw[: int(len(raw) * share)]) == "cut_off"


def test_a_file_whose_inside_is_lost_is_refused():
    raw = book(ARTICLES, "页眉", "- {} -")

    assert refusal_of(raw[:9] + b"\0" * (len(raw) - 200) + b"%%EOF") == "damaged_pdf"
