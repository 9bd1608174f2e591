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
    ],
)
def test_places_are_recognised_but_not_streets_named_after_them(text: str, places: tuple[str, ...]):
    assert region.named_in(text) == places


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
