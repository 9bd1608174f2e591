"""Expected failures of suggestions."""


class SuggestionError(Exception):
    """Base of the expected failures here; `code` names the sentence shown."""

    code = "suggestion_error"


class UnknownSuggestion(SuggestionError):
    """There is no suggestion of this id."""

    code = "unknown_suggestion"


class BadCanned(SuggestionError):
    """A file of canned replies breaks the form; the message says where."""

    code = "bad_canned"
