"""Open311：有哪些服务、什么代码、从哪里进，照规范一项一项对。"""

import pytest

from api.open311.services import services
from tests.api.test_open311 import V2, xml
from tickets.model import Category


@pytest.fixture(scope="module")
def client(desk_client):
    return desk_client


def test_every_category_is_one_service_under_a_code_that_never_changes():
    """代码是对外的约定，只能加，不能改。"""
    assert {code: service.category.value for code, service in services().items()} == {
        "minimum_living": "低保",
        "extreme_poverty": "特困供养",
        "marginal": "低保边缘/刚性支出",
        "temporary": "临时救助",
        "disaster": "受灾救助",
        "vagrancy": "流浪乞讨救助",
        "medical": "医疗救助",
        "education": "教育救助",
        "housing": "住房救助",
        "employment": "就业救助",
        "disability": "残疾人福利",
        "elderly": "老年人福利",
        "children": "儿童福利",
        "funeral_and_other": "丧葬/其他民政",
        "complaint": "投诉建议",
    }
    assert len(services()) == len(Category)


def test_the_services_read_as_in_the_specification(client):
    """Element names of the example under GET Service List, in XML with its declaration and in JSON."""
    answer = client.get(f"{V2}/services.xml", params={"jurisdiction_id": "example.gov.cn"})
    found = xml(answer)
    told = client.get(f"{V2}/services.json").json()

    assert answer.content.lower().startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    assert (found.tag, {child.tag for child in found}) == ("services", {"service"})
    assert {field.tag for field in found[0]} == {
        *("service_code", "service_name", "description", "metadata", "type", "keywords", "group")
    }
    assert found.findtext("service[service_code='medical']/service_name") == "医疗救助"
    assert [each.findtext("service_code") for each in found] == [each["service_code"] for each in told]
    assert told[0]["metadata"] is True and found[0].findtext("metadata") == "true"


def test_a_service_is_defined_by_its_attributes(client):
    found = xml(client.get(f"{V2}/services/medical.xml"))

    assert (found.tag, found.findtext("service_code")) == ("service_definition", "medical")
    assert found.xpath("attributes/attribute/code/text()") == ["beneficiary", "relation", "anonymous"]
    assert found.xpath("attributes/attribute[code='anonymous']/values/value/key/text()") == ["true", "false"]
    assert found.xpath("attributes/attribute/order/text()") == ["1", "2", "3"]


def test_discovery_says_where_and_in_which_formats(client):
    found = xml(client.get(f"{V2}/discovery.xml"))

    assert found.findtext("endpoints/endpoint/specification") == "http://wiki.open311.org/GeoReport_v2"
    assert found.findtext("endpoints/endpoint/url") == f"http://testserver{V2}"
    assert found.xpath("endpoints/endpoint/formats/format/text()") == ["text/xml", "application/json"]
    assert client.get(f"{V2}/discovery.json").json()["endpoints"][0]["type"] == "production"
