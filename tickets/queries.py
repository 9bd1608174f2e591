"""Conditions on the ticket tables that more than one query needs."""

from typing import Any

from sqlalchemy import and_, or_

from tickets.model import Person, TicketFilter
from tickets.numbering import split_number
from tickets.rows import TicketRows
from tickets.schema import ticket_links, tickets


def conditions_of(wanted: TicketFilter, rows: TicketRows) -> list[Any]:
    """Give the conditions that a filter stands for."""
    column = tickets.c
    exact = {"status": wanted.status, "category": wanted.category, "urgency": wanted.urgency}
    conditions = [column[name] == value.value for name, value in exact.items() if value]
    if wanted.office:
        conditions.append(column.office == wanted.office)
    if wanted.adcode:
        # A range instead of LIKE: both databases find it by index, whatever their collation.
        conditions.append(column.adcode.between(wanted.adcode.ljust(6, "0"), wanted.adcode.ljust(6, "9")))
    if wanted.since:
        conditions.append(column.opened_at >= wanted.since)
    if wanted.due_before:
        conditions.append(column.stage_due_at <= wanted.due_before)
    person = Person(phone=wanted.phone, id_number=wanted.id_number)
    for name, prints in rows.person_prints(person).items():
        conditions.append(column[name].in_(prints))
    return conditions


def side_of(number: str, *, newer: bool) -> Any:
    """Give the condition for tickets after (newer) or before a number; as text 10000 is before 9999."""
    day, sequence = split_number(number)
    # The day alone bounds the index; the sequence is for the first day only.
    if newer:
        return and_(tickets.c.day >= day, or_(tickets.c.day > day, tickets.c.sequence > sequence))
    return and_(tickets.c.day <= day, or_(tickets.c.day < day, tickets.c.sequence < sequence))


def joins(one: str, other: str) -> Any:
    """Give the condition for the link between two tickets, whichever way round."""
    link = ticket_links.c
    return or_(
        and_(link.number == one, link.related == other), and_(link.number == other, link.related == one)
    )


def partners(number: str, links: Any) -> list[str]:
    """List the tickets linked to one, from either end of the link."""
    found = [
        link.related if link.number == number else link.number
        for link in links
        if number in (link.number, link.related)
    ]
    return list(dict.fromkeys(found))
