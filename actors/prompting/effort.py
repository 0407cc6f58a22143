"""How much of an answer is looked at again and again, so that none takes long to read, however it repeats itself."""

from dataclasses import dataclass

MOST_CHARACTERS = 1 << 20
"""Hundreds of looks at a usual answer, one at the longest; less than a second of parsing."""


@dataclass(slots=True)
class Effort:
    """Characters that a search within one answer may still look at."""

    left: int = MOST_CHARACTERS

    def spend(self, characters: int) -> bool:
        """Look at so many more; False if they are not left."""
        self.left -= characters
        return self.left >= 0
