import re
import time

import pytest

from knowledge import region
from knowledge.errors import BadRegion
from knowledge.retrieval import Places, places_for


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("我在杭州打工", ("330100",)),
        ("山东青岛的老人", ("370200",)),
        ("我是浙江人，现在住湖南长沙", ("330000", "430100")),
        ("家住上海路河南街道", ()),
        ("低保怎么办", ()),
        ("我在浏阳，户口在醴陵", ("430181", "430281")),
        ("长沙县和长沙市不一样", ("430121",)),
        ("永州道县的老人", ("431124",)),
        ("在昆山打工", ("320583",)),
        ("住岳麓区", ("430104",)),
        ("南京鼓楼区", ("320106",)),
        ("福州市鼓楼区", ("350102",)),
        ("北京市朝阳区", ("110105",)),
        ("兰州城关区", ("620102",)),
        ("吉林市的低保", ("220200",)),
    ],
)
def test_places_are_recognised_but_not_streets_named_after_them(text: str, places: tuple[str, ...]):
    assert region.named_in(text) == places


NO_PLACES = """
北京西路 吉林大道 上海村 南京三路 鼓楼区 朝阳 朝阳区
城关 新城 和平 主城区 西湖区 街道县级民政部门 公安机关
通道堵了 示范县 沿海城市 今天等了很久 我叫张建平 国家政策和规定 出海口
推广安全常识 重大庆典 投资兴业 省和县人民政府 矿区 城区 辖区县级
"""


@pytest.mark.parametrize("text", NO_PLACES.split())
def test_ambiguous_names_and_everyday_words_are_no_places(text: str):
    """认错省份比认不出更糟：别省的规定不能拿来答湖南人。"""
    assert region.named_in(text) == ()


@pytest.mark.parametrize(
    ("title", "place"),
    [
        ("湖南省长沙市岳麓区民政局关于低保的通知", "430104"),
        ("长沙县低保实施细则", "430121"),
        ("浏阳市民政局", "430181"),
        ("鼓楼区低保办法", "000000"),
        ("社会救助暂行办法", "000000"),
    ],
)
def test_a_title_begins_with_the_most_exact_place(title: str, place: str):
    assert region.prefix_of(title) == place


def test_every_place_has_a_code_of_its_own_and_a_name_without_remarks():
    places = region.regions()

    assert len({place.adcode for place in places}) == len(places) > 3_000
    assert all(re.fullmatch(r"[\u3400-\u9fff]{2,20}", place.name) for place in places)
    assert all("/" not in place.short for place in places)


def test_a_question_is_looked_through_in_less_than_a_millisecond():
    question = "我是浏阳人，在长沙县打工，孩子在岳麓区上学，低保能在哪里申请，要什么材料"
    region.named_in(question)
    started = time.process_time()

    for _ in range(100):
        region.named_in(question)

    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(
    ("document", "place", "binds"),
    [
        ("000000", "430000", True),
        ("430000", "430102", True),
        ("430100", "430000", False),
        ("330000", "430000", False),
    ],
)
def test_a_text_binds_its_own_area_only(document: str, place: str, binds: bool):
    assert region.applies(document, [place]) is binds


def test_the_default_place_counts_only_where_nobody_named_one():
    assert places_for("低保怎么办", None, "430000") == Places(("430000",), named=False)
    assert places_for("在浙江低保怎么办", None, "430000") == Places(("330000",), named=True)
    assert places_for("在浙江低保怎么办", "430000", "430000") == Places(("430000", "330000"), named=True)
    assert places_for("青岛的养老院", "370000", "430000") == Places(("370200",), named=True)


def test_a_region_that_is_no_adcode_is_refused():
    with pytest.raises(BadRegion, match="6-digit"):
        places_for("低保", "湖南", "430000")
