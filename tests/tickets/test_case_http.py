"""Sending over real HTTP: what counts as accepted, how long it may take, where it may go."""

import json
import logging
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.tickets.event_bench import outgoing
from tests.tickets.receiver_bench import SECRET, Fault, Receiver, http_date, wait_until
from tickets.case_http import HttpSender, open_line, retry_after
from tickets.delivery_ports import Answer, OutgoingEvent
from tickets.guarded_http import NoAnswer
from tickets.signing import new_secret, signed_headers, verify

NOW = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)


@pytest.fixture
def engine(sqlite_engine):
    """What is sent does not depend on the database."""
    return sqlite_engine


@pytest.fixture
def event(desk, new_ticket) -> OutgoingEvent:
    return outgoing(desk.file(new_ticket()))


@pytest.fixture
def sender():
    sender = HttpSender(lambda: datetime.now(UTC))
    yield sender
    sender.close()


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


def signed(body: bytes) -> tuple[dict[str, str], bytes]:
    return signed_headers("evt_1", datetime.now(UTC), body, (SECRET,)), body


def test_an_event_arrives_signed_and_is_accepted(sender, receiver, event):
    result = sender.send(receiver.system(), event)

    assert (result.answer, result.status, result.error) == (Answer.ACCEPTED, 204, None)
    [arrival] = receiver.arrivals
    assert arrival.id == f"evt_{event.ticket.number}_1"
    assert arrival.headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(arrival.body)["data"]["number"] == event.ticket.number


def test_every_secret_signs_so_that_the_receiver_may_hold_either(sender, receiver, event):
    fresh = new_secret()
    sender.send(receiver.system(secrets=(fresh, SECRET)), event)

    [arrival] = receiver.arrivals
    assert verify(arrival.headers, arrival.body, (fresh,), datetime.now(UTC)) == event.id


def test_every_attempt_has_the_same_id_and_a_time_of_its_own(receiver, event):
    """时间戳按每次发送计，编号按事件计：隔了三天的重发也不会被当成过期。"""
    clock = [NOW, NOW, NOW + timedelta(days=3), NOW + timedelta(days=3)]
    receiver.clock = lambda: clock[0]
    sender = HttpSender(lambda: clock[0])
    receiver.script.append("500")

    sender.send(receiver.system(), event)
    del clock[:2]
    again = sender.send(receiver.system(), event)
    sender.close()

    assert again.answer is Answer.ACCEPTED
    assert [arrival.id for arrival in receiver.arrivals] == [event.id, event.id]
    assert len({arrival.headers["webhook-timestamp"] for arrival in receiver.arrivals}) == 2


@pytest.mark.parametrize("status", ["400", "500", "502", "503", "504", "429"])
def test_any_other_status_is_a_failure_worth_trying_again(sender, receiver, event, status):
    receiver.script.append(status)

    result = sender.send(receiver.system(), event)

    assert (result.answer, result.status) == (Answer.FAILED, int(status))
    assert result.error == f"it answered {status}"


def test_410_says_that_no_more_is_wanted(sender, receiver, event):
    receiver.script.append("410")

    assert sender.send(receiver.system(), event).answer is Answer.GONE


def test_a_redirect_is_a_failure_and_leads_nowhere(sender, receiver, event):
    with Receiver() as elsewhere:
        receiver.script += [Fault("redirect"), Fault("redirect", location=elsewhere.url)]

        to_metadata = sender.send(receiver.system(), event)
        to_another = sender.send(receiver.system(), event)

        assert elsewhere.connections == 0
    assert to_metadata.answer is to_another.answer is Answer.FAILED
    assert "redirects are not followed" in str(to_metadata.error)


