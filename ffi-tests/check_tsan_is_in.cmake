# Fails unless the library calls ThreadSanitizer's checks, which it leaves for the program to supply; and, if it is the
# archive, unless RocksDB does so too.
execute_process(COMMAND "${NM}" --undefined-only "${LIBRARY}" OUTPUT_VARIABLE symbols ERROR_QUIET)
if(NOT symbols MATCHES "U __tsan_(read|write)")
  message(FATAL_ERROR "${LIBRARY} is not instrumented: it has no undefined __tsan_ symbols")
endif()
if(LIBRARY MATCHES "\\.a$" AND NOT symbols MATCHES "db_impl\\.o:\n[^:]*U __tsan_(read|write)")
  message(FATAL_ERROR "${LIBRARY}: RocksDB is not instrumented")
endif()
