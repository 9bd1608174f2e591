import zipfile
from pathlib import Path

import pytest

from knowledge.region_table import county_rows, upper_rows, write_table

DICTIONARY = """湖南省\t430000\t湖南
\t长沙市\t430100\t长沙
\t\t岳麓区\t430104\t岳麓
\t\t长沙县\t430121\t长沙
\t\t浏阳市\t430181\t浏阳
\t\t\t某镇\t\t
\t怀化市\t431200\t怀化
\t\t通道侗族自治县\t431230\t通道
\t\t高新区\t431271\t高新
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with a dictionary as the jionlp package carries one."""
    (tmp_path / "dictionary").mkdir()
    with zipfile.ZipFile(tmp_path / "dictionary/china_location.zip", "w") as bundle:
        bundle.writestr("china_location.txt", DICTIONARY)
    return tmp_path


def test_counties_get_a_short_name_only_where_it_is_neither_word_nor_another_place(package: Path):
    upper = [("430000", "湖南省", "湖南"), ("430100", "长沙市", "长沙")]

    table = write_table(upper, county_rows(package, frozenset({"通道"})))

    assert list(table.splitlines()[2:]) == [
        "430000\t湖南省\t湖南",
        "430100\t长沙市\t长沙",
        "430104\t岳麓区\t",
        "430121\t长沙县\t",
        "430181\t浏阳市\t浏阳",
        "431230\t通道侗族自治县\t",
    ]


def test_the_rows_of_provinces_and_prefectures_are_kept_as_they_stand():
    table = "# head\n430000\t湖南省\t湖南\n430121\t长沙县\t\n442000\t中山市\t\n"

    assert list(upper_rows(table)) == [("430000", "湖南省", "湖南"), ("442000", "中山市", "")]
