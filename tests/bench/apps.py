"""What the screen is measured beside: the least that Textual can show, and a table of the same rows."""

from __future__ import annotations

import json
import time

from profiles.context import make_context
from profiles.listing import take_snapshot
from tui.widgets.columns import GAP, MARKER_CELLS, columns_for
from tui.widgets.row_text import longest_of, row_line
from tui.widgets.words import UNICODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.bench.stores import Store

#: The least that Textual can do: one text on the screen. No garbage is looked for before it is there, as with us.
BARE_APP = """\
import gc
gc.disable()
import sys
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static(sys.argv[1])
    def on_ready(self):
        gc.enable()
Bare().run()
"""

#: The least that shows rows and columns, and a sign in one of them that `space` moves.
TABLE_APP = """\
import gc
gc.disable()
import json, sys
from textual.app import App
from textual.widgets import DataTable
class Table(App):
    BINDINGS = [("space", "mark", "mark")]
    marked = 0
    def compose(self):
        yield DataTable(cursor_type="row")
    def on_mount(self):
        with open(sys.argv[1]) as file:
            heads, rows = json.load(file)
        self.table = self.query_one(DataTable)
        self.table.add_columns(*heads)
        self.table.add_rows(rows)
    def on_ready(self):
        gc.enable()
    def action_mark(self):
        self.table.update_cell_at((self.marked, 0), " ")
        self.marked = self.table.cursor_row
        self.table.update_cell_at((self.marked, 0), "\\u25cf")
Table().run()
"""


def write_rows(path: str, store: Store, width: int) -> None:
    """Write headings and cells, as the list of so many cells shows them, for the table to read."""
    snapshot = take_snapshot(make_context(store.environ()))
    columns = columns_for(width, longest_of(snapshot.rows, UNICODE))
    now = time.time()
    rows = []
    for row in snapshot.rows:
        text = "".join(text for text, _ in row_line(row, columns, now, UNICODE))
        cells, at = [text[:1]], MARKER_CELLS
        for column in columns:
            cells.append(text[at : at + column.width])
            at += column.width + GAP
        rows.append(cells)
    with open(path, "w", encoding="utf-8") as file:
        json.dump([[" ", *(column.title for column in columns)], rows], file)
