"""A simulated citizen: tells her matter, wanders off, corrects herself, gives up, loses the line, comes back.

She checks, turn by turn, what must always hold, and keeps what was broken in `broken`.
"""

import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

PATIENCE_SECONDS = 120.0
LAST_TURNS = 4  # that are told with what broke
YES_BUTTON, NO_ANSWER_NEEDED = "确认", ("agent", "closed")


@dataclass
class SimulatedCitizen:
    """One conversation. `say`: the sentences of data/simulated_citizen.zh.yml; the seed decides the rest."""

    base_url: str
    seed: int
    say: Mapping[str, list[str]]
    broken: list[str] = field(default_factory=list)
    turns: int = 0
    resent: int = 0
    tickets: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.http = httpx.Client(base_url=self.base_url, timeout=20)
        self.asked = ""
        self.buttons: list[str] = []
        self.owner = "bot"
        self.heard: list[str] = []

    def talk(self, most_turns: int = 16) -> None:
        """Have the whole conversation."""
        opened = self._patiently("POST", "/v1/conversations", json={})
        self.id, self.headers = opened["conversation_id"], {"Authorization": f"Bearer {opened['token']}"}
        self._send(self.random.choice(self.say["opening"] + self.say["matters"]))
        while self.turns < most_turns and not (self.tickets and self.random.random() < 0.6):
            self._send(self._next())
            if self.random.random() < 0.1:
                self.http.close()  # the line is gone; she comes back with her token
                self.http = httpx.Client(base_url=self.base_url, timeout=20)
        self.check_transcript()

    def check_transcript(self) -> None:
        """Hold the stored conversation against what was seen."""
        messages = self._patiently("GET", f"/v1/conversations/{self.id}/messages", headers=self.headers)[
            "messages"
        ]
        ids = [message["id"] for message in messages]
        if len(ids) != len(set(ids)):
            self._break("a message stands twice in the transcript")
        said = [message for message in messages if message["role"] == "citizen"]
        if len(said) != self.turns:
            self._break(f"{self.turns} messages sent, {len(said)} stored")

    def _next(self) -> str:
        """The next message: mostly what was asked, sometimes anything else."""
        draw = self.random.random()
        for share, kind in (
            (0.10, "questions"),
            (0.06, "asides"),
            (0.05, "noise"),
            (0.04, "give_up"),
            (0.03, "person"),
            (0.03, "progress"),
        ):
            if draw < share:
                return self.random.choice(self.say[kind])
            draw -= share
        if YES_BUTTON in self.buttons:
            if self.random.random() < 0.2:
                return self.random.choice(self.say["corrections"]).format(phone=self._phone())
            return self.random.choice(self.say["confirm"])
        return self._answer()

    def _answer(self) -> str:
        for words, kind in (
            ("不登记了吗", "go_on"),
            ("乡镇", "places"),
            ("哪个县", "places"),
            ("替别人", "whom"),
            ("多久", "details"),
            ("有吃的", "details"),
            ("照看", "details"),
            ("发生了什么", "matters"),
            ("难处", "matters"),
        ):
            if words in self.asked:
                return self.random.choice(self.say[kind])
        if "电话" in self.asked and self.random.random() < 0.8:
            return self._phone()
        if "电话" in self.asked:
            return self.random.choice(self.say["no_phone"])
        return self.random.choice(self.say["matters"] + self.say["opening"] + self.say["asides"])

    def _phone(self) -> str:
        digits = "13" + "".join(self.random.choice("0123456789") for _ in range(9))
        spoken = digits.translate(str.maketrans("0123456789", "零幺二三四五六七八九"))
        wide = digits.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
        spaced = f"{digits[:3]} {digits[3:7]} {digits[7:]}"
        return self.random.choice((digits, spoken, wide, spaced, f"我的电话{digits}"))

    def _send(self, text: str) -> None:
        asked_to_confirm = YES_BUTTON in self.buttons
        body = {"text": text, "client_message_id": uuid.UUID(int=self.random.getrandbits(128)).hex}
        path = f"/v1/conversations/{self.id}/messages"
        started = time.monotonic()
        answered = self._patiently("POST", path, json=body, headers=self.headers)
        self.slowest = max(self.slowest, time.monotonic() - started)
        self.turns += 1
        told = " / ".join(message["text"][:60] for message in answered["messages"])
        self._judge(text, answered, asked_to_confirm)
        self.heard.append(f"{text} → {answered['outcome']}, {answered['owner']}: {told}")
        if self.random.random() < 0.08:
            again = self._patiently("POST", path, json=body, headers=self.headers)
            if [m["id"] for m in again["messages"]] != [m["id"] for m in answered["messages"]]:
                self._break(f"sent twice, answered differently: {text}")

    def _judge(self, text: str, turn: Mapping[str, Any], asked_to_confirm: bool) -> None:
        self.owner, spoken = turn["owner"], turn["messages"]
        if not spoken and self.owner not in NO_ANSWER_NEEDED:
            self._break(f"no answer to: {text}")
        if any(message["role"] == "assistant" for message in spoken) and self.owner == "agent":
            self._break(f"the bot spoke while an agent has the conversation: {text}")
        if turn["outcome"] == "ticket_filed":
            number = turn["ticket_number"]
            if not asked_to_confirm:
                self._break(f"filed without a yes to the read-back: {text}")
            if not any(number in message["text"] for message in spoken):
                self._break(f"the number {number} was not told")
            self.tickets.append(number)
        if turn["outcome"] == "crisis" and turn["ticket_number"]:
            self.tickets.append(turn["ticket_number"])
        if spoken:
            self.asked = spoken[-1]["text"]
            self.buttons = [button["title"] for button in spoken[-1]["buttons"]]

    def _patiently(self, method: str, path: str, **how: Any) -> Any:
        """Ask again while the service is away, as the page does."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self.http.request(method, path, **how)
                if answer.status_code < 500:
                    return answer.raise_for_status().json()
            except httpx.TransportError:
                pass
            if time.monotonic() > until:
                raise TimeoutError(f"no answer within {PATIENCE_SECONDS:.0f} s: {path}")
            self.resent += 1
            time.sleep(0.5)

    def _break(self, what: str) -> None:
        talk = " | ".join(self.heard[-LAST_TURNS:])
        self.broken.append(f"seed {self.seed}, turn {self.turns}: {what} (before: {talk})")
