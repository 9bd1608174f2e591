"""The ticket form filled from what was said, in a chat or on the phone."""
