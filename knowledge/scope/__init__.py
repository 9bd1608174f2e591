"""Whether a message is one for this hotline at all, and if not, whose it is."""

from knowledge.scope.model import Scope, shipped_scope

__all__ = ["Scope", "shipped_scope"]
