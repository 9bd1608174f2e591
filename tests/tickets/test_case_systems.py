"""The operator's table of case systems: what it may say, and how a mistake in it is named."""

from datetime import time
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from tests.tickets.certificates import Authority
from tests.tickets.receiver_bench import SECRET
from tickets.case_system_checks import findings
from tickets.case_systems import load_case_systems, revealed
from tickets.errors import BadRequest
from tickets.signing import new_secret

WHOLE = """
- name: bureau
  push:
    url: https://case.example.cn/events
    secrets: [{secret}, "file:{file}"]
    payload: full
    profile: generic
    reveal: 办理救助
    networks: [10.20.0.0/16, "fd00:20::/32"]
    timeout: 10
    at_once: 2
    start: now
  back: {{secrets: ["{back}"], office: 隆回县民政局}}
  drop: {{folder: /srv/drop, format: xlsx, at: "03:30:00"}}
  reconcile: {{url: "http://10.20.0.5/digests", secrets: ["{secret}"], networks: [10.20.0.0/16]}}
- name: platform-12345
  push: {{url: "https://12345.example.cn/hook", secrets: ["{secret}"]}}
"""


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "case_systems.yml"


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return path


def refusal(path: Path, text: str) -> str:
    with pytest.raises(BadRequest) as refused:
        load_case_systems(write(path, text))
    return str(refused.value)


def one(push: str) -> str:
    return f"- name: bureau\n  push: {push}\n"


def test_without_a_file_there_is_no_case_system(path):
    assert load_case_systems(path) == {}
    assert load_case_systems(write(path, "")) == {}


def test_a_whole_table_is_read(path, tmp_path):
    held = new_secret()
    (tmp_path / "push.secret").write_text(f"{held}\n")

    systems = load_case_systems(
        write(path, WHOLE.format(secret=SECRET, file=tmp_path / "push.secret", back=new_secret()))
    )

    assert list(systems) == ["bureau", "platform-12345"]
    push, back, drop = systems["bureau"].push, systems["bureau"].back, systems["bureau"].drop
    assert push
    assert revealed(push.secrets) == (SECRET, held)
    assert push.networks == (ip_network("10.20.0.0/16"), ip_network("fd00:20::/32"))
    assert back and back.office == "隆回县民政局"
    assert drop and drop.at == time(3, 30)
    assert systems["platform-12345"].back is None


def test_secrets_show_as_stars_everywhere(path, tmp_path):
    (tmp_path / "push.secret").write_text(new_secret())
    systems = load_case_systems(
        write(path, WHOLE.format(secret=SECRET, file=tmp_path / "push.secret", back=new_secret()))
    )
    system = systems["bureau"]
    push = system.push
    assert push

    for shown in (repr(system), str(system), str(system.model_dump()), system.model_dump_json()):
        assert SECRET not in shown
        assert revealed(push.secrets)[1] not in shown


GIVEN = f"url: 'https://a.cn', secrets: [{SECRET}]"
MISTAKES = {
    "no url": (f"{{secrets: [{SECRET}]}}", "bureau: push.url: Field required"),
    "no secret": ("{url: 'https://a.cn', secrets: []}", "push.secrets: "),
    "five secrets": (f"{{url: 'https://a.cn', secrets: [{', '.join([SECRET] * 5)}]}}", "push.secrets: "),
    "a short secret": (
        "{url: 'https://a.cn', secrets: [whsec_c2hvcnQ=]}",
        "push.secrets.0: a secret needs 24",
    ),
    "no secret at all": ("{url: 'https://a.cn', secrets: [geheim]}", "push.secrets.0: a secret"),
    "a secret file that is gone": (
        "{url: 'https://a.cn', secrets: ['file:/nowhere/push']}",
        "push.secrets.0: /nowhere/push cannot be read",
    ),
    "another scheme": (f"{{url: 'ftp://a.cn', secrets: [{SECRET}]}}", "push.url: "),
    "a user": (f"{{url: 'https://u:p4ss@a.cn', secrets: [{SECRET}]}}", "push.url: write it without user"),
    "plain http": (f"{{url: 'http://a.cn', secrets: [{SECRET}]}}", "push: plain http is for networks"),
    "an unknown field": (f"{{{GIVEN}, urll: 1}}", "push.urll: Extra inputs"),
    "an unknown payload": (f"{{{GIVEN}, payload: fat}}", "push.payload: "),
    "reveal without full": (f"{{{GIVEN}, reveal: 办理}}", "push: profile and reveal"),
    "a certificate without its key": (
        f"{{{GIVEN}, client_cert: /a.pem}}",
        "push: client_cert and client_key",
    ),
    "no network": (f"{{{GIVEN}, networks: [10.0.0.1/8]}}", "push.networks.0"),
    "an endless timeout": (f"{{{GIVEN}, timeout: 600}}", "push.timeout: "),
}


