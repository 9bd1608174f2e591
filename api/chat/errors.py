"""Every expected failure of the chat is a ChatError with a code; anything else is a bug.

├── UnknownConversation   no such conversation, or the token does not open it (never said which)
├── UnknownMessage        nothing that the hotline said in the conversation has this id
├── MessageRejected       the text cannot be taken as it is; nothing was stored
├── ConversationClosed    the conversation has ended; a new one can be opened
├── HeldByOther           somebody else owns the conversation; nothing was changed
├── UnknownAgent          nobody of this name can take a conversation
└── EngineUnavailable     Rasa did not answer in time or answered nothing
"""


class ChatError(Exception):
    code = "chat_error"


class UnknownConversation(ChatError):
    code = "unknown_conversation"


class UnknownMessage(ChatError):
    code = "unknown_message"


class MessageRejected(ChatError):
    code = "message_rejected"


class ConversationClosed(ChatError):
    code = "conversation_closed"


class HeldByOther(ChatError):
    """`owner` is who owns the conversation now, `agent` the agent's name when it is one."""

    code = "held_by_other"

    def __init__(self, message: str, owner: str, agent: str | None = None) -> None:
        super().__init__(message)
        self.owner = owner
        self.agent = agent


class UnknownAgent(ChatError):
    code = "unknown_agent"


class EngineUnavailable(ChatError):
    code = "engine_unavailable"
