"""Writes dictionary/regions.tsv: the upper ranks as they stand there, counties from jionlp's dictionary.

Run `python -m knowledge.region_table` after an update of the jionlp package (Apache-2.0). Its dictionary
is read without importing the package: the import takes a second, prints and unpacks files. Which short
names of provinces and prefectures are too common to be used was settled by hand, so those rows are kept.
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

TABLE = Path(__file__).parent / "dictionary" / "regions.tsv"
HEADER = (
    "# Provinces, prefectures and counties: adcode (GB/T 2260), name, short name (empty where it is also a\n"
    "# common word, another place, or a district). Counties are written by knowledge/region_table.py.\n"
)
_ARCHIVE = "dictionary/china_location.zip"
_MEMBER = "china_location.txt"
_COUNTY_INDENT = "\t\t"
_STAND_INS = ("省直辖行政区划", "市直辖行政区划")
# GB/T 2260 numbers counties 01-70 and cities 81-99; 71-80 are statistical zones, no places of law.
_ZONES = range(71, 81)


def settled_by_hand(name: str) -> frozenset[str]:
    """The short names under one heading of dictionary/region_shorts.txt: common, or meant."""
    text = (TABLE.parent / "region_shorts.txt").read_text("utf-8").partition(f"[{name}]")[2].partition("[")[0]
    return frozenset(" ".join(line for line in text.splitlines() if not line.startswith("#")).split())


def county_rows(package: Path, words: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    """Adcode, name and short name of every county-level place that has a code.

    Args:
        package: the folder of jionlp.
        words: everyday words; a short name among them is left out.
    """
    common, meant = settled_by_hand("common"), settled_by_hand("meant")
    counties = list(_counties(package / _ARCHIVE))
    shorts = Counter(short for _, _, short in counties)
    seen: set[str] = set()
    for adcode, name, short in sorted(counties):
        if adcode in seen:
            continue
        seen.add(adcode)
        is_district = name.endswith("区")
        usable = len(short) > 1 and shorts[short] == 1 and short not in common
        usable = usable and (short in meant or short not in words)
        yield adcode, name, short if usable and not is_district and short != name else ""


def _counties(archive: Path) -> Iterator[tuple[str, str, str]]:
    """Walk the dictionary: one name per line, indented by level."""
    with zipfile.ZipFile(archive) as bundle, bundle.open(_MEMBER) as raw:
        for line in io.TextIOWrapper(raw, encoding="utf-8"):
            if not line.startswith(_COUNTY_INDENT) or line.startswith(_COUNTY_INDENT + "\t"):
                continue
            name, code, short = [*line.strip().split("\t"), "", ""][:3]
            if len(code) == 6 and int(code[4:]) not in (0, *_ZONES) and name not in _STAND_INS:
                yield code, name, short.split("/")[0]


def upper_rows(table: str) -> Iterator[tuple[str, str, str]]:
    """The rows of provinces and prefectures of a table."""
    for line in table.splitlines():
        adcode, name, short = [*line.split("\t"), "", ""][:3]
        if not line.startswith("#") and adcode.endswith("00"):
            yield adcode, name, short


def everyday_words() -> frozenset[str]:
    """The words of jieba's dictionary that are no place (its tags begin with ns)."""
    spec = find_spec("jieba")
    assert spec and spec.origin
    lines = (Path(spec.origin).parent / "dict.txt").read_text("utf-8").splitlines()
    return frozenset(word for word, _, tag in (line.split(" ") for line in lines) if not tag.startswith("ns"))


def write_table(upper: Iterable[tuple[str, str, str]], counties: Iterable[tuple[str, str, str]]) -> str:
    """The text of the table; a short name that a province or prefecture also bears is theirs."""
    above = list(upper)
    taken = {name for _, full, short in above for name in (full, short, full.removesuffix("市"))}
    rows = above + [(code, name, "" if short in taken else short) for code, name, short in counties]
    return HEADER + "".join("\t".join(row) + "\n" for row in sorted(rows))


def main() -> None:
    """Write the table in place."""
    spec = find_spec("jionlp")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("place names are missing: install the jionlp package")
    package = Path(next(iter(spec.submodule_search_locations)))
    upper = list(upper_rows(TABLE.read_text("utf-8")))
    TABLE.write_text(write_table(upper, county_rows(package, everyday_words())), "utf-8")


if __name__ == "__main__":
    main()
