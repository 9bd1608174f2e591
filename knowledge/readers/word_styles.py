"""What a paragraph takes from its style: title, heading, list, being hidden (ECMA-376 part 1, 17.7)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import lxml.etree as etree

from knowledge.readers.word_package import W

_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])$", re.I)
_TITLES = frozenset({"title", "标题"})
_CONTENTS = re.compile(r"(?:toc|目录)\s*(?:[1-9]|heading|标题)$", re.I)
_OFF = frozenset({"0", "false", "off"})


def value(element: etree._Element | None, path: str) -> str | None:
    """The w:val of a descendant named by a path of local names (pPr/pStyle), if there is one."""
    found = child(element, path)
    return found.get(f"{W}val") if found is not None else None


def child(element: etree._Element | None, path: str) -> etree._Element | None:
    """A descendant named by a path of local names."""
    return element.find("/".join(W + step for step in path.split("/"))) if element is not None else None


def is_on(element: etree._Element | None) -> bool:
    """True for a switch that is set: <w:vanish/>, but not <w:vanish w:val="0"/>."""
    return element is not None and element.get(f"{W}val", "1").lower() not in _OFF


class Styles:
    """The styles of a document, looked up through those they are based on."""

    def __init__(self, tree: etree._Element | None) -> None:
        found = tree.findall(f"{W}style") if tree is not None else []
        self._styles = {style.get(f"{W}styleId") or "": style for style in found}
        defaults = [style for style in found if style.get(f"{W}default") in ("1", "true", "on")]
        self._default = next(
            (style.get(f"{W}styleId") for style in defaults if style.get(f"{W}type") == "paragraph"), None
        )

    def heading_level(self, paragraph: etree._Element) -> int | None:
        """0 for a title, 1 to 9 for a heading, None for text."""
        own = value(paragraph, "pPr/outlineLvl")
        for style in self._of(paragraph):
            name = (value(style, "name") or "").strip()
            found = _HEADING.match(name)
            if found or name.lower() in _TITLES:
                return int(found[1]) if found else 0
            own = own or value(style, "pPr/outlineLvl")
        return int(own) + 1 if own and own.isdigit() and int(own) < 9 else None

    def is_contents(self, paragraph: etree._Element) -> bool:
        """True for a line of a table of contents or its heading."""
        return any(_CONTENTS.match((value(style, "name") or "").strip()) for style in self._of(paragraph))

    def numbering_of(self, paragraph: etree._Element) -> tuple[str | None, str | None, str | None]:
        """List id, level and the style they come from; None where nothing is said. "0" is no list."""
        own = child(paragraph, "pPr/numPr")
        list_id, level = value(own, "numId"), value(own, "ilvl")
        if list_id is not None:
            return list_id, level, None
        for style in self._of(paragraph):
            list_id = value(style, "pPr/numPr/numId")
            if list_id is not None:
                return list_id, level or value(style, "pPr/numPr/ilvl"), style.get(f"{W}styleId")
        return None, None, None

    def is_hidden(self, run: etree._Element, paragraph: etree._Element) -> bool:
        """True for hidden text: the run's own switch, else its style's, else its paragraph's style's."""
        own = child(run, "rPr/vanish")
        if own is not None:
            return is_on(own)
        for styles in (self._based(value(run, "rPr/rStyle")), self._of(paragraph)):
            for style in styles:
                switch = child(style, "rPr/vanish")
                if switch is not None:
                    return is_on(switch)
        return False

    def list_of_style(self, style_id: str) -> str | None:
        """The list id that a numbering style stands for."""
        return value(self._styles.get(style_id), "pPr/numPr/numId")

    def _of(self, paragraph: etree._Element) -> Iterator[etree._Element]:
        return self._based(value(paragraph, "pPr/pStyle") or self._default)

    def _based(self, style_id: str | None) -> Iterator[etree._Element]:
        """A style and those it is based on; a circle of styles ends where it closes."""
        seen: set[str] = set()
        while style_id and style_id not in seen and style_id in self._styles:
            seen.add(style_id)
            yield self._styles[style_id]
            style_id = value(self._styles[style_id], "basedOn")
