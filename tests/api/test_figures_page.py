"""“运行情况”一页、它的表格文件、接口和命令：班长和审计员能看，别人不能；写什么都不会变成代码。"""

import csv
import io
import json
import re
import secrets
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.accounts.model import Role, Scope
from api.commands import app as hotline
from api.figures.service import NAMES
from api.main import create_app
from api.settings import Settings
from tickets.model import Actor, Area, Category
from tickets.model import Role as DeskRole

PASSWORD = "a long enough password"
HOSTILE = '</script><img src=x onerror="alert(1)">'
FORMULA = '=HYPERLINK("http://x","y")'


@pytest.fixture(scope="module")
def desk_client(tmp_path_factory):
    """A hotline of its own: what others file elsewhere would change the figures."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("figures"), rasa_url=None, database_url=None)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def key_of(desk_client):
    """Headers with a new key of a role."""

    def make(role: Role, *scopes: Scope) -> dict[str, str]:
        accounts = desk_client.app.state.service.accounts
        return {"X-API-Key": accounts.add_key(f"{role}-{secrets.token_hex(4)}", role, scopes)}

    return make


@pytest.fixture
def browser_of(desk_client):
    """Make a browser in which somebody of this role is signed in."""

    def make(role: Role) -> TestClient:
        accounts, name = desk_client.app.state.service.accounts, f"yunxing-{role}"
        if name not in {account.name for account in accounts.list_users()}:
            accounts.add_user(name, role, PASSWORD)
        browser = TestClient(desk_client.app, follow_redirects=False)
        form = re.findall(r'name="form" value="([^"]+)"', browser.get("/console/login").text)[0]
        signed_in = browser.post("/console/login", data={"name": name, "password": PASSWORD, "form": form})
        assert signed_in.status_code == 303
        return browser

    return make


@pytest.fixture
def supervisor(browser_of) -> TestClient:
    return browser_of(Role.SUPERVISOR)


@pytest.fixture
def filed(desk_client, new_request):
    """A ticket of today, at an office whose name a spreadsheet would run and a browser would execute."""
    desk = desk_client.app.state.service.desk
    ticket = desk.file(
        new_request(
            category=Category.DISASTER, area=Area("湖南省", HOSTILE, FORMULA, "司门前镇", "430524", "3组")
        )
    )
    actor = Actor("paidan", DeskRole.DISPATCHER)
    return desk.move(ticket.number, "dispatch", actor=actor, office=f"{FORMULA}{HOSTILE}"[:100])


def table_of(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_page_has_every_figure_as_a_table_with_what_it_counts(supervisor, filed):
    """不用脚本也看得全：每个数都有标题、说明、表格和下载。"""
    answer = supervisor.get("/console/figures?period=7")

    assert answer.status_code == 200
    for name in NAMES:
        assert f'id="sheet-{name}"' in answer.text
        assert f"/console/figures/{name}.csv?period=7" in answer.text
    assert "突然增多" in answer.text and "3 倍标准差" in answer.text
    assert "<table>" in answer.text and "受灾救助" in answer.text
    assert "地点最细到县" in answer.text


@pytest.mark.parametrize("role", list(Role))
def test_figures_are_for_supervisors_and_auditors(browser_of, role):
    allowed = role in (Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR)
    browser = browser_of(role)

    for path in ("/console/figures", "/console/figures/volume.csv", "/v1/figures?only=waiting"):
        assert browser.get(path).status_code == (200 if allowed else 403), path


def test_nobody_sees_figures_without_signing_in(desk_client):
    stranger = TestClient(desk_client.app, follow_redirects=False)

    assert stranger.get("/console/figures").status_code == 303
    assert stranger.get("/console/figures/volume.csv").status_code == 303
    assert stranger.get("/v1/figures").status_code == 401


def test_htmx_gets_the_figures_alone(supervisor):
    answer = supervisor.get("/console/figures?period=today", headers={"HX-Request": "true"})

    assert "<html" not in answer.text and 'id="sheet-volume"' in answer.text


@pytest.mark.parametrize(
    "query", ["since=2026-02-30", "since=x&until=y", "since=2999-01-01", "since=2020-01-01&until=2021-01-01"]
)
def test_days_that_make_no_sense_show_today_and_say_why(supervisor, query):
    answer = supervisor.get(f"/console/figures?{query}")

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text and "今天" in answer.text


def test_a_place_is_digits_and_nothing_else(supervisor):
    assert supervisor.get("/console/figures", params={"place": "43' OR 1=1"}).status_code == 422
    assert supervisor.get("/console/figures", params={"place": "430524"}).status_code == 422


def test_names_from_tickets_are_text_in_the_page_and_in_the_charts(supervisor, filed):
    """单位名、地名里写了网页代码，也只是字。"""
    page = supervisor.get("/console/figures?period=today&place=43").text

    assert "<img src=x" not in page
    assert "&lt;/script&gt;&lt;img" in page
    for block in re.findall(r'<script type="application/json" id="data-(\w+)">(.*?)</script>', page):
        json.loads(block[1])
    places = json.loads(re.findall(r'id="data-places">(.*?)</script>', page)[0])
    assert HOSTILE in places["labels"]


def test_a_file_for_spreadsheets_runs_nothing(supervisor, filed):
    """CSV 用 Excel 打开不乱码，也不会当公式执行。"""
    answer = supervisor.get("/console/figures/deadlines.csv?period=today")

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-disposition"].startswith('attachment; filename="deadlines-')
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    headings, *rows = table_of(answer)
    assert headings == ["承办单位", "已超时", "今天到期", "三个工作日内", "以后"]
    offices = [row[0] for row in rows]
    assert any(office.startswith("'=HYPERLINK") for office in offices)
    assert not any(cell.startswith("=") for row in rows for cell in row)


def test_every_figure_is_a_file(supervisor, filed):
    for name in NAMES:
        answer = supervisor.get(f"/console/figures/{name}.csv?period=7")
        assert answer.status_code == 200 and len(table_of(answer)) >= 1, name
    assert supervisor.get("/console/figures/secrets.csv").status_code == 404


def test_programs_get_the_same_numbers_with_their_definitions(desk_client, key_of, filed):
    key = key_of(Role.SUPERVISOR, Scope.FIGURES_READ)
    day = datetime.now(UTC).astimezone().date()

    answer = desk_client.get("/v1/figures", params={"only": ["categories", "waiting"]}, headers=key)

    assert answer.status_code == 200
    body = answer.json()
    assert [figure["name"] for figure in body["figures"]] == ["waiting", "categories"]
    categories = body["figures"][1]
    assert categories["rows"][0]["category"] == "受灾救助" and "平均数" in categories["definition"]
    assert [column["name"] for column in categories["columns"]] == ["category", "tickets", "usual", "spikes"]
    assert abs((datetime.fromisoformat(body["since"]).date() - day).days) <= 1


@pytest.mark.parametrize(
    "query",
    ["since=2026", "only=everything", "place=4", "since=2026-03-02&until=2026-03-01", "since=0001-01-01"],
)
def test_wrong_questions_of_programs_are_refused(desk_client, key_of, query):
    answer = desk_client.get(f"/v1/figures?{query}", headers=key_of(Role.SUPERVISOR))

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_command_prints_tables_or_json(desk_client, filed, monkeypatch):
    settings = desk_client.app.state.service.settings
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(settings.data_dir))

    table = CliRunner().invoke(hotline, ["figures", "--only", "categories"])
    told = CliRunner().invoke(hotline, ["figures", "--only", "categories", "--json"])
    wrong = CliRunner().invoke(hotline, ["figures", "--only", "secrets"])

    assert table.exit_code == 0 and "各类诉求" in table.stdout
    [figure] = json.loads(told.stdout)
    assert figure["rows"][0]["category"] == "受灾救助"
    assert wrong.exit_code == 1 and "there are waiting" in wrong.stderr