def test_retry_after_is_passed_on(sender, receiver, event):
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    receiver.script += [Fault("429", retry_after="7"), Fault("503", retry_after=http_date(in_an_hour)), "429"]

    seconds, date, none = [sender.send(receiver.system(), event).wait for _ in range(3)]

    assert seconds == timedelta(seconds=7)
    assert date is not None
    assert timedelta(minutes=59) < date <= timedelta(hours=1)
    assert none is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("9" * 5000, 10**8),
        ("Thu, 12 Mar 2026 01:02:00 GMT", 120),
        ("Thursday, 12-Mar-26 01:02:00 GMT", 120),
        ("Thu Mar 12 01:02:00 2026", 120),
        ("Thu, 12 Mar 2026 00:00:00 GMT", 0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_rfc_9110_writes_it(value, seconds):
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert retry_after(value, NOW) == expected


@pytest.mark.parametrize("kind", ["never", "slow_head"])
def test_an_answer_that_does_not_come_is_given_up_in_time(sender, receiver, event, kind):
    """一秒一个字节也算没有回答。"""
    receiver.script.append(Fault(kind, pace=0.05))
    began = time.monotonic()

    result = sender.send(receiver.system(timeout=1), event)

    assert time.monotonic() - began < 1.6
    assert (result.answer, result.status) == (Answer.FAILED, None)
    assert result.error == "no answer within 1 s"


@pytest.mark.parametrize("kind", ["slow_body", "endless_body", "half_body"])
def test_after_2xx_the_rest_of_the_answer_is_not_waited_for(sender, receiver, event, kind):
    receiver.script.append(Fault(kind, pace=0.05))
    began = time.monotonic()

    result = sender.send(receiver.system(timeout=10), event)

    assert time.monotonic() - began < 2
    assert result.answer is Answer.ACCEPTED


@pytest.mark.parametrize("kind", ["close", "reset", "applied_close", "half_head"])
def test_a_connection_that_breaks_before_the_answer_is_a_failure(sender, receiver, event, kind):
    receiver.script.append(kind)

    result = sender.send(receiver.system(), event)

    assert (result.answer, result.status) == (Answer.FAILED, None)
    assert sender.send(receiver.system(), event).answer is Answer.ACCEPTED


def test_a_receiver_that_reads_too_slowly_is_given_up_in_time(receiver):
    """请求发不完，也不能拖过时限。"""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        done = threading.Event()

        def sip() -> None:
            connection, _ = server.accept()
            with connection:
                while not done.wait(0.05) and connection.recv(512):
                    pass

        reader = threading.Thread(target=sip)
        reader.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        line = open_line(receiver.system(url=url).push)
        began = time.monotonic()
        with pytest.raises(NoAnswer, match="no answer within 1 s"):
            line.exchange("POST", url, {}, bytes(20_000_000), seconds=1, most_bytes=1)
        took = time.monotonic() - began
        done.set()
        reader.join()

    assert took < 1.6


def test_what_is_not_http_is_a_failure_whose_words_are_not_repeated(sender, receiver, event):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall("220 机密 ready\r\n\r\n".encode())

        threading.Thread(target=greet).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        result = sender.send(receiver.system(url=url), event)

    assert result.error == "the answer was missing, cut off or not HTTP"


def test_a_machine_that_is_down_is_a_failure_and_afterwards_it_goes_on(sender, receiver, event):
    system = receiver.system()
    with receiver.down():
        result = sender.send(system, event)

    assert result.error == "no connection, or it broke: Connection refused"
    assert sender.send(system, event).answer is Answer.ACCEPTED


def test_one_connection_serves_many_events(sender, receiver, event):
    for _ in range(5):
        sender.send(receiver.system(), event)

    assert len(receiver.arrivals) == 5
    assert receiver.connections == 1


def test_a_connection_that_the_other_side_closed_meanwhile_is_not_used_again(sender, receiver, event):
    system = receiver.system()
    sender.send(system, event)
    receiver.stop()
    receiver.start()

    assert sender.send(system, event).answer is Answer.ACCEPTED


def test_many_threads_send_at_once(sender, receiver, event):
    results = []
    system = receiver.system(at_once=8)
    threads = [
        threading.Thread(target=lambda: results.extend(sender.send(system, event) for _ in range(10)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [result.answer for result in results] == [Answer.ACCEPTED] * 80
    assert len(receiver.applied) == 1


def test_a_changed_row_takes_effect_while_older_exchanges_finish(sender, event):
    with Receiver() as before, Receiver() as after:
        before.script.append(Fault("late", pace=0.5))
        under_way: list = []
        slow = threading.Thread(target=lambda: under_way.append(sender.send(before.system(), event)))
        slow.start()
        wait_until(lambda: len(before.arrivals) == 1)

        assert sender.send(after.system(), event).answer is Answer.ACCEPTED
        assert not under_way
        slow.join()

        assert under_way[0].answer is Answer.ACCEPTED
        assert len(after.arrivals) == 1
        wait_until(lambda: before.open_connections == 0)


def test_an_answer_longer_than_asked_for_is_not_read(receiver):
    receiver.script.append("endless_body")
    line = open_line(receiver.system().push)
    began = time.monotonic()

    reply = line.exchange("POST", receiver.url, *signed(b'{"data": {"number": "n", "position": 1}}'),
                          seconds=5, most_bytes=4096)  # fmt: skip

    line.close()
    assert (reply.status, reply.body) == (200, None)
    assert time.monotonic() - began < 2


def test_plain_http_does_not_leave_the_named_networks(receiver, event):
    sender = HttpSender(lambda: datetime.now(UTC), look_up=lambda *_: ["1.1.1.1"])

    result = sender.send(receiver.system(url="http://case.office/events", networks=["10.0.0.0/8"]), event)

    assert "plain http stays inside" in str(result.error)


def test_the_environment_names_no_proxy(sender, receiver, event, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert sender.send(receiver.system(), event).answer is Answer.ACCEPTED


def test_an_address_inside_is_not_even_tried(receiver, event):
    """域名指到内网，没有写明网段就不发。"""
    sender = HttpSender(lambda: datetime.now(UTC), look_up=lambda *_: ["127.0.0.1"])
    url = f"https://case.example.cn:{receiver.port}/events"

    result = sender.send(receiver.system(url=url, networks=[]), event)

    assert receiver.connections == 0
    assert "case.example.cn leads to 127.0.0.1" in str(result.error)


def test_a_name_is_looked_up_once_and_the_connection_goes_to_what_was_checked(receiver, event):
    """DNS 重绑定：第二次问会答别处，但没有第二次。"""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    sender = HttpSender(lambda: datetime.now(UTC), look_up=lambda *_: answers.pop(0))
    system = receiver.system(url=f"http://case.example.cn:{receiver.port}/events")

    first = sender.send(system, event)

    assert first.answer is Answer.ACCEPTED
    assert answers == [["169.254.169.254"]]
    assert receiver.arrivals[0].headers["host"] == f"case.example.cn:{receiver.port}"
    with receiver.down():
        again = sender.send(system, event)
    sender.close()
    assert "169.254.169.254" in str(again.error)


def test_when_one_address_does_not_answer_the_next_is_tried(receiver, event):
    sender = HttpSender(lambda: datetime.now(UTC), look_up=lambda *_: ["127.0.0.9", "127.0.0.1"])

    result = sender.send(receiver.system(url=f"http://case.office:{receiver.port}/"), event)

    sender.close()
    assert result.answer is Answer.ACCEPTED


def test_neither_secrets_nor_personal_data_get_into_results_and_logs(sender, receiver, event, caplog):
    caplog.set_level(logging.DEBUG)
    receiver.script += ["500", "redirect", "reset", "half_head", "slow_body"]

    results = [sender.send(receiver.system(payload="full"), event) for _ in range(6)]

    said = caplog.text + repr(results)
    for hidden in (SECRET, SECRET.removeprefix("whsec_"), "李秀英", "13812345678", "石桥村"):
        assert hidden not in said


def test_a_profile_that_is_missing_fails_the_attempt_and_says_so(sender, receiver, event):
    result = sender.send(receiver.system(payload="full", profile="nobody"), event)

    assert result.answer is Answer.FAILED
    assert "nobody" in str(result.error)


def test_a_system_without_push_fails_and_says_so(sender, receiver, event):
    system = receiver.system().model_copy(update={"push": None})

    assert "has no push" in str(sender.send(system, event).error)
