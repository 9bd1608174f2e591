"""派单：哪个单位管，没有就交上一级，绝不落空。"""

import itertools
from pathlib import Path

import pytest

from tickets.errors import BadRequest
from tickets.gazetteer import load_gazetteer
from tickets.model import Area, Category, Urgency
from tickets.places import resolve_place
from tickets.routing import Level, Offices, load_offices

LONGHUI = Area("湖南省", "邵阳市", "隆回县", adcode="430524")


def table(tmp_path: Path, *rows: str, home: str = "000000") -> Offices:
    path = tmp_path / "offices.yml"
    path.write_text("\n".join(["offices:", *(f"  - {{{row}}}" for row in rows)]), "utf-8")
    return load_offices(path, home)


def office(offices: Offices, area: Area | None, category=Category.MINIMUM_LIVING, urgency=Urgency.NORMAL):
    return offices.office_for(area, category, urgency)


COUNTY = 'adcode: "430524", office: 隆回县民政局, department: 民政'
MEDICAL = 'adcode: "430524", office: 隆回县医疗保障局, department: 医疗保障'
CITY = 'adcode: "430500", office: 邵阳市民政局, department: 民政, any_matter: true'


def test_the_county_office_that_is_responsible_comes_first(tmp_path):
    assigned = office(table(tmp_path, COUNTY, CITY), LONGHUI)

    assert (assigned.office, assigned.level, assigned.adcode) == ("隆回县民政局", Level.COUNTY, "430524")
    assert "社会救助暂行办法第十一条" in assigned.reason


def test_each_matter_goes_to_the_department_that_the_rules_name(tmp_path):
    """医疗救助归医保部门（第三十条），低保归民政部门（第十一条）。"""
    offices = table(tmp_path, COUNTY, MEDICAL, CITY)

    assigned = office(offices, LONGHUI, Category.MEDICAL)

    assert assigned.office == "隆回县医疗保障局"
    assert "第三十条" in assigned.reason
    assert office(offices, LONGHUI).office == "隆回县民政局"


def test_the_office_of_the_township_answers_for_its_township_alone(tmp_path):
    township = 'adcode: "430524", township: 司门前镇, office: 司门前镇社会事务办, department: 民政'
    offices = table(tmp_path, COUNTY, township)

    here = office(offices, Area("湖南省", "邵阳市", "隆回县", "司门前镇", "430524"))

    assert (here.office, here.level) == ("司门前镇社会事务办", Level.TOWNSHIP)
    assert office(offices, Area("湖南省", "邵阳市", "隆回县", "滩头镇", "430524")).level is Level.COUNTY
    assert office(offices, LONGHUI).level is Level.COUNTY


def test_who_takes_any_matter_stands_in_before_it_goes_up(tmp_path):
    """第六十条：分不清归谁管的，先找民政部门，由它转交。"""
    anything = COUNTY + ", any_matter: true"
    city_medical = 'adcode: "430500", office: 邵阳市医疗保障局, department: 医疗保障'

    assigned = office(table(tmp_path, anything, city_medical), LONGHUI, Category.MEDICAL)

    assert assigned.office == "隆回县民政局"
    assert "第六十条" in assigned.reason


def test_what_no_office_of_the_county_takes_goes_one_level_up_and_says_why(tmp_path):
    assigned = office(table(tmp_path, COUNTY, CITY), LONGHUI, Category.MEDICAL)

    assert (assigned.office, assigned.level) == ("邵阳市民政局", Level.CITY)
    assert assigned.reason == "隆回县没有登记医疗救助的单位，交邵阳市民政局"


def test_it_goes_up_to_the_province_and_at_last_to_the_national_line(tmp_path):
    province = 'adcode: "430000", office: 湖南省民政厅, any_matter: true'

    elsewhere = 'adcode: "110000", office: 北京市民政局, any_matter: true'

    assert office(table(tmp_path, province), LONGHUI).level is Level.PROVINCE
    assert office(table(tmp_path, elsewhere), LONGHUI).level is Level.MINISTRY


def test_an_office_on_duty_takes_only_what_is_urgent(tmp_path):
    duty = 'adcode: "430524", office: 隆回县值班室, department: 民政, urgencies: [紧急]'
    offices = table(tmp_path, COUNTY, duty)

    assert office(offices, LONGHUI, urgency=Urgency.URGENT).office == "隆回县值班室"
    assert office(offices, LONGHUI, urgency=Urgency.NORMAL).office == "隆回县民政局"


