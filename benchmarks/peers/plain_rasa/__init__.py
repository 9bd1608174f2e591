"""A Rasa bot as the documentation sets one up, for comparison."""
