"""HTTP routes: each reads, calls one use case, answers."""
