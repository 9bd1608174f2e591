"""别人写的 Open311 客户端（georeport，PyPI，Apache-2.0）不改一行，就能用我们的接口。

It reads; what it reads is filed by the own example of the specification under POST Service Request.
"""

import threading
from collections.abc import Iterator

import httpx
import pytest
import requests
import uvicorn
from georeport import GeoReport

from api.accounts.model import Role
from api.main import create_app
from api.settings import Settings
from tests.conftest import free_port, wait_until

EXAMPLE = (
    "api_key={key}&jurisdiction_id=city.gov&service_code=temporary&lat=27.76524078&long=111.4212043"
    "&address_string=%E9%9A%86%E5%9B%9E%E5%8E%BF&email=smit333%40sfgov.edu&device_id=tt222111"
    "&account_id=123456&first_name=john&last_name=smith&phone=13800001111"
    "&description=%E5%AE%B6%E9%87%8C+%E6%B2%A1%E6%9C%89%E7%B1%B3%E4%BA%86"
    "&media_url=http%3A%2F%2Ffarm3.static.flickr.com%2F2002%2F2212426634_5ed477a060.jpg"
    "&attribute[WHISPAWN]=123456&attribute[WHISDORN]=COISL001"
)
"""The example under POST Service Request, with a service, a place and words of ours."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a running api's GeoReport endpoint, and a key."""
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("open311"), rasa_url=None, database_url=None))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    yield f"http://127.0.0.1:{port}/open311/v2", app.state.service.accounts.add_key("app", Role.AGENT)
    server.should_exit = True
    thread.join(10)


@pytest.fixture(params=["xml", "json"])
def georeport(request, api, monkeypatch) -> GeoReport:
    """The client, in either format. Reading it sends no key: its HTTP library does, as a gateway would."""
    url, key = api
    plain = requests.sessions.default_headers
    monkeypatch.setattr(
        requests.sessions,
        "default_headers",
        lambda: requests.structures.CaseInsensitiveDict(plain(), **{"X-API-Key": key}),
    )
    return GeoReport(url, jurisdiction="city.gov", output_format=request.param)


@pytest.fixture(scope="module")
def filed(api) -> str:
    url, key = api
    sent = httpx.post(
        f"{url}/requests.xml",
        content=EXAMPLE.format(key=key).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
    )
    assert sent.status_code == 201, sent.text
    return sent.text.partition("<service_request_id>")[2].partition("<")[0]


def test_it_lists_the_services_and_their_attributes(georeport):
    services = {service["service_code"]: service["service_name"] for service in georeport.get_service_list()}
    definition = georeport.get_service_definition("medical")

    assert len(services) == 15 and services["minimum_living"] == "最低生活保障"
    assert definition["service_code"] == "medical" and definition["attributes"]


def test_it_finds_what_was_filed(georeport, filed):
    found = georeport.get_service_requests(service_code="temporary", status="open")
    one = georeport.get_service_request(filed)

    listed = found if isinstance(found, list) else [found]  # one alone, xmltodict gives as it is
    assert [request["service_request_id"] for request in listed] == [filed] == [one["service_request_id"]]
    assert one["description"] == "家里 没有米了"
    assert (one["status"], one["address"], one["address_id"]) == ("open", "湖南省邵阳市隆回县", "430524")


def test_a_wrong_number_is_an_error_to_it(georeport):
    with pytest.raises(requests.HTTPError, match="404"):
        georeport.get_service_request("20260101-0001-1")
