"""The words of one Word paragraph: runs, fields, changes, what is hidden (ECMA-376 part 1, 17.3, 17.16)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import lxml.etree as etree

from knowledge.readers.tables import gap_after_label, is_label
from knowledge.readers.word_package import W
from knowledge.readers.word_styles import Styles, child, is_on

_SIGNS = {"tab": "\t", "ptab": "\t", "cr": "\n", "noBreakHyphen": "-"}
_PAGE_BREAKS = frozenset({"page", "column"})
_GROUPS = frozenset(
    {"hyperlink", "ins", "moveTo", "smartTag", "sdt", "sdtContent", "customXml", "bdo", "dir", "ruby",
     "rubyBase", "oMath", "oMathPara"}
)  # fmt: skip
_LEFT_OUT = {"footnoteReference": "footnotes", "endnoteReference": "footnotes"}
_CHANGES = frozenset({"ins", "del", "moveFrom", "moveTo"})


@dataclass
class Paragraph:
    """The text of a paragraph, with \\n for soft line breaks, and the text boxes that hang on it."""

    text: str = ""
    boxes: list[etree._Element] = field(default_factory=list)


@dataclass
class _Field:
    instruction: str = ""
    shows_result: bool = False

    @property
    def is_contents(self) -> bool:
        return self.instruction.strip().upper().startswith("TOC")


class ParagraphReader:
    """Reads paragraphs in order; a field (a table of contents) may run over many of them."""

    def __init__(self, styles: Styles, body: etree._Element) -> None:
        self.counts: Counter[str] = Counter()
        self._styles = styles
        self._fields: list[_Field] = []
        marks = (
            mark for mark in body.iter(f"{W}fldChar") if not any(_is_unread(a) for a in mark.iterancestors())
        )
        kinds = Counter(mark.get(f"{W}fldCharType") for mark in marks)
        # A field that is opened and never closed would swallow the rest of the document.
        self._has_whole_fields = kinds["begin"] == kinds["end"]

    def in_contents(self) -> bool:
        """True inside a table of contents."""
        return any(one.is_contents for one in self._fields)

    def read(self, paragraph: etree._Element) -> Paragraph:
        """Return the words of a paragraph as a reader of the accepted text sees them."""
        found = Paragraph()
        # An instruction ends in the paragraph it begins in; one that did not has lost its other half.
        self._fields = [one for one in self._fields if one.shows_result]
        self._gather(paragraph, paragraph, found)
        return found

    def _gather(self, parent: etree._Element, paragraph: etree._Element, found: Paragraph) -> None:
        for element in parent:
            name = etree.QName(element).localname
            self.counts["tracked_changes"] += name in _CHANGES
            if name == "r" and element.tag == f"{W}r":
                self._run(element, paragraph, found)
            elif name == "r":  # a run of a formula
                self._say("".join(element.itertext()), found)
            elif name == "fldSimple":
                if not _Field(element.get(f"{W}instr") or "").is_contents:
                    self._gather(element, paragraph, found)
            elif name == "AlternateContent":
                if len(element):
                    self._gather(element[0], paragraph, found)
            elif name in _GROUPS or "officeDocument/2006/math" in element.tag:
                self._gather(element, paragraph, found)

    def _run(self, run: etree._Element, paragraph: etree._Element, found: Paragraph) -> None:
        shown = not self._styles.is_hidden(run, paragraph)
        if shown and is_label(found.text) and not is_on(child(run, "rPr/b")) and _is_below_bold(run):
            following = _text_of(run)
            spaced = found.text[-1].isspace() or not following
            found.text += "" if spaced else gap_after_label(following)
        for element in _parts(run):
            name = etree.QName(element).localname
            if name == "fldChar":
                self._field_mark(element.get(f"{W}fldCharType"))
            elif name == "instrText":
                if self._fields:
                    self._fields[-1].instruction += element.text or ""
            elif name in ("drawing", "pict", "object"):
                self._boxes(element, found)
            elif name == "ruby":
                self.counts["phonetic_glosses"] += 1
                self._gather(element, paragraph, found)
            elif shown:
                if name in _LEFT_OUT:
                    self.counts[_LEFT_OUT[name]] += 1
                self._say(_words(element, name), found)

    def _say(self, words: str, found: Paragraph) -> None:
        hidden = any(not one.shows_result for one in self._fields) or self.in_contents()
        if not hidden:
            found.text += words

    def _field_mark(self, kind: str | None) -> None:
        if not self._has_whole_fields:
            return
        if kind == "begin":
            self._fields.append(_Field())
        elif self._fields and kind == "separate":
            self._fields[-1].shows_result = True
        elif self._fields and kind == "end":
            self._fields.pop()

    def _boxes(self, drawing: etree._Element, found: Paragraph) -> None:
        """Text boxes, each once: the older form that follows a newer one (Fallback) says the same again."""
        for box in drawing.iter(f"{W}txbxContent"):
            if not any(_within(box, drawing, outer) for outer in ("Fallback", "txbxContent")):
                found.boxes.append(box)
                self.counts["text_boxes"] += 1


def _is_unread(element: etree._Element) -> bool:
    return etree.QName(element).localname in ("del", "moveFrom", "Fallback")


def _is_below_bold(run: etree._Element) -> bool:
    """True if the words before a run are bold."""
    before = run.getprevious()
    while before is not None and not _text_of(before):
        before = before.getprevious()
    return before is not None and is_on(child(before, "rPr/b"))


def _text_of(run: etree._Element) -> str:
    return "".join(text.text or "" for text in run.iter(f"{W}t"))


def _within(element: etree._Element, top: etree._Element, name: str) -> bool:
    for above in element.iterancestors():
        if above is top:
            return False
        if etree.QName(above).localname == name:
            return True
    return False


def _parts(run: etree._Element) -> Iterator[etree._Element]:
    """The parts of a run; of a choice between a newer and an older form, the first."""
    for element in run:
        if etree.QName(element).localname == "AlternateContent":
            yield from element[0] if len(element) else ()
        else:
            yield element


def _words(element: etree._Element, name: str) -> str:
    if name == "t":
        return (element.text or "").replace("\r", "").replace("\n", " ")
    if name == "br":
        return "" if element.get(f"{W}type") in _PAGE_BREAKS else "\n"
    return _SIGNS.get(name, "")
