"""Suggested answers: what an agent could say next, what it rests on, and what became of each suggestion."""
