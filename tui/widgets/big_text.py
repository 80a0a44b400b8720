"""Letters and digits four lines high, so that a code can be read from across the desk.

They are pixels, five by seven, in half blocks; nobody can select them, so the code stands below them as text, too.
"""

from __future__ import annotations

#: The five columns of each glyph, from left to right; the lowest bit is its top. The zero has a stroke.
_COLUMNS = {
    "0": "3e5149453e", "1": "00427f4000", "2": "4261514946", "3": "2141454b31", "4": "1814127f10",
    "5": "2745454539", "6": "3c4a494930", "7": "0171090503", "8": "3649494936", "9": "064949291e",
    "A": "7e1111117e", "B": "7f49494936", "C": "3e41414122", "D": "7f4141221c", "E": "7f49494941",
    "F": "7f09090901", "G": "3e4149497a", "H": "7f0808087f", "I": "00417f4100", "J": "2040413f01",
    "K": "7f08142241", "L": "7f40404040", "M": "7f020c027f", "N": "7f0408107f", "O": "3e4141413e",
    "P": "7f09090906", "Q": "3e4151215e", "R": "7f09192946", "S": "4649494931", "T": "01017f0101",
    "U": "3f4040403f", "V": "1f2040201f", "W": "3f4038403f", "X": "6314081463", "Y": "0708700807",
    "Z": "6151494543", "-": "0808080808",
}  # fmt: skip
#: Upper and lower pixel, as bits -> the sign.
_BLOCKS = " ▀▄█"
LINES = 4


def big_lines(text: str) -> list[str] | None:
    """Return a text as four lines; None when one of its signs has no glyph."""
    glyphs = [_COLUMNS.get(sign) for sign in text]
    columns: list[int] = []
    for glyph in glyphs:
        if glyph is None:
            return None
        columns += [*bytes.fromhex(glyph), 0]
    return [
        "".join(_BLOCKS[column >> (2 * line) & 3] for column in columns[:-1])
        for line in range(LINES)
    ]
