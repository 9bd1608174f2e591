"""Index generations: built beside each other, switched in one step, and returned to."""
