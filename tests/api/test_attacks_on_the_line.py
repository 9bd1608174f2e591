"""打在线路上的招：慢、大、乱、假，服务都要好好的。对着真的 api 进程。"""

import json
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.api.served import Served, closes_within, received, serving

PATIENCE = 2.0
PHONE = "13712340753"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(
        tmp_path_factory.mktemp("served"),
        HOTLINE_REQUEST_SECONDS=str(PATIENCE),
        HOTLINE_LOG_LEVEL="DEBUG",
        HOTLINE_STREAMS_PER_CONVERSATION="2",
        HOTLINE_ADDRESS_STREAMS="6",
        HOTLINE_TRUSTED_PROXIES="",
    ) as running:
        yield running
        assert running.alive(), "an attack ended the service"


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: hotline", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin1") + body


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


# Slow


def test_headers_that_never_end_do_not_hold_a_connection(served: Served):
    """slowloris：一个字节一个字节地送头，到时候就断开。"""
    with served.connected() as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: hotline\r\n")
        begun = time.monotonic()
        answer, ended = b"", False
        line.settimeout(0.3)
        while not ended and time.monotonic() - begun < 4 * PATIENCE:
            try:
                line.sendall(b"X-A: b\r\n")
                piece = line.recv(4096)
                answer, ended = answer + piece, not piece
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                ended = True

    assert ended and time.monotonic() - begun < 3 * PATIENCE
    assert not answer or status(answer) == 408


def test_a_silent_connection_is_closed(served: Served):
    with served.connected() as line:
        assert closes_within(line, 3 * PATIENCE)


def test_a_second_request_that_comes_slowly_is_not_waited_for_either(served: Served):
    with served.connected() as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: hotline\r\n\r\n")
        time.sleep(0.5)
        line.sendall(b"GET /hea")
        assert closes_within(line, 3 * PATIENCE)


def test_a_body_that_never_ends_is_not_waited_for(served: Served):
    with served.connected() as line:
        line.settimeout(4 * PATIENCE)
        line.sendall(
            post("/v1/conversations", b"", "Content-Type: application/json").replace(b": 0", b": 900")
        )
        line.sendall(b'{"region"')
        answer = received(line)

    assert status(answer) == 408
    assert "请再发一次" in answer.decode()


def test_a_hundred_slow_clients_keep_nobody_else_waiting(served: Served):
    lines = [served.connected() for _ in range(100)]
    try:
        for line in lines:
            line.sendall(b"POST /v1/conversations HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n{")
        begun = time.monotonic()
        assert served.open()
        assert time.monotonic() - begun < 5
    finally:
        for line in lines:
            line.close()


def test_slow_but_steady_citizens_are_served(served: Served):
    """老人机网慢，但在时限内送完的，照收不误。"""
    body = b'{"region": "430000"}'
    sent = post("/v1/conversations", body, "Content-Type: application/json", "Connection: close")
    with served.connected() as line:
        line.settimeout(10)
        for at in range(0, len(sent), 20):
            line.sendall(sent[at : at + 20])
            time.sleep(0.1)
        assert status(received(line)) == 201


# Large


def test_headers_over_16_kilobytes_are_refused(served: Served):
    for sent in (
        b"GET / HTTP/1.1\r\nHost: h\r\nX-A: " + b"a" * 40_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X-A: b\r\n" * 5000 + b"\r\n",
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nX-A: " + b"a" * 40_000,
    ):
        assert status(served.raw(sent, 5)) == 431


def test_a_body_that_is_larger_than_it_says_is_cut_off(served: Served):
    sent = b"POST /v1/conversations HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"

    assert status(served.raw(sent + chunk * 6, 5)) == 413


def test_a_huge_body_is_refused_by_its_length_before_it_is_sent(served: Served):
    sent = b"POST /plain/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999999999999999\r\n\r\n"

    assert status(served.raw(sent, 5)) in (400, 413)
    assert status(served.raw(sent.replace(b"9" * 24, b"99999999"), 5)) == 413


# Smuggled


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: -1",
        "Content-Length: +5",
        "Transfer-Encoding: xchunked",
        "X-A: b\rX-C: d",
        "X-A: b\x00c",
    ],
)
def test_requests_that_could_be_read_in_two_ways_are_refused(served: Served, headers: str):
    """请求走私：头里自相矛盾的一律不收。"""
    sent = f"POST /v1/conversations HTTP/1.1\r\nHost: h\r\n{headers}\r\n\r\nhello".encode("latin1")

    assert status(served.raw(sent, 3 * PATIENCE)) in (400, 408, 413)


def test_a_line_break_in_an_address_makes_no_header(served: Served):
    for path in ("/plain%0d%0aX-Evil:%201", "/%0d%0aSet-Cookie:a=b", "/progress?number=1%0d%0aX-Evil:1"):
        head = served.raw(f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode()).split(
            b"\r\n\r\n"
        )[0]
        assert b"\r\nX-Evil" not in head and b"\r\nSet-Cookie" not in head


