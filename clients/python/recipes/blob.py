"""Large values in chunks, readable and writable at any offset.

Keys are (offset of the chunk); every chunk but the last one is full.
"""

import fdb

CHUNK = 10_000


class Blob:
    def __init__(self, subspace):
        self.chunks = subspace

    @fdb.transactional
    def write_all(self, tr, data):
        """Replaces the whole."""
        del tr[self.chunks.range()]
        for offset in range(0, len(data), CHUNK):
            tr[self.chunks.pack((offset,))] = data[offset:offset + CHUNK]

    @fdb.transactional
    def write(self, tr, offset, data):
        """Writes over what is there; beyond the end the blob grows, and gaps become zeros."""
        size = self.size(tr)
        if offset > size:
            offset, data = size, bytes(offset - size) + data
        start = offset - offset % CHUNK
        stop = min(max(size, offset + len(data)), -(-(offset + len(data)) // CHUNK) * CHUNK)
        area = bytearray(self.read(tr, start, stop - start).ljust(stop - start, b"\x00"))
        area[offset - start:offset - start + len(data)] = data
        for position in range(0, len(area), CHUNK):
            tr[self.chunks.pack((start + position,))] = bytes(area[position:position + CHUNK])

    @fdb.transactional
    def append(self, tr, data):
        self.write(tr, self.size(tr), data)

    @fdb.transactional
    def read(self, tr, offset, length):
        """What is there, at most length bytes."""
        start = offset - offset % CHUNK
        rows = tr[self.chunks.pack((start,)):self.chunks.pack((offset + length,))]
        found = b"".join(pair.value for pair in rows)
        return found[offset - start:offset - start + length]

    @fdb.transactional
    def size(self, tr):
        bounds = self.chunks.range()
        for pair in tr.get_range(bounds.start, bounds.stop, limit=1, reverse=True):
            return self.chunks.unpack(pair.key)[0] + len(pair.value)
        return 0
