"""What fills the terminal: the main screen, and the dialogs that lie over it."""

from __future__ import annotations
