"""Files tickets without end and says each number as soon as the desk has given it; killed by the test.

Usage: python filing_process.py DATABASE
"""

import sys

from sqlalchemy import create_engine

from tickets import open_desk
from tickets.model import Category, NewTicket, Person, Urgency
from tickets.privacy import Sealer
from tickets.store import prepare_sqlite

engine = create_engine(f"sqlite:///{sys.argv[1]}")
prepare_sqlite(engine)
desk = open_desk(engine, Sealer(bytes(range(32))))
count = 0
while True:
    count += 1
    new = NewTicket(
        Category.TEMPORARY, Urgency.URGENT, "断粮", "家里两天没吃的了", applicant=Person("李秀英"),
        origin_message_id=f"m-{count}",
    )  # fmt: skip
    print(desk.file(new).number, flush=True)
