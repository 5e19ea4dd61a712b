"""A table kept twice, by row and by column, so that either is one range read."""

import fdb


class Table:
    def __init__(self, subspace):
        self.by_row = subspace["row"]
        self.by_column = subspace["column"]

    @fdb.transactional
    def set(self, tr, row, column, value):
        tr[self.by_row.pack((row, column))] = value
        tr[self.by_column.pack((column, row))] = value

    @fdb.transactional
    def get(self, tr, row, column):
        return tr[self.by_row.pack((row, column))].value

    @fdb.transactional
    def set_row(self, tr, row, cells):
        """Replaces a row: what is not in cells is gone."""
        for pair in tr[self.by_row.range((row,))]:
            del tr[self.by_column.pack((self.by_row.unpack(pair.key)[1], row))]
        del tr[self.by_row.range((row,))]
        for column, value in cells.items():
            self.set(tr, row, column, value)

    @fdb.transactional
    def row(self, tr, row):
        return {self.by_row.unpack(pair.key)[1]: pair.value for pair in tr[self.by_row.range((row,))]}

    @fdb.transactional
    def column(self, tr, column):
        return {self.by_column.unpack(pair.key)[1]: pair.value for pair in tr[self.by_column.range((column,))]}

    @fdb.transactional
    def both(self, tr):
        """All cells by row and all cells by column, from one snapshot, as (row, column) -> value."""
        rows = {self.by_row.unpack(pair.key): pair.value for pair in tr[self.by_row.range()]}
        return rows, {self.by_column.unpack(pair.key)[::-1]: pair.value for pair in tr[self.by_column.range()]}
