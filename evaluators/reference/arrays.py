"""Names for what every file here passes around."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]
"""A NumPy array of any number type; its shape is in the comment at the end of the line."""

Cache = tuple[Any, ...]
"""What a forward pass keeps for the backward pass."""
