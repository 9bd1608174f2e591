"""The entry points of the hotline: the HTTP service, the chat gateway and the `hotline` commands."""
