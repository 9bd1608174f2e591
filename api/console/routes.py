"""Every page of the console, put together."""

from fastapi import APIRouter

from api.console import deliveries, figures, search, suggestions
from api.console.filing import form_page, phone
from api.console.knowledge import documents
from api.console.people import accounts, own_account, sign_in, single_sign_on
from api.console.talks import conversations, events, overview
from api.console.tickets import changes, listing, page

router = APIRouter(include_in_schema=False)
for part in (
    sign_in, single_sign_on, own_account, accounts, overview, events, conversations, deliveries,
    listing, form_page, phone, page, changes, suggestions, search, documents, figures,
):  # fmt: skip
    router.include_router(part.router)
