"""The rows of a packed model, read with NumPy alone: loading torch would take seconds."""

from pathlib import Path

import numpy as np

PACKED_FILE = "static.npz"


def unpack(folder: Path) -> tuple[list[str], np.ndarray]:
    """Return the vocabulary and its float32 weights.

    Raises:
        FileNotFoundError: the folder holds no packed model.
    """
    with np.load(folder / PACKED_FILE) as packed:
        vocabulary = packed["features"].tobytes().decode("utf-8").split("\n")
        return vocabulary, packed["rows"].astype(np.float32) * packed["scale"].astype(np.float32)[:, None]