@pytest.mark.parametrize("upgrade", ["websocket", "h2c"])
def test_no_other_protocol_is_spoken(served: Served, upgrade: str):
    sent = (
        "GET /v1/conversations/c_1/events HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, close\r\n"
        f"Upgrade: {upgrade}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    ).encode()

    assert status(served.raw(sent, 5)) != 101


# Paths


@pytest.mark.parametrize(
    "path",
    [
        "/static/../main.py",
        "/static/%2e%2e/main.py",
        "/static/..%2fmain.py",
        "/static/..%5cmain.py",
        "/static/chat/../../settings.py",
        "/static/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/static//etc/passwd",
        "/static/chat/%00",
        "/static/" + "a/" * 2000,
    ],
)
def test_static_gives_its_own_files_only(served: Served, path: str):
    answer = served.raw(get(path), 5)

    assert status(answer) in (400, 404, 405)
    assert b"import" not in answer and b"root:" not in answer


def test_many_ranges_of_a_file_cost_little(served: Served):
    """一次要一万段：不能拖垮服务。"""
    ranges = "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 4000, 2))
    begun = time.monotonic()

    answer = httpx.get(f"{served.url}/static/chat/element.js", headers={"Range": ranges[:15_000]}, timeout=10)

    assert answer.status_code in (200, 206, 400, 416)
    assert len(answer.content) < 1_000_000 and time.monotonic() - begun < 3


@pytest.mark.parametrize(
    "path", ["//evil.example/", "//evil.example/%2f..", "/\\evil.example/", "/console/", "/plain/"]
)
def test_no_address_leads_to_another_site(served: Served, path: str):
    head, _, _ = served.raw(get(path)).partition(b"\r\n\r\n")

    leads_to = [line for line in head.split(b"\r\n") if line.lower().startswith(b"location:")]
    assert all(line.startswith((b"location: /", b"location: http://h/")) for line in leads_to), leads_to
    assert not any(line.startswith(b"location: //") for line in leads_to)


def test_the_host_header_appears_in_no_page(served: Served):
    for path in ("/", "/plain", "/progress", "/widget.js", "/console/login"):
        answer = httpx.get(f"{served.url}{path}", headers={"Host": "evil.example"})
        assert "evil.example" not in answer.text, path
    started = httpx.post(f"{served.url}/plain/start", headers={"Host": "evil.example"})
    assert started.headers["location"] == "/plain?started=true"


def test_a_header_that_names_another_method_changes_nothing(served: Served):
    _, token, path = served.open()
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        headers = {name: "DELETE", "Authorization": f"Bearer {token}"}
        assert httpx.post(f"{served.url}{path}?_method=DELETE", headers=headers).status_code == 405
    kept = httpx.get(f"{served.url}{path}/messages", headers={"Authorization": f"Bearer {token}"})
    assert kept.status_code == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "PATCH", "PROPFIND"])
def test_methods_that_nobody_needs_are_refused(served: Served, method: str):
    target = "/" if method != "CONNECT" else "h:80"

    assert (
        status(served.raw(f"{method} {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode(), 5))
        >= 400
    )


def test_a_forged_forwarding_header_makes_no_secure_cookie_and_no_address(served: Served):
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "Forwarded": "for=203.0.113.9"}

    assert "Secure" not in httpx.post(f"{served.url}/plain/start", headers=forged).headers["set-cookie"]


# Streams


def streaming(
    served: Served, path: str, token: str, stop: threading.Event, found: list[int]
) -> threading.Thread:
    def read() -> None:
        url = f"{served.url}{path}/events"
        with httpx.stream("GET", url, headers={"Authorization": f"Bearer {token}"}, timeout=20) as answer:
            found.append(answer.status_code)
            while answer.status_code == 200 and not stop.wait(0.1):
                pass

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def test_a_flood_of_streams_is_refused_and_places_come_back(served: Served):
    """一段对话最多两个页面，一个地址最多六个；关掉的马上空出来。"""
    stop, found = threading.Event(), []
    talks = [served.open() for _ in range(4)]
    threads = [streaming(served, path, token, stop, found) for _, token, path in talks for _ in range(3)]
    deadline = time.monotonic() + 10
    while len(found) < 12 and time.monotonic() < deadline:
        time.sleep(0.1)

    assert (found.count(200), found.count(429)) == (6, 6)
    stop.set()
    for thread in threads:
        thread.join(5)
    _, token, path = talks[-1]
    again = threading.Event()
    again.set()
    deadline, statuses = time.monotonic() + 10, [429]
    while statuses[-1] == 429 and time.monotonic() < deadline:
        streaming(served, path, token, again, statuses).join(5)
        time.sleep(0.2)
    assert statuses[-1] == 200


@pytest.mark.parametrize("event", ["-1", "abc", "9" * 40, "1;DROP TABLE messages", "１"])
def test_an_event_id_that_is_none_is_refused(served: Served, event: str):
    _, token, path = served.open()
    headers = {"Authorization": f"Bearer {token}", "Last-Event-ID": event.encode()}

    assert httpx.get(f"{served.url}{path}/events", headers=headers, timeout=5).status_code == 422


# What is left behind


def test_nothing_of_all_this_is_in_the_log(served: Served):
    """凭证放在地址里、话说到一半出错，日志里都没有。"""
    identity, token, path = served.open()
    httpx.get(f"{served.url}{path}/messages?token={token}")
    httpx.get(f"{served.url}{path}/messages?token={token}x")
    httpx.get(f"{served.url}/progress?number={PHONE}")
    httpx.post(f"{served.url}/v1/progress", json={"number": PHONE, "phone_tail": PHONE[-4:]})
    httpx.post(
        f"{served.url}{path}/messages", json={"text": PHONE}, headers={"Authorization": f"Bearer {token}"}
    )
    httpx.post(f"{served.url}/v1/conversations", content=b'{"x": "' + PHONE.encode())

    log = served.log.read_text("utf-8")

    assert "turn_answered" in log
    for secret in (token, PHONE, PHONE[-4:] + '"', identity):
        assert secret not in log
    assert all(json.loads(line) for line in log.splitlines() if line.startswith("{"))
