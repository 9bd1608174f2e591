"""The ticket desk: the list, one ticket, and every move that is open."""
