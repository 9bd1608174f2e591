"""Conversations: the queue, one talk, and what happens while they are looked at."""
