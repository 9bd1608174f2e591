"""Every expected failure is a KnowledgeError with a code; anything else is a bug and crashes loudly.

KnowledgeError
├── UnreadableDocument   a file that cannot be taken in; the message says why
├── UnknownDocument      no document of that id is loaded
├── UnknownGeneration    no index generation of that name is kept
├── NothingToReturnTo    no earlier generation is kept
├── BadEntry             an entry file that breaks the format
├── UnknownEntry         neither the project nor the office has an entry of that id
├── BadCorrection        a field or value that a document cannot have
├── BadSuccessors        a table of successors that breaks the format
├── BadRegion            not a 6-digit adcode
├── NotReady             no index has been built yet
├── BadIndex             an index generation that is damaged or was built by something else
├── BadModel             a folder named as a re-ranker that holds none
├── Busy                 another build is running
├── Unavailable          the vectors cannot be reached just now; worth trying again
└── BadQuestions         an evaluation file that breaks the format
"""


class KnowledgeError(Exception):
    """Base of all expected failures of this package; `code` names the sentence a person reads."""

    code = "knowledge_error"


class UnreadableDocument(KnowledgeError):
    """A file was refused. `reason` is a key of texts/reports.zh.yml."""

    code = "unreadable_document"

    def __init__(self, source_file: str, reason: str) -> None:
        super().__init__(f"{source_file}: {reason}")
        self.source_file = source_file
        self.reason = reason


class UnknownDocument(KnowledgeError):
    code = "unknown_document"


class UnknownGeneration(KnowledgeError):
    code = "unknown_generation"


class NothingToReturnTo(KnowledgeError):
    code = "nothing_to_return_to"


class BadEntry(KnowledgeError):
    code = "bad_entry"


class UnknownEntry(KnowledgeError):
    code = "unknown_entry"


class BadCorrection(KnowledgeError):
    code = "bad_correction"


class BadSuccessors(KnowledgeError):
    code = "bad_successors"


class BadRegion(KnowledgeError):
    code = "bad_region"


class NotReady(KnowledgeError):
    code = "not_ready"


class BadIndex(KnowledgeError):
    code = "bad_index"


class BadModel(KnowledgeError):
    code = "bad_model"


class Busy(KnowledgeError):
    code = "busy"


class Unavailable(KnowledgeError):
    code = "unavailable"


class BadQuestions(KnowledgeError):
    code = "bad_questions"
