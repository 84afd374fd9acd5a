"""The learned kind: a small general-purpose network, its output binarised.

Its weights and its runtime come with the extra `learned`; nothing is fetched when it runs.
"""

from importlib.util import find_spec

from webapp.hashing.learned import weights

EXTRA = "learned"


def is_installed() -> bool:
    """Say whether all is there that the kind needs, without loading any of it."""
    return (
        find_spec("onnxruntime") is not None
        and find_spec("onnx") is not None
        and weights.installed() is not None
    )
