"""The citizen's conversation: stored before it is processed, answered by one owner at a time."""
