"""事件流：断线重连不丢不重。"""

import json
import threading

import httpx


def read_events(base_url, conversation_id, headers, count, last_event_id=None):
    """Read `count` events as a browser would: (event id, message)."""
    headers = {**headers, **({"Last-Event-ID": last_event_id} if last_event_id else {})}
    events, event = [], {}
    url = f"{base_url}/v1/conversations/{conversation_id}/events"
    with httpx.stream("GET", url, headers=headers, timeout=20) as stream:
        for line in stream.iter_lines():
            if line:
                name, _, value = line.partition(":")
                event[name] = value.strip()
                continue
            if "data" in event:
                events.append((event["id"], json.loads(event["data"])))
            event = {}
            if len(events) == count:
                return events
    return events


def test_a_stream_tells_everything_from_the_beginning(hotline, citizen):
    citizen.say("你好")

    events = read_events(hotline.base_url, citizen.id, citizen.headers, 3)

    assert [m["role"] for _, m in events] == ["assistant", "citizen", "assistant"]
    assert [m["id"] for _, m in events] == [m["id"] for m in citizen.transcript()]


def test_reconnecting_loses_and_repeats_nothing(hotline, citizen):
    citizen.say("你好")
    first = read_events(hotline.base_url, citizen.id, citizen.headers, 2)
    citizen.say("谢谢")

    rest = read_events(hotline.base_url, citizen.id, citizen.headers, 3, last_event_id=first[-1][0])

    assert [m["id"] for _, m in first + rest] == [m["id"] for m in citizen.transcript()]


def test_a_waiting_stream_is_woken_by_a_new_message(hotline, citizen):
    got = []
    reader = threading.Thread(
        target=lambda: got.extend(read_events(hotline.base_url, citizen.id, citizen.headers, 3))
    )
    reader.start()
    citizen.say("你好")
    reader.join(10)

    assert [m["text"] for _, m in got][1] == "你好"


def test_a_stream_opens_only_with_the_token(hotline, citizen):
    url = f"{hotline.base_url}/v1/conversations/{citizen.id}/events"

    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers={"Authorization": "Bearer wrong"}).status_code == 404
