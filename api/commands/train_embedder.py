"""placeholder"""
def train_embedder() -> None:
    """Train."""
