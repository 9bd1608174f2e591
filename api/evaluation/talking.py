"""Talking to a hotline over HTTP as the citizen's page does, and reading its tickets as a desk does."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

REVEAL_REASON = "evaluation"


class HotlineUnusable(Exception):
    """The hotline cannot be evaluated; the message says what to do."""


@dataclass(frozen=True)
class Exchange:
    """One message and everything that answered it.

    `scripted`: the script said it; otherwise the driver did, to bring the dialogue to its end.
    `buttons` are (title, payload) of the last reply; `cited` are (source file, article).
    """

    said: str
    replies: tuple[str, ...]
    buttons: tuple[tuple[str, str], ...]
    outcome: str
    owner: str
    ticket_number: str | None
    cited: tuple[tuple[str, str], ...] = ()
    scripted: bool = True

    @property
    def text(self) -> str:
        """All replies, one under the other."""
        return "\n".join(self.replies)


class Talk:
    """One conversation."""

    def __init__(self, http: httpx.Client, region: str | None = None) -> None:
        opened = _answer(http.post("/v1/conversations", json={"region": region} if region else {}))
        self._http = http
        self.id = opened["conversation_id"]
        self._headers = {"Authorization": f"Bearer {opened['token']}"}

    def say(self, text: str, *, scripted: bool = True) -> Exchange:
        """Send one message and wait for the answer."""
        path = f"/v1/conversations/{self.id}/messages"
        turn = _answer(self._http.post(path, json={"text": text}, headers=self._headers))
        messages = turn["messages"]
        last = messages[-1]["buttons"] if messages else []
        return Exchange(
            said=text,
            replies=tuple(message["text"] for message in messages),
            buttons=tuple((button["title"], button["payload"]) for button in last),
            outcome=turn["outcome"],
            owner=turn["owner"],
            ticket_number=turn.get("ticket_number"),
            cited=tuple((c["source_file"], c["article"]) for m in messages for c in m["citations"]),
            scripted=scripted,
        )


class TicketDesk:
    """The tickets of a hotline, read and moved with the API key of a supervisor."""

    def __init__(self, http: httpx.Client, key: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {key}"}

    def of_conversation(
        self, conversation_id: str, since: datetime, told: Iterable[str] = ()
    ) -> list[dict[str, Any]]:
        """Give the tickets of one conversation that were opened since then, in full, oldest first.

        `told`: numbers that the conversation told; lists do not say where an anonymous ticket came from.
        """
        listed = [t["number"] for t in self._listed(since) if t["conversation_id"] == conversation_id]
        found = [self.read(number) for number in dict.fromkeys([*reversed(listed), *told])]
        return [ticket for ticket in found if ticket["conversation_id"] in (conversation_id, None)]

    def read(self, number: str) -> dict[str, Any]:
        """Give one ticket in full."""
        return self._get(f"/v1/tickets/{number}", reveal_reason=REVEAL_REASON)

    def file(self, request: dict[str, Any]) -> str:
        """Take a request down and give its number."""
        return _answer(self._http.post("/v1/tickets", json=request, headers=self._headers))["number"]

    def move(self, number: str, transition: str, **needs: str) -> None:
        """Move a ticket."""
        _answer(self._http.post(f"/v1/tickets/{number}/{transition}", json=needs, headers=self._headers))

    def withdraw_if_open(self, number: str) -> None:
        """Take a ticket out of the way, so that the next dialogue is not taken for a repeat of it."""
        moves = self._get(f"/v1/tickets/{number}/moves")["moves"]
        if any(move["transition"] == "withdraw" for move in moves):
            self.move(number, "withdraw", reason=REVEAL_REASON)

    def _listed(self, since: datetime) -> Iterator[dict[str, Any]]:
        before: dict[str, str] = {}
        while True:
            page = self._get("/v1/tickets", since=since.isoformat(), limit="500", **before)
            yield from page["tickets"]
            if page["next_before"] is None:
                return
            before = {"before": page["next_before"]}

    def _get(self, path: str, **parameters: str) -> dict[str, Any]:
        return _answer(self._http.get(path, params=parameters, headers=self._headers))


def unanswered_by_rasa(http: httpx.Client) -> int:
    """Count the messages that the stand-in answered since the start, because Rasa did not (/metrics)."""
    found = re.search(r"^hotline_engine_failures_total (\S+)$", http.get("/metrics").text, re.MULTILINE)
    return int(float(found.group(1))) if found else 0


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.status_code in (401, 403):
        raise HotlineUnusable(
            f"{response.request.url.path} was refused ({response.status_code}): "
            "give a supervisor's key with --key (hotline keys add evaluation --role supervisor)"
        )
    if response.is_error:
        told = response.text[:300]
        raise HotlineUnusable(f"{response.request.url.path} answered {response.status_code}: {told}")
    return response.json()
