"""Every page of the console, put together."""

from fastapi import APIRouter

from api.console import (
    account,
    accounts,
    conversations,
    deliveries,
    events,
    figures,
    filing,
    knowledge,
    overview,
    phone,
    search,
    sign_in,
    single_sign_on,
    suggestions,
    ticket_changes,
    ticket_page,
    tickets,
)

router = APIRouter(include_in_schema=False)
for part in (
    sign_in, single_sign_on, account, accounts, overview, events, conversations, deliveries,
    tickets, filing, phone, ticket_page, ticket_changes, suggestions, search, knowledge, figures,
):  # fmt: skip
    router.include_router(part.router)
