"""The ticket form filled from a talk: what was said becomes fields, each with the words it came from."""