def test_the_responsible_office_goes_before_one_on_duty_for_anything(tmp_path):
    duty = 'adcode: "430524", office: 隆回县值班室, any_matter: true, urgencies: [紧急]'
    offices = table(tmp_path, COUNTY, duty)

    assert office(offices, LONGHUI, urgency=Urgency.URGENT).office == "隆回县民政局"
    assert office(offices, LONGHUI, Category.MEDICAL, Urgency.URGENT).office == "隆回县值班室"


@pytest.mark.parametrize(("category", "urgency"), list(itertools.product(Category, Urgency)))
def test_nothing_ends_nowhere(category, urgency):
    """任何地方、任何事项、任何紧急程度，都要有单位接。"""
    offices = load_offices()
    everywhere = [place for place in load_gazetteer().by_title.values() if place.adcode][::40]

    for area in (None, Area(), *(Area(adcode=place.adcode) for place in everywhere)):
        assert offices.office_for(area, category, urgency).office


def test_a_place_known_only_to_the_city_is_routed_to_the_city(tmp_path):
    """县没有问清楚，也不乱派给某个县：交给肯定的那一级。"""
    area = resolve_place("隆回还是洞口我也搞不清")

    assigned = office(table(tmp_path, COUNTY, CITY), area)

    assert area is not None
    assert area.adcode is None
    assert assigned.office == "邵阳市民政局"


def test_an_unknown_place_goes_to_the_region_that_runs_the_hotline(tmp_path):
    assigned = office(table(tmp_path, COUNTY, CITY, home="430500"), None)

    assert assigned.office == "邵阳市民政局"
    assert "还不知道在哪里" in assigned.reason


def test_the_sample_says_that_it_is_one_and_its_numbers_reach_nobody():
    offices = load_offices()

    sample = [row for row in offices.rows if row.sample]

    assert office(offices, LONGHUI).sample
    cities = {row.adcode for row in sample if row.level is Level.CITY}
    assert cities == {*(f"43{number:02}00" for number in range(1, 14)), "433100"}
    assert all(row.phone is None or row.phone.endswith("-00000000") for row in sample)
    assert [row.office for row in offices.rows if not row.sample] == ["民政部（经12345政务服务便民热线转接）"]


def test_no_sample_row_answers_beside_a_table_of_ones_own(tmp_path):
    """有了自己的单位表，示例数据一条也不能再出现。"""
    offices = table(tmp_path, COUNTY)

    assert [row.office for row in offices.rows if row.sample] == []
    assert office(offices, Area("湖南省", "长沙市", adcode="430100")).level is Level.MINISTRY


def test_a_row_copied_from_the_sample_does_not_answer_either(tmp_path):
    """从示例里抄来、没有改完的行（sample: true）不算数，免得把编造的电话告诉群众。"""
    offices = table(tmp_path, COUNTY + ", sample: true", CITY)

    assert office(offices, LONGHUI).office == "邵阳市民政局"


def test_a_table_that_is_not_there_yet_leaves_the_sample(tmp_path):
    assert office(load_offices(tmp_path / "missing.yml"), LONGHUI).sample


def test_every_category_has_a_department_and_the_rule_that_says_so():
    assert set(load_offices().sources) == set(Category)


def test_a_national_row_of_ones_own_must_take_everything(tmp_path):
    with pytest.raises(BadRequest, match="000000"):
        table(tmp_path, 'adcode: "000000", office: 总台, categories: [低保]')


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ('adcode: "430599", office: 某局, department: 民政', "430599"),
        ("adcode: 430524, office: 某局, department: 民政", "in quotes"),
        ('adcode: "430524", office: 某局, department: 民族', "民族"),
        ('adcode: "430524", office: 某局, categories: [低保金]', "低保金"),
        ('adcode: "430524", office: 某局', "say what it takes"),
        ('adcode: "430524", department: 民政', "name the office"),
        ('adcode: "430524", office: 某局, department: 民政, telephone: "1"', "telephone"),
        ('adcode: "430500", township: 司门前镇, office: 某局, department: 民政', "county"),
        (COUNTY.replace("隆回县民政局", "另一个局"), "already given"),
    ],
)
def test_a_row_that_would_never_answer_is_refused_by_its_number(tmp_path, row, says):
    """写错的行要指出是第几行、错在哪里，不能悄悄不起作用。"""
    with pytest.raises(BadRequest, match=r"offices\.yml row 2 .*") as refused:
        table(tmp_path, COUNTY, row)

    assert says in str(refused.value)


def test_a_file_that_is_no_table_is_refused(tmp_path):
    path = tmp_path / "offices.yml"
    path.write_text("隆回县民政局", "utf-8")

    with pytest.raises(BadRequest, match="offices:"):
        load_offices(path)
