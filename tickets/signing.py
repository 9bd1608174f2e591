"""Signatures of the Standard Webhooks specification 1.0.0, the symmetric ones: v1, HMAC-SHA256."""

import base64
import binascii

PREFIX = "whsec_"
LEAST_BYTES, MOST_BYTES = 24, 64


def key_of(secret: str) -> bytes:
    """Give the key behind a secret `whsec_…`.

    Raises:
        ValueError: it is not base64, or not of 24 to 64 bytes.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(
            "a secret is whsec_ and base64; make one with: hotline deliveries new-secret"
        ) from None
    if not LEAST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError(f"a secret needs {LEAST_BYTES} to {MOST_BYTES} bytes, this one has {len(key)}")
    return key
