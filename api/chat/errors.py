"""Every expected failure of the chat is a ChatError with a code; anything else is a bug.

├── UnknownConversation   no such conversation, or the token does not open it (never said which)
├── MessageRejected       the text cannot be taken as it is; nothing was stored
├── ConversationClosed    the conversation has ended; a new one can be opened
└── EngineUnavailable     Rasa did not answer in time or answered nothing
"""


class ChatError(Exception):
    code = "chat_error"


class UnknownConversation(ChatError):
    code = "unknown_conversation"


class MessageRejected(ChatError):
    code = "message_rejected"


class ConversationClosed(ChatError):
    code = "conversation_closed"


class EngineUnavailable(ChatError):
    code = "engine_unavailable"
