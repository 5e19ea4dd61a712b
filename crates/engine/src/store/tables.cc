// What RocksDB's C interface lacks: the checksums of one table. Relies on the bundled RocksDB's headers, and on being
// compiled by the same compiler.

#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>

namespace {

std::string check(const char *path)
{
    rocksdb::BlockBasedTableOptions table;
    // What is read is not read again.
    table.no_block_cache = true;
    rocksdb::Options options;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::ReadOptions read;
    read.readahead_size = 1 << 20;
    read.fill_cache = false;
    rocksdb::SstFileReader reader(options);
    rocksdb::Status status = reader.Open(path);
    if (status.ok())
        status = reader.VerifyChecksum(read);
    return status.ok() ? std::string() : status.ToString();
}

} // namespace

// Computes the checksums of all blocks of a table. Returns NULL, or what is wrong, to be freed with free().
extern "C" char *plinth_check_table(const char *path) noexcept
{
    try {
        const std::string wrong = check(path);
        return wrong.empty() ? nullptr : strdup(wrong.c_str());
    } catch (const std::exception &exception) {
        return strdup((std::string("IO error: ") + exception.what()).c_str());
    } catch (...) {
        return strdup("IO error: an unknown exception");
    }
}
