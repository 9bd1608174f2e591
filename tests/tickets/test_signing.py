"""Signatures: the published vectors, what is refused, the replacement of a secret."""

import base64
import re
from datetime import UTC, datetime, timedelta

import pytest

from tickets.signing import BadSignature, key_of, new_secret, sign, signed_headers, verify

# Published with the specification's libraries (standard-webhooks/standard-webhooks, libraries/*/tests).
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = "whsec_" + base64.b64encode(b"another secret of 32 bytes......").decode()


def headers(**changes: str | None) -> dict[str, str]:
    given = {"webhook-id": ID, "webhook-timestamp": "1614265330", "webhook-signature": SIGNATURE}
    given |= {f"webhook-{name}": value for name, value in changes.items()}  # type: ignore[arg-type]
    return {name: value for name, value in given.items() if value is not None}


def test_the_published_vector_is_signed_alike():
    assert sign(ID, AT, BODY, (SECRET,)) == SIGNATURE
    assert signed_headers(ID, AT, BODY, (SECRET,)) == headers()


def test_the_published_vector_is_accepted_with_and_without_the_prefix_of_the_secret():
    assert verify(headers(), BODY, (SECRET,), AT) == ID
    assert verify(headers(), BODY, (SECRET.removeprefix("whsec_"),), AT) == ID


def test_the_names_of_headers_may_have_any_case():
    assert verify({name.title(): value for name, value in headers().items()}, BODY, (SECRET,), AT) == ID


def test_a_valid_signature_among_others_is_found():
    """The vector "multi sig payload is valid" of the JavaScript library."""
    wrong = "Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
    several = f"v1,{wrong} v2,{wrong} {SIGNATURE} v1,{wrong}"

    assert verify(headers(signature=several), BODY, (SECRET,), AT) == ID


@pytest.mark.parametrize("place", range(len(BODY)))
def test_one_flipped_bit_of_the_body_is_noticed(place):
    altered = bytes(byte ^ (index == place) for index, byte in enumerate(BODY))

    with pytest.raises(BadSignature, match="altered"):
        verify(headers(), altered, (SECRET,), AT)


@pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
def test_one_other_character_in_a_header_is_noticed(name):
    value = headers()[f"webhook-{name}"]
    for place in range(len(value)):
        flipped = value[:place] + ("1" if value[place] != "1" else "2") + value[place + 1 :]

        with pytest.raises(BadSignature):
            verify(headers(**{name: flipped}), BODY, (SECRET,), AT)


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": None},
        {"signature": ""},
        {"signature": "v1,"},
        {"signature": "v1,dawfeoifkpqwoekfpqoekf"},
        {"signature": SIGNATURE[:8]},
        {"signature": SIGNATURE.replace("v1", "v1a")},
        {"signature": "v1,签"},
        {"id": None},
        {"id": "a b"},
        {"id": "x" * 129},
        {"timestamp": None},
        {"timestamp": "hello"},
        {"timestamp": "1614265330.0"},
        {"timestamp": "１６１４２６５３３０"},
        {"timestamp": "9" * 400},
    ],
)
def test_missing_and_malformed_headers_are_refused_as_bad_signatures(changes):
    with pytest.raises(BadSignature):
        verify(headers(**changes), BODY, (SECRET,), AT)


def test_a_dot_moved_between_id_and_body_is_refused():
    """`a` + `1` + `2.b` and `a.1` + `2` + `b` would be signed alike."""
    signature = sign("a", datetime.fromtimestamp(1, UTC), b"2.b", (SECRET,))
    moved = {"webhook-id": "a.1", "webhook-timestamp": "2", "webhook-signature": signature}

    with pytest.raises(BadSignature, match="without dots"):
        verify(moved, b"b", (SECRET,), datetime.fromtimestamp(2, UTC))
    with pytest.raises(ValueError, match="without dots"):
        sign("a.1", AT, b"", (SECRET,))


@pytest.mark.parametrize(("seconds", "word"), [(-301, "ahead of"), (301, "behind")])
def test_a_message_of_another_time_is_refused_and_the_difference_named(seconds, word):
    with pytest.raises(BadSignature, match=rf"301 s {word} our clock"):
        verify(headers(), BODY, (SECRET,), AT + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_clocks_may_differ_by_five_minutes(seconds):
    assert verify(headers(), BODY, (SECRET,), AT + timedelta(seconds=seconds)) == ID


def test_while_a_secret_is_replaced_either_side_may_go_first():
    both = signed_headers(ID, AT, BODY, (OTHER, SECRET))

    assert len(both["webhook-signature"].split(" ")) == 2
    for held in ((SECRET,), (OTHER,), (SECRET, OTHER)):
        assert verify(both, BODY, held, AT) == ID
    assert verify(headers(), BODY, (OTHER, SECRET), AT) == ID


def test_another_secret_does_not_fit_and_is_not_shown():
    with pytest.raises(BadSignature) as refused:
        verify(headers(), BODY, (OTHER,), AT)

    assert OTHER not in str(refused.value)
    assert SIGNATURE not in str(refused.value)


def test_without_any_secret_nothing_is_accepted():
    with pytest.raises(BadSignature):
        verify(headers(), BODY, (), AT)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_kein base64", "whsec_密"])
def test_a_secret_that_is_none_says_so_without_showing_itself(secret):
    with pytest.raises(ValueError, match="secret") as refused:
        key_of(secret)

    assert not secret.removeprefix("whsec_") or secret not in str(refused.value)


def test_a_new_secret_has_32_bytes_and_is_always_another():
    made = {new_secret() for _ in range(20)}

    assert len(made) == 20
    assert all(len(key_of(secret)) == 32 and re.match("whsec_", secret) for secret in made)
