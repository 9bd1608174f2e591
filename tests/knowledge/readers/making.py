"""Makes the files that the reader tests read: PDFs with a text layer, scans, small Word files, archives."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence

from docx import Document
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT, SIZE, LEADING = "STSong-Light", 11.0, 18.0
WIDTH, HEIGHT = A4
MARGIN = 70.0
PER_LINE = 40

ARTICLES = [
    "第一条 为了保障困难群众的基本生活，促进社会公平，维护社会和谐稳定，"
    "根据宪法和有关法律，结合本省实际情况，制定本办法。",
    "第二条 本办法适用于本省行政区域内的互助救济工作。",
    "互助救济应当遵循托底线、救急难、可持续的原则，与其他社会保障制度相衔接，水平与经济社会发展水平相适应。",
    "第三条 申请粮油补助的，应当符合下列条件：",
    "（一）具有本省户籍并且连续居住满一年的；",
    "（二）家庭人均收入低于当地标准的。",
    "第四条 县级以上人民政府民政部门统筹本行政区域内的互助救济工作，"
    "乡镇人民政府、街道办事处负责受理申请、调查审核，"
    "村民委员会、居民委员会协助做好有关工作。",
    "第五条 本办法自2020年1月1日起施行。",
]
TITLE = "某某省互助救济办法"
TEXT = "\n".join([TITLE, *ARTICLES])
Draw = Callable[[Canvas, int], None]


def pdf(*pages: Draw, **options: object) -> bytes:
    """A PDF of one drawing per page; each is called with the canvas and its page number."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, **options)  # type: ignore[arg-type]
    for number, draw in enumerate(pages, start=1):
        canvas.setFont(FONT, SIZE)
        draw(canvas, number)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def wrapped(paragraphs: Sequence[str], per_line: int = PER_LINE, indent: str = "　　") -> list[str]:
    """Break paragraphs at a number of characters, as an office prints them."""
    whole = [indent + paragraph for paragraph in paragraphs]
    return [text[at : at + per_line] for text in whole for at in range(0, len(text), per_line)]


def printed(
    lines: Sequence[str], left: float = MARGIN, top: float = HEIGHT - 110, leading: float = LEADING
) -> Draw:
    """Draw lines from the top of a page."""

    def draw(canvas: Canvas, number: int) -> None:
        for row, line in enumerate(lines):
            canvas.drawString(left, top - row * leading, line)

    return draw


def book(paragraphs: Sequence[str], head: str, foot: str, lines_per_page: int = 12) -> bytes:
    """A PDF with a running head and foot ("{}" is the page number, "{all}" their count) and a title."""
    lines = wrapped(paragraphs)
    parts = [lines[at : at + lines_per_page] for at in range(0, len(lines), lines_per_page)]

    def page(part: Sequence[str]) -> Draw:
        def draw(canvas: Canvas, number: int) -> None:
            canvas.setFont(FONT, 9)
            canvas.drawString(MARGIN, HEIGHT - 40, head)
            canvas.drawCentredString(WIDTH / 2, 30, foot.format(number, all=len(parts)))
            if number == 1:
                canvas.setFont(FONT, 18)
                canvas.drawCentredString(WIDTH / 2, HEIGHT - 80, TITLE)
            canvas.setFont(FONT, SIZE)
            printed(part)(canvas, number)

        return draw

    return pdf(*map(page, parts))


def scanned(canvas: Canvas, number: int) -> None:
    """Draw a page that is a picture."""
    picture = Image.new("L", (300, 420), 230)
    canvas.drawImage(ImageReader(picture), 0, 0, WIDTH, HEIGHT)


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive; names are written as UTF-8."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return target.getvalue()


def word(paragraphs: Sequence[str]) -> bytes:
    """A Word file of plain paragraphs."""
    document = Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def page(paragraphs: Sequence[str], charset: str = "utf-8") -> bytes:
    """A web page with the paragraphs as its text."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    head = f'<head><meta charset="{charset}"><title>{TITLE}</title></head>'
    return f"<!DOCTYPE html><html>{head}<body><h1>{TITLE}</h1>{body}</body></html>".encode(charset)
