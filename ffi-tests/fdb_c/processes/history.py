"""What three processes said that they did, against what the database holds in the end.

Relies on: the versionstamps of markers being the order in which their transactions happened. So the
operations, done again in that order on an empty file system, must give exactly the rows that are there.
"""

ROOT = 1


class Tree:
    """The file system, done again from words. Each method says what is wrong, or None."""

    def __init__(self):
        self.inodes = {}  # id -> ["d", parent] or ["f", links]
        self.entries = {}  # (parent, name) -> (type, id)
        self.batches = {}  # shard -> number of batches
        self.created = set()
        self.epoch = 0
        self.beats = 0

    def apply(self, words):
        operation, *rest = words.split(" ")
        return getattr(self, operation)(*rest)

    def root(self):
        if self.inodes:
            return "a second root"
        self.inodes[ROOT] = ["d", ROOT]

    def ids(self, shard, number):
        if self.batches.get(shard, 0) != int(number):
            return "a batch of ids out of turn"
        self.batches[shard] = int(number) + 1

    def lease(self, epoch):
        self.epoch += 1
        if int(epoch) != self.epoch:
            return f"epoch {epoch} where {self.epoch} should be"

    def beat(self):
        self.beats += 1

    def put(self, place, kind, inode):
        if self.inodes.get(place[0], "?")[0] != "d":
            return "an entry below what is no directory"
        if place in self.entries:
            return "a name that is taken"
        self.entries[place] = (kind, inode)

    def create(self, parent, name, inode, kind):
        if inode in self.created:
            return "an id that was used before"
        self.created.add(inode)
        self.inodes[int(inode)] = ["d", int(parent)] if kind == "d" else ["f", 1]
        return self.put((int(parent), name), kind, int(inode))

    def link(self, parent, name, inode):
        if self.inodes.get(int(inode), "?")[0] != "f":
            return "a link to what is no file"
        self.inodes[int(inode)][1] += 1
        return self.put((int(parent), name), "f", int(inode))

    def unlink(self, parent, name, inode):
        kind, found = self.entries.pop((int(parent), name), ("?", 0))
        return self.lose(kind, found) if found == int(inode) else "a name that led elsewhere"

    def lose(self, kind, inode):
        if kind == "d" and any(parent == inode for parent, _ in self.entries):
            return "a directory that was not empty"
        if kind == "f" and self.inodes[inode][1] > 1:
            self.inodes[inode][1] -= 1
        else:
            del self.inodes[inode]

    def rename(self, parent, name, to_parent, to_name, inode, replaced):
        kind, found = self.entries.pop((int(parent), name), ("?", 0))
        if found != int(inode):
            return "a name that led elsewhere"
        _, there = self.entries.pop((int(to_parent), to_name), ("?", 0))
        if there != int(replaced):
            return "a rename over something else"
        wrong = self.lose(kind, there) if there else None
        if kind == "d":
            self.inodes[found][1] = int(to_parent)
        return wrong or self.put((int(to_parent), to_name), kind, found)

    def rows(self):
        """As admin prints them."""
        rows = {("INOD", str(inode)): f"{kind} {number}" for inode, (kind, number) in self.inodes.items()}
        rows |= {("DENT", f"{parent} {name}"): f"{kind} {inode}" for (parent, name), (kind, inode) in self.entries.items()}
        rows |= {("IDAL", shard): str(count) for shard, count in self.batches.items()}
        rows["STAT", "-"] = str(len(self.inodes))
        return rows


class Database:
    """The rows that admin printed."""

    def __init__(self, lines):
        self.markers, self.once, self.beats, self.rows = {}, {}, {}, {}
        self.lease, self.metadata_version = 0, ""
        for line in lines:
            kind, key, rest = (line.split(" ", 2) + [""])[:3]
            if kind == "MARK":
                stamp, words = rest.split(" ", 1)
                self.markers[key] = (stamp, words)
            elif kind == "ONCE":
                self.once[key] = int(rest)
            elif kind == "BEAT":
                self.beats[rest] = key
            elif kind == "LEAS":
                self.lease = int(rest.split(" ")[0])
            elif kind == "META":
                self.metadata_version = rest
            elif kind == "DENT":
                name, value = rest.split(" ", 1)
                self.rows[kind, f"{key} {name}"] = value
            else:
                self.rows[kind, key] = rest


def check_acknowledged(acknowledged, tried, database):
    """Nothing acknowledged is lost, nothing is there that nobody tried, nothing was done twice."""
    for operation, (stamp, _, _) in acknowledged.items():
        found = database.markers.get(operation)
        if found is None:
            yield f"{operation} was acknowledged and is lost"
        elif found[0] != stamp:
            yield f"{operation} was acknowledged at {stamp} and is at {found[0]}"
    for operation in database.markers.keys() | database.once.keys():
        if operation not in tried:
            yield f"{operation} is there and was never tried"
        if operation not in database.markers or database.once.get(operation) != 1:
            yield f"{operation} was applied {database.once.get(operation, 0)} times"


def check_order(acknowledged, tried):
    """What began after something else was acknowledged has the larger versionstamp."""
    events = [(ended, 0, stamp) for stamp, _, ended in acknowledged.values()]
    events += [(tried[operation], 1, operation) for operation in acknowledged]
    highest, floors = "", {}
    for _, begins, what in sorted(events):
        if begins:
            floors[what] = highest
        else:
            highest = max(highest, what)
    for operation, floor in floors.items():
        if acknowledged[operation][0] <= floor:
            yield f"{operation} has {acknowledged[operation][0]}, though {floor} was known when it began"


def check_replay(database):
    """The markers, done again in their order, give the rows that are there."""
    tree, last_lease, stamps = Tree(), "", {}
    for operation, (stamp, words) in sorted(database.markers.items(), key=lambda item: item[1]):
        if stamp in stamps:
            yield f"{operation} and {stamps[stamp]} have the same versionstamp"
        stamps[stamp] = operation
        wrong = tree.apply(words)
        if wrong:
            yield f"{operation}, {words}: {wrong}"
        if words.startswith("lease"):
            last_lease = stamp
        if words == "beat" and database.beats.get(operation) != stamp:
            yield f"the beat of {operation} is at {database.beats.get(operation)}, its marker at {stamp}"
    expected = tree.rows()
    for key in sorted(expected.keys() | database.rows.keys()):
        if expected.get(key) != database.rows.get(key):
            yield f"{' '.join(key)} is {database.rows.get(key)}, and should be {expected.get(key)}"
    for what, found, want in (("epoch", database.lease, tree.epoch), ("beats", len(database.beats), tree.beats),
                              ("metadataVersion", database.metadata_version[:20], last_lease)):
        if found != want:
            yield f"{what}: {found}, and should be {want}"