@pytest.mark.parametrize(("push", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_by_system_and_field_and_shows_no_secret(path, push, said):
    error = refusal(path, one(push))

    assert error.startswith(f"{path}: bureau: ")
    assert said in error
    for hidden in (SECRET, "whsec_c2hvcnQ=", "geheim", "p4ss"):
        assert hidden not in error
    assert "\n" not in error


def test_yaml_that_does_not_read_is_named_by_line_and_shows_no_secret(path):
    error = refusal(path, f'- name: bureau\n  push: {{secrets: ["{SECRET}]}}\n')

    assert "is no valid YAML in line" in error
    assert SECRET not in error


@pytest.mark.parametrize("text", ["bureau: {}", "- bureau", "5", "'x'"])
def test_another_shape_is_explained(path, text):
    assert "each beginning with `- name:`" in refusal(path, text)


def test_two_systems_of_one_name_are_refused(path):
    assert "two case systems are called bureau" in refusal(path, "- name: bureau\n- name: bureau\n")


@pytest.mark.parametrize("name", ["Bureau", "民政局", "a b", "../x", "", "x" * 41])
def test_a_name_that_no_address_could_hold_is_refused(path, name):
    assert "entry 1: name: " in refusal(path, f"- name: '{name}'\n")


def test_a_secret_written_in_the_wrong_place_is_not_repeated(path):
    assert SECRET not in refusal(path, f"- {{name: bureau, {SECRET}: x}}\n")
    assert SECRET not in refusal(path, f"- {{name: {SECRET}}}\n")


def test_a_file_in_another_encoding_says_so(path):
    path.write_bytes("- name: 民政".encode("gb18030"))

    with pytest.raises(BadRequest, match="save it as UTF-8"):
        load_case_systems(path)


def test_all_is_well_when_nobody_else_reads_the_secrets_and_every_file_is_there(path, tmp_path):
    authority = Authority(tmp_path)
    ours, key = authority.certify("hotline")
    write(path, one(f"{{{GIVEN}, ca_file: {authority.file}, client_cert: {ours}, client_key: {key}}}"))

    assert findings(path) == []
    assert findings(tmp_path / "none.yml") == []


def test_secrets_that_others_can_read_are_found_where_they_lie(path, tmp_path):
    write(path, one(f"{{{GIVEN}}}")).chmod(0o644)
    assert findings(path) == [
        f"{path}: other users of this machine can read its secrets; run: chmod 600 {path}"
    ]

    held = tmp_path / "push.secret"
    held.write_text(SECRET)
    held.chmod(0o644)
    write(path, one(f"{{url: 'https://a.cn', secrets: ['file:{held}']}}")).chmod(0o644)
    assert [finding.partition(":")[0] for finding in findings(path)] == [str(held)]


def test_files_and_profiles_that_are_missing_are_found(path, tmp_path):
    write(path, one("{url: 'https://a.cn', secrets: ['SECRET'], payload: full, profile: nobody, "
                    "ca_file: /nowhere/ca.pem}".replace("SECRET", SECRET)))  # fmt: skip

    certificate, profile = findings(path)

    assert "bureau: push.ca_file /nowhere/ca.pem cannot be used: No such file" in certificate
    assert "bureau: push.profile: no export profile 'nobody'" in profile


def test_an_encrypted_key_is_found_and_nobody_is_asked_for_its_password(path, tmp_path):
    ours, key = Authority(tmp_path).certify("hotline")
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    key.write_bytes(
        loaded.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    write(path, one(f"{{{GIVEN}, client_cert: {ours}, client_key: {key}}}"))

    [finding] = findings(path)

    assert "client_key" in finding
    assert "cannot be used" in finding


def test_one_secret_for_both_directions_is_found(path):
    write(path, one(f"{{url: 'https://a.cn', secrets: ['{SECRET}']}}\n  back: {{secrets: ['{SECRET}']}}"))

    assert "push and back share a secret" in findings(path)[0]
