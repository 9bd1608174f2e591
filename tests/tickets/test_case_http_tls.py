"""TLS to a case system: certificates and names are always checked, both ways where the system asks for it."""

import socket
import ssl
import time
from datetime import UTC, datetime

import pytest

from tests.tickets.certificates import Authority
from tests.tickets.event_bench import outgoing
from tests.tickets.receiver_bench import Receiver
from tickets.case_http import HttpSender
from tickets.delivery_ports import Answer

HOST = "case.example.cn"


@pytest.fixture
def engine(sqlite_engine):
    """What is sent does not depend on the database."""
    return sqlite_engine


@pytest.fixture
def event(desk, new_ticket):
    return outgoing(desk.file(new_ticket()))


@pytest.fixture
def sender():
    sender = HttpSender(lambda: datetime.now(UTC), look_up=lambda *_: ["127.0.0.1"])
    yield sender
    sender.close()


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def server(authority: Authority, *hosts: str, expired: bool = False, clients: Authority | None = None):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.certify("server", *hosts, expired=expired))
    if clients:
        context.load_verify_locations(clients.file)
        context.verify_mode = ssl.CERT_REQUIRED
    return Receiver(tls=context)


def send(sender, receiver, event, **push):
    return sender.send(receiver.system(url=f"https://{HOST}:{receiver.port}/events", **push), event)


def test_the_name_is_checked_although_the_connection_goes_to_an_address(sender, authority, event):
    with server(authority, HOST) as right, server(authority, "127.0.0.1", "other.cn") as wrong:
        assert send(sender, right, event, ca_file=authority.file).answer is Answer.ACCEPTED
        assert right.arrivals[0].headers["host"] == f"{HOST}:{right.port}"

        refused = send(sender, wrong, event, ca_file=authority.file)

    assert "its certificate is not accepted: Hostname mismatch" in str(refused.error)
    assert not wrong.arrivals


def test_an_unknown_authority_is_refused(sender, authority, event, tmp_path):
    with server(authority, HOST) as receiver:
        unknown = send(sender, receiver, event)
        another = send(sender, receiver, event, ca_file=Authority(tmp_path, "somebody else").file)

    assert "certificate is not accepted" in str(unknown.error)
    assert "certificate is not accepted" in str(another.error)
    assert not receiver.arrivals


def test_an_expired_certificate_is_refused(sender, authority, event):
    with server(authority, HOST, expired=True) as receiver:
        assert "expired" in str(send(sender, receiver, event, ca_file=authority.file).error)


def test_a_system_may_ask_who_we_are(sender, authority, event):
    ours, key = authority.certify("hotline")
    with server(authority, HOST, clients=authority) as receiver:
        without = send(sender, receiver, event, ca_file=authority.file)
        shown = send(
            sender, receiver, event, ca_file=authority.file, client_cert=ours, client_key=key
        )  # fmt: skip

    assert without.answer is Answer.FAILED
    assert "certificate required" in str(without.error)
    assert shown.answer is Answer.ACCEPTED


def test_a_renewed_certificate_file_is_read_without_a_restart(sender, authority, event, tmp_path):
    stranger = Authority(tmp_path, "somebody else")
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(stranger.file.read_bytes())
    with server(authority, HOST) as receiver:
        before = send(sender, receiver, event, ca_file=trusted)
        trusted.write_bytes(authority.file.read_bytes())
        after = send(sender, receiver, event, ca_file=trusted)

    assert (before.answer, after.answer) == (Answer.FAILED, Answer.ACCEPTED)


def test_a_certificate_file_that_is_missing_is_named(sender, authority, event, tmp_path):
    with server(authority, HOST) as receiver:
        result = send(sender, receiver, event, ca_file=tmp_path / "gone.pem")

    assert str(result.error).startswith("ca_file ")
    assert "No such file" in str(result.error)


def test_a_handshake_that_never_ends_is_given_up_in_time(sender, event):
    """连上了却不握手的一方，也不能拖住发送。"""
    with socket.create_server(("127.0.0.1", 0)) as silent, Receiver() as receiver:
        receiver.port = silent.getsockname()[1]
        began = time.monotonic()
        result = send(sender, receiver, event, timeout=1)

    assert result.error == "no answer within 1 s"
    assert time.monotonic() - began < 1.6
