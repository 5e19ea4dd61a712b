//! The table of commands. A command is in it when it works.

use super::{
    backup, bench, completion, data, keyspaces, lock, moving, options, range, repair, stats, status, transaction,
    transactions, transfer, upkeep, watch, write,
};
use super::{Choice, Command, Kind, Run};

/// An option that takes a value.
const fn valued(name: &'static str, value: &'static str, help: &'static str) -> Choice {
    Choice { name, value: Some(value), help }
}

/// An option that takes none.
const fn plain(name: &'static str, help: &'static str) -> Choice {
    Choice { name, value: None, help }
}

/// Every command.
pub const TABLE: &[Command] = &[
    Command {
        name: "get",
        usage: "KEY",
        summary: "show the value of a key",
        text: "Reads one key. A key that is not there is no failure; the exit status is 3 then.\n\
               With --raw only the value is written, byte for byte.",
        examples: &[
            ("get name", "`name' is `value'"),
            ("get \"two words\"", "a key with a space in it"),
            ("get \\x00\\x01", "a key of two bytes"),
            ("plinth --raw db get k >file", "the value as it is"),
        ],
        options: &[],
        kind: Kind::Data,
        run: Run::Session(data::get),
    },
    Command {
        name: "getkey",
        usage: "KEY [ge|gt|le|lt] [OFFSET]",
        summary: "find a key by a key selector",
        text: "Finds the first key at or above KEY (ge), above it (gt), or the last one at or below it (le), below it\n\
               (lt), and from there the key that is OFFSET further on. The exit status is 3 if that is past the keys.",
        examples: &[
            ("getkey user/", "the first key from user/ on"),
            ("getkey \\xff lt", "the last key of all"),
            ("getkey m ge 10", "the eleventh key from m on"),
        ],
        options: &[],
        kind: Kind::Data,
        run: Run::Session(data::getkey),
    },
    Command {
        name: "getrange",
        usage: "BEGIN [END] [LIMIT|all] [reverse]",
        summary: "show keys and values of a range",
        text: "Shows the pairs from BEGIN up to and without END; without END those whose keys begin with BEGIN. 25 of\n\
               them, unless a LIMIT says otherwise. All of them are of one moment.",
        examples: &[
            ("getrange user/", "keys that begin with user/"),
            ("getrange a m 100", "the first hundred from a to m"),
            ("getrange \"\" \\xff 10 reverse", "the last ten of all"),
            ("getrange \"\" \\xff all", "everything"),
        ],
        options: &[],
        kind: Kind::Data,
        run: Run::Session(range::getrange),
    },
    Command {
        name: "getrangekeys",
        usage: "BEGIN [END] [LIMIT|all] [reverse]",
        summary: "show the keys of a range",
        text: "As getrange, without the values.",
        examples: &[("getrangekeys user/ user0 all", "every key that begins with user/")],
        options: &[],
        kind: Kind::Data,
        run: Run::Session(range::getrangekeys),
    },
    Command {
        name: "set",
        usage: "KEY VALUE",
        summary: "set a key",
        text: "Sets the value of a key, which need not have been there. Prints the version of the commit, unless a\n\
               transaction is open.",
        examples: &[("set name value", ""), ("set \\x00k \"a value; with \\\"signs\\\"\"", "escapes and quotes")],
        options: &[],
        kind: Kind::Data,
        run: Run::Session(write::set),
    },
    Command {
        name: "clear",
        usage: "KEY",
        summary: "clear a key",
        text: "Clears a key. That it was not there is no failure.",
        examples: &[("clear name", "")],
        options: &[],
        kind: Kind::Data,
        run: Run::Session(write::clear),
    },
    Command {
        name: "clearrange",
        usage: "BEGIN END",
        summary: "clear the keys of a range",
        text: "Clears the keys from BEGIN up to and without END.",
        examples: &[("clearrange user/ user0", "keys that begin with user/"), ("clearrange \"\" \\xff", "every key")],
        options: &[],
        kind: Kind::Data,
        run: Run::Session(write::clearrange),
    },
    Command {
        name: "add",
        usage: "KEY NUMBER",
        summary: "add to a counter",
        text: "Adds to the value as a little-endian number of eight bytes, without reading it: counters never conflict.\n\
               A key that is not there counts as 0.",
        examples: &[("add visits 1", ""), ("add stock -3", "")],
        options: &[],
        kind: Kind::Data,
        run: Run::Session(write::add),
    },
    Command {
        name: "atomic",
        usage: "OPERATION KEY OPERAND",
        summary: "an atomic operation",
        text: "Changes a key at commit, on the value that it has then. OPERATION is one of add, and, or, xor, append,\n\
               max, min, byte-max, byte-min, compare-and-clear, versionstamped-key, versionstamped-value. Of the last two\n\
               the last four bytes of KEY, or of OPERAND, say where the versionstamp goes, as a little-endian number.",
        examples: &[
            ("atomic append log \"one more; \"", "at the end of the value"),
            ("atomic or flags \\x04", "sets a bit"),
            ("atomic byte-max best m", "keeps the greater one"),
        ],
        options: &[],
        kind: Kind::Data,
        run: Run::Session(write::atomic),
    },
    Command {
        name: "watch",
        usage: "KEY",
        summary: "wait until a key changes",
        text: "Waits until the value of a key is another one, and shows it. Ctrl-C ends it.",
        examples: &[("watch config", ""), ("plinth db watch ready && start", "in a script")],
        options: &[],
        kind: Kind::Data,
        run: Run::Session(watch::watch),
    },
    Command {
        name: "begin",
        usage: "",
        summary: "open a transaction",
        text: "The commands from here on are one transaction, up to commit or rollback. Without it each command is a\n\
               transaction of its own, which is tried again after a conflict; this one is not.",
        examples: &[("begin; get a; set a 2; commit", "")],
        options: &[],
        kind: Kind::Transaction,
        run: Run::Session(transaction::begin),
    },
    Command {
        name: "commit",
        usage: "",
        summary: "commit the open transaction",
        text: "Commits. Whatever it comes to, the transaction is over. Error 1020 says that somebody changed what it\n\
               read; 1021 that it is not known whether it was committed.",
        examples: &[("commit", "Committed (4090702)")],
        options: &[],
        kind: Kind::Transaction,
        run: Run::Session(transaction::commit),
    },
    Command {
        name: "rollback",
        usage: "",
        summary: "end the open transaction without a commit",
        text: "Forgets what the open transaction wrote, and ends it.",
        examples: &[("rollback", "")],
        options: &[],
        kind: Kind::Transaction,
        run: Run::Session(transaction::rollback),
    },
    Command {
        name: "reset",
        usage: "",
        summary: "begin the open transaction anew",
        text: "Forgets what the open transaction wrote and read, and what option set in it, and goes on with a new one.",
        examples: &[("reset", "")],
        options: &[],
        kind: Kind::Transaction,
        run: Run::Session(transaction::reset),
    },
    Command {
        name: "writemode",
        usage: "[on|off]",
        summary: "allow writes in the shell, or not",
        text: "In the shell writes are off until writemode on, so that a slip changes nothing; plinth --write begins with\n\
               it. On the command line and in scripts they are on: who writes a command down means it.",
        examples: &[("writemode on", "set, clear and the like are allowed")],
        options: &[],
        kind: Kind::Transaction,
        run: Run::Session(write::writemode),
    },
    Command {
        name: "getversion",
        usage: "",
        summary: "show the version that is read at",
        text: "Shows the read version of the open transaction, or that of a new one.",
        examples: &[("getversion", "")],
        options: &[],
        kind: Kind::Transaction,
        run: Run::Session(transaction::getversion),
    },
    Command {
        name: "setversion",
        usage: "VERSION",
        summary: "read at an earlier version",
        text: "Sets the read version of the open transaction, before its first read. Versions of the last seconds can be\n\
               read at; of an older one reads say 1007.",
        examples: &[("begin; setversion 4090702; get a", "")],
        options: &[],
        kind: Kind::Transaction,
        run: Run::Session(transaction::setversion),
    },
    Command {
        name: "option",
        usage: "[on NAME [VALUE] | off NAME]",
        summary: "options of transactions",
        text: "Sets an option of the open transaction, or of all that begin from now on. Alone it lists the names.",
        examples: &[
            ("option on ACCESS_SYSTEM_KEYS", "keys from \\xff on"),
            ("option on TIMEOUT 5000", "milliseconds"),
            ("option on DURABILITY buffered", "commits that cost no sync"),
            ("option off TIMEOUT", ""),
        ],
        options: &[],
        kind: Kind::Transaction,
        run: Run::Session(options::option),
    },
    Command {
        name: "use",
        usage: "KEYSPACE",
        summary: "go on in another keyspace",
        text: "Keys are read and written in this keyspace from now on, also by an open transaction: one transaction may\n\
               span keyspaces. The first one is called default.",
        examples: &[("use users", "the prompt becomes plinth:users>"), ("use default", "")],
        options: &[],
        kind: Kind::Transaction,
        run: Run::Session(keyspaces::use_keyspace),
    },
    Command {
        name: "keyspaces",
        usage: "[list | create NAME | drop NAME]",
        summary: "list, create and drop keyspaces",
        text: "drop removes a keyspace with all its keys, at once; it asks for the name again, unless --yes was given.",
        examples: &[
            ("keyspaces", "their names"),
            ("keyspaces create users", ""),
            ("plinth --yes keyspaces db drop users", "without a question"),
        ],
        options: &[],
        kind: Kind::Upkeep,
        run: Run::Session(keyspaces::keyspaces),
    },
    Command {
        name: "lock",
        usage: "[ID]",
        summary: "lock the database",
        text: "Until unlock, transactions without the option LOCK_AWARE fail with 1038, in every process and after every\n\
               restart. The id, 32 hexadecimal digits, unlocks it again; without one a new one is made, and told.",
        examples: &[("plinth lock db", "tells the id"), ("plinth status db", "tells it again")],
        options: &[],
        kind: Kind::Upkeep,
        run: Run::Session(lock::lock),
    },
    Command {
        name: "unlock",
        usage: "ID",
        summary: "take the lock of the database away",
        text: "Fails with 1038 if it is locked under another id; status tells under which.",
        examples: &[("plinth unlock db 8f0c2a9d6b7e41f3a5c4d2e1b0f98765", "")],
        options: &[],
        kind: Kind::Upkeep,
        run: Run::Session(lock::unlock),
    },
    Command {
        name: "status",
        usage: "[json|details]",
        summary: "show how the database is",
        text: "Shows who hosts the database and what it does. Counters are the host's, from its start on.",
        examples: &[("plinth status db", ""), ("status details", "more"), ("plinth status db json", "for programs")],
        options: &[],
        kind: Kind::Upkeep,
        run: Run::Session(status::status),
    },
    Command {
        name: "stats",
        usage: "[OPTION...]",
        summary: "show what happens, second by second",
        text: "Prints a line every second, until Ctrl-C. per sync: commits that shared one sync of the log. sync ms,\n\
               queue ms: how long a sync took, and how long commits waited for theirs to begin.",
        examples: &[
            ("plinth stats db", ""),
            ("stats --interval 5 --count 12", "a minute"),
            ("stats --once", "the counters since the host's start"),
        ],
        options: &[
            valued("interval", "SECONDS", "between two lines; default 1"),
            valued("count", "N", "end after so many lines"),
            plain("once", "print the counters, and end"),
        ],
        kind: Kind::Upkeep,
        run: Run::Session(stats::stats),
    },
    Command {
        name: "metrics",
        usage: "",
        summary: "print all numbers, for Prometheus",
        text: "Prints every number that is counted, in Prometheus' text format, as plinthd --metrics serves it.",
        examples: &[
            ("plinth metrics db >/var/lib/node_exporter/plinth.prom", "for its textfile collector"),
            ("metrics", "in the shell"),
        ],
        options: &[],
        kind: Kind::Upkeep,
        run: Run::Session(status::metrics),
    },
    Command {
        name: "checkpoint",
        usage: "TO",
        summary: "make a copy that is a database",
        text: "Makes the directory TO, which must not exist, a database of its own with this one's state. On the same file\n\
               system tables are linked, not copied, so that it takes a moment. Writers go on. TO appears whole or not at all.",
        examples: &[("plinth checkpoint db db-before-upgrade", ""), ("checkpoint /srv/copy", "in the shell")],
        options: &[],
        kind: Kind::Upkeep,
        run: Run::Session(upkeep::checkpoint),
    },
    Command {
        name: "backup",
        usage: "create BACKUPS | list | verify [NUMBER] | delete NUMBER | keep COUNT",
        summary: "make backups and look after them",
        text: "create adds a backup of the database to a directory of backups, while writers go on; what is there already is\n\
               not copied again. The others are about a directory of backups, which stands in the place of the database:\n\
               list shows them; verify reads all of one, the newest if there is no NUMBER, and the exit status is 4 if\n\
               it is damaged; delete removes one; keep removes all but the newest COUNT. The last two ask, unless --yes was\n\
               given.",
        examples: &[
            ("plinth backup db create /backups/db", ""),
            ("plinth backup /backups/db list", ""),
            ("plinth backup /backups/db verify", "the newest one"),
            ("plinth --yes backup /backups/db keep 7", "a week of daily ones"),
        ],
        options: &[],
        kind: Kind::Upkeep,
        run: Run::Directory(backup::backup),
    },
    Command {
        name: "restore",
        usage: "TO [NUMBER]",
        summary: "make a database of a backup",
        text: "Makes the directory TO, which must not exist, the database that a backup holds: the newest one, if there is no\n\
               NUMBER. The directory of backups stands before it. TO appears whole or not at all.",
        examples: &[("plinth restore /backups/db db-restored", ""), ("plinth restore /backups/db db-old 3", "an older one")],
        options: &[],
        kind: Kind::Upkeep,
        run: Run::Directory(backup::restore),
    },
    Command {
        name: "dump",
        usage: "FILE|- [OPTION...]",
        summary: "write everything into a file",
        text: "Writes all keyspaces and keys of one version into a file, or to the standard output, with checksums, while\n\
               writers go on. FILE appears when it is whole and on disk; an older dump of that name is replaced.",
        examples: &[
            ("plinth dump db db.dump", ""),
            ("plinth dump db - | zstd >db.dump.zst", "compressed"),
            ("plinth dump a - | plinth --create load b -", "from one database into another"),
        ],
        options: &[plain("lock-aware", "dump a locked database too")],
        kind: Kind::Upkeep,
        run: Run::Session(transfer::dump),
    },
    Command {
        name: "load",
        usage: "FILE|- [OPTION...]",
        summary: "put a dump into a database",
        text: "Puts a dump into a database in which the keyspaces of the dump are empty. A load that was cut short goes on\n\
               where it was, when it is given the same dump again.",
        examples: &[
            ("plinth --create load new db.dump", "into a new database"),
            ("zstd -dc db.dump.zst | plinth load db -", ""),
            ("plinth --yes load db db.dump --overwrite", "in place of what is there"),
        ],
        options: &[
            plain("overwrite", "clear the keyspaces that the dump has first; it asks, unless --yes was given"),
            plain("any-versions", "go on where versions can't be raised above the dump's"),
            valued("lock-wait", "SECONDS", "how long a locked database is waited for; default 10"),
        ],
        kind: Kind::Upkeep,
        run: Run::Session(transfer::load),
    },
    Command {
        name: "move",
        usage: "TO [OPTION...]",
        summary: "move everything into another database",
        text: "Moves the database into TO, which must be empty and is made if it is a directory that is missing, while\n\
               writers go on: it copies, follows what changes, compares, and locks the database for the last changes, for less\n\
               than a second as a rule. From then on TO is the database; the old one refuses everything with 1038. Of a\n\
               cluster everything is compared once more while it is locked, and how long that takes is said before. A move that\n\
               was cut short goes on when it is called again.",
        examples: &[
            ("plinth move db /srv/new/db", "to another disk"),
            ("plinth move db fdb:/etc/foundationdb/fdb.cluster", "to a cluster"),
            ("plinth move fdb:fdb.cluster db --max-pause 60", "and back, if writers pause for a minute at most"),
            ("plinth move db new --throttle 20m --json", "at 20 MiB a second"),
        ],
        options: &[
            valued("throttle", "BYTES", "to be read in a second at most, with k, m or g; while nobody waits"),
            valued("verify", "WHAT", "all, changed or none: what is compared once more; default all"),
            valued("max-pause", "SECONDS", "give up rather than lock the database for longer"),
            plain("any-versions", "go on where versions can't be raised above the old ones"),
        ],
        kind: Kind::Upkeep,
        run: Run::Directory(moving::run),
    },
    Command {
        name: "verify",
        usage: "",
        summary: "read everything and check it",
        text: "Computes the checksum of every table and reads every key of one version, while others write. The exit status\n\
               is 4 if something is damaged.",
        examples: &[("plinth verify db", ""), ("plinth --json verify db", "in a script")],
        options: &[],
        kind: Kind::Upkeep,
        run: Run::Session(upkeep::verify),
    },
    Command {
        name: "transactions",
        usage: "",
        summary: "list the live transactions of all processes",
        text: "Shows the transactions that programs have open on the database, in whatever process, the oldest first: id,\n\
               process, age, where they read, what they wrote. The exit status is 3 if there is none. Those of libfdb_c\n\
               and of this tool are not among them.",
        examples: &[("plinth transactions db", ""), ("plinth --json transactions db", "for a script")],
        options: &[],
        kind: Kind::Upkeep,
        run: Run::Session(transactions::transactions),
    },
    Command {
        name: "expire",
        usage: "ID",
        summary: "take its read version from a transaction",
        text: "Has the reads and the commit of a transaction fail with 1007 until its program tries again, in whatever\n\
               process it is: it keeps no old versions any more.",
        examples: &[("plinth expire db 5b1d3c1e-7a51-4c86-9d0b-7d7be0a6a9a1", "an id of transactions")],
        options: &[],
        kind: Kind::Upkeep,
        run: Run::Session(transactions::expire),
    },
    Command {
        name: "compact",
        usage: "[KEYSPACE]",
        summary: "give back room of what was cleared",
        text: "Compacts a keyspace, or all of them: what was overwritten or cleared takes no room any more. It reads and\n\
               writes all of the data and needs as much room again while it runs. It is rarely needed: the database does\n\
               it bit by bit.",
        examples: &[("plinth compact db", ""), ("plinth compact db users", "one keyspace")],
        options: &[],
        kind: Kind::Upkeep,
        run: Run::Session(upkeep::compact),
    },
    Command {
        name: "bench",
        usage: "[OPTION...]",
        summary: "measure reads and commits on this machine",
        text: "Measures in a keyspace of its own, which is dropped afterwards; with --scratch in a database of its own, in a\n\
               directory that is made below DIRECTORY and removed. Other users of the database feel it.",
        examples: &[
            ("plinth bench db", "six seconds"),
            ("plinth bench --scratch /var/lib", "what that disk gives"),
            ("plinth --json bench db --seconds 10 --threads 16", ""),
        ],
        options: &[
            plain("scratch", "in a new database below DIRECTORY"),
            valued("seconds", "N", "for each of the six measurements; default 1"),
            valued("threads", "N", "default 4"),
            valued("keys", "N", "default 10000"),
            valued("value", "BYTES", "of a value; default 100"),
        ],
        kind: Kind::Upkeep,
        run: Run::Directory(bench::bench),
    },
    Command {
        name: "repair",
        usage: "",
        summary: "make a damaged directory a database again",
        text: "Only for a directory that can't be opened, and of which there is no backup: copy it first. Nobody else may have\n\
               it open. Where only the end of the log is missing, the state becomes one that the database had; where files are\n\
               damaged, what can be read is put together, and keys may be missing or be back. What is taken out is kept in the\n\
               directory lost. It asks, unless --yes was given.",
        examples: &[("plinth repair db", ""), ("plinth --yes --json repair db", "in a script")],
        options: &[],
        kind: Kind::Upkeep,
        run: Run::Directory(repair::repair),
    },
    Command {
        name: "check",
        usage: "FILE|-",
        summary: "check a dump, without a database",
        text: "Reads a dump to its end and computes all checksums. The exit status is 4 if it is damaged.",
        examples: &[("plinth check db.dump", "")],
        options: &[],
        kind: Kind::Other,
        run: Run::Free(transfer::check),
    },
    Command {
        name: "help",
        usage: "[COMMAND]",
        summary: "list the commands, or tell all about one",
        text: "Lists the commands, or tells all about one of them.",
        examples: &[("help getrange", "")],
        options: &[],
        kind: Kind::Other,
        run: Run::Free(completion::help),
    },
    Command {
        name: "version",
        usage: "",
        summary: "print the version",
        text: "Prints the version.",
        examples: &[("plinth version", "")],
        options: &[],
        kind: Kind::Other,
        run: Run::Free(completion::version),
    },
    Command {
        name: "completion",
        usage: "bash|zsh|fish",
        summary: "print what completes command lines",
        text: "Prints a script for the user's shell. The one for bash is installed.",
        examples: &[("plinth completion zsh >~/.zfunc/_plinth", "")],
        options: &[],
        kind: Kind::Other,
        run: Run::Free(completion::completion),
    },
];
