"""Measures the whole hotline from outside: danger in single messages, and scripted dialogues to their end."""
