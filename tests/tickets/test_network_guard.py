"""Where a case system may be: public addresses, or networks that the operator named; nothing else."""

import socket
import threading
import time
from ipaddress import ip_address, ip_network

import pytest

from tickets.network_guard import NetworkGuard, NoAddress, RefusedAddress, is_public, look_up

INSIDE = {
    "loopback": "127.0.0.1",
    "another loopback": "127.9.9.9",
    "loopback, IPv6": "::1",
    "this machine": "0.0.0.0",
    "this machine, IPv6": "::",
    "link-local": "169.254.10.20",
    "cloud metadata": "169.254.169.254",
    "cloud metadata, Alibaba": "100.100.100.200",
    "cloud metadata, AWS over IPv6": "fd00:ec2::254",
    "cloud services, Azure": "168.63.129.16",
    "cloud metadata, Oracle": "192.0.0.192",
    "link-local, IPv6": "fe80::1",
    "link-local with a zone": "fe80::1%1",
    "10": "10.1.2.3",
    "172.16": "172.31.255.255",
    "192.168": "192.168.0.1",
    "shared by a carrier": "100.64.0.1",
    "unique local": "fc00::1",
    "site-local": "fec0::1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped metadata": "::ffff:169.254.169.254",
    "mapped public": "::ffff:1.1.1.1",
    "compatible loopback": "::127.0.0.1",
    "translated": "::ffff:0:10.0.0.1",
    "NAT64 of loopback": "64:ff9b::7f00:1",
    "NAT64 of metadata": "64:ff9b::a9fe:a9fe",
    "local NAT64": "64:ff9b:1::a00:1",
    "6to4 of 10.0.0.1": "2002:a00:1::1",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "documentation": "192.0.2.1",
    "documentation, IPv6": "2001:db8::1",
    "benchmarking": "198.18.0.1",
    "multicast": "224.0.0.1",
    "multicast, IPv6": "ff02::1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "6to4 relay": "192.88.99.1",
}
PUBLIC = [
    "1.1.1.1",
    "114.114.114.114",
    "223.5.5.5",
    "2400:3200::1",
    "2606:4700:4700::1111",
    "240e:4c:4008::1",
]


def guard(addresses: list[str], *networks: str, public: bool = True) -> NetworkGuard:
    return NetworkGuard(tuple(map(ip_network, networks)), public, lambda _host, _port, _seconds: addresses)


@pytest.mark.parametrize("address", INSIDE.values(), ids=INSIDE.keys())
def test_an_address_inside_is_refused(address):
    assert not is_public(ip_address(address))
    with pytest.raises(RefusedAddress, match="name its network under networks"):
        guard([address]).addresses("case.example.cn", 443, 1)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed(address):
    assert guard([address]).addresses("case.example.cn", 443, 1) == (ip_address(address),)


@pytest.mark.parametrize("address", INSIDE.values(), ids=INSIDE.keys())
def test_the_operator_may_name_any_network(address):
    bare = ip_address(address.partition("%")[0])
    named = guard([address], f"{bare}/{bare.max_prefixlen}")

    assert named.addresses("case.example.cn", 443, 1) == (ip_address(address),)


def test_naming_an_ipv4_network_does_not_open_the_addresses_that_hide_it():
    opened = guard(["::ffff:10.1.2.3"], "10.0.0.0/8")

    with pytest.raises(RefusedAddress):
        opened.addresses("case.example.cn", 443, 1)


def test_one_address_inside_among_public_ones_refuses_the_name():
    """否则换一个顺序就进了内网。"""
    with pytest.raises(RefusedAddress, match=r"case\.example\.cn leads to 10\.0\.0\.7"):
        guard(["1.1.1.1", "10.0.0.7"]).addresses("case.example.cn", 443, 1)


def test_plain_http_stays_inside_the_named_networks():
    inside = guard(["10.0.0.7"], "10.0.0.0/8", public=False)
    outside = guard(["1.1.1.1"], "10.0.0.0/8", public=False)

    assert inside.addresses("case.office", 80, 1)
    with pytest.raises(RefusedAddress, match="plain http stays inside"):
        outside.addresses("case.example.cn", 80, 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "localhost"])
def test_no_spelling_of_this_machine_gets_through(host):
    with pytest.raises(RefusedAddress):
        NetworkGuard().addresses(host, 443, 5)


def test_a_name_without_an_address_is_said_to_have_none():
    with pytest.raises(NoAddress, match=r"no-such-host\.invalid has no address"):
        look_up("no-such-host.invalid", 443, 20)
    with pytest.raises(NoAddress):
        guard([]).addresses("case.example.cn", 443, 1)


@pytest.mark.parametrize("host", ["x" * 70 + ".cn", "a..b"])
def test_a_name_that_cannot_be_one_has_no_address(host):
    with pytest.raises(NoAddress):
        look_up(host, 443, 20)


def test_a_name_server_that_does_not_answer_costs_no_more_than_the_time_given(monkeypatch):
    stuck = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_more: stuck.wait(30) and [])
    began = time.monotonic()

    with pytest.raises(NoAddress, match="was not found within"):
        look_up("case.example.cn", 443, 0.2)

    stuck.set()
    assert time.monotonic() - began < 2
