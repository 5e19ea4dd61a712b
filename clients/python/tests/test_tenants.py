"""Tenants of the 7.x packages: managed through special keys, each a key space of its own."""

import gc
import json
import unittest

import fdb
from support import HAS_TENANTS, LINE, DatabaseTest, code_of, commit, since, together, wait_code

if HAS_TENANTS:
    from fdb import tenant_management

LISTS = LINE >= (7, 3)


@unittest.skipUnless(HAS_TENANTS, "package 8.0 has no tenants")
@since(700, "writing special keys")
class Tenants(DatabaseTest):
    def setUp(self):
        super().setUp()
        self.made = []

    def tearDown(self):
        for name in self.made:
            if code_of(tenant_management.delete_tenant, self.db, name) == 2133:
                tenant = self.db.open_tenant(name)
                del tenant[b"":b"\xff"]
                tenant_management.delete_tenant(self.db, name)
        super().tearDown()

    def create(self, name):
        """A new tenant, opened; it goes when the test ends."""
        tenant_management.create_tenant(self.db, name)
        self.made.append(name)
        return self.db.open_tenant(name)

    def name(self, suffix=b""):
        return b"tenant-" + self.id().encode()[-40:] + suffix

    def test_a_tenant_is_a_key_space_of_its_own(self):
        """TEN-1: the same key in two tenants and in the database is three keys."""
        first, second = self.create(self.name(b"1")), self.create(self.name(b"2"))
        key = self.k()
        first[key], second[key], self.db[key] = b"1", b"2", b"0"
        self.assertEqual((first[key], second[key], self.db[key]), (b"1", b"2", b"0"))
        del first[key]
        self.assertEqual((first[key], second[key], self.db[key]), (None, b"2", b"0"))

    def test_ranges_end_at_the_tenant(self):
        """TEN-1: a read of everything shows the tenant's keys, without any prefix."""
        first, second = self.create(self.name(b"1")), self.create(self.name(b"2"))
        for index in range(20):
            first[b"%02d" % index] = b"first"
            second[b"%02d" % (index + 5)] = b"second"
        self.assertEqual([pair.key for pair in first[b"":b"\xff"]], [b"%02d" % index for index in range(20)])
        self.assertEqual({pair.value for pair in second[b"":b"\xff"]}, {b"second"})
        self.assertEqual(first.get_key(fdb.KeySelector.first_greater_than(b"19")), b"\xff")
        self.assertEqual(second.get_key(fdb.KeySelector.last_less_than(b"05")), b"")
        del first[b"":b"\xff"]
        self.assertEqual(first[b"":b"\xff"], [])
        self.assertEqual(len(second[b"":b"\xff"]), 20)

    def test_transactions_within_a_tenant(self):
        """CONF-14: conflicts, atomic operations and retries as in a database."""
        tenant = self.create(self.name())
        reader = tenant.create_transaction()
        self.assertFalse(reader[b"k"].present())
        tenant[b"k"] = b"x"
        reader[b"out"] = b""
        self.assertEqual(commit(reader), 1020)

        @fdb.transactional
        def increment(tr):
            tr[b"count"] = b"%d" % (int(tr[b"count"].value or b"0") + 1)

        together(4, lambda _: [increment(tenant) for _ in range(25)])
        self.assertEqual(tenant[b"count"], b"100")
        add = fdb.transactional(lambda tr, operand: tr.add(b"sum", operand))
        add(tenant, b"\x05")
        add(tenant, b"\x06")
        self.assertEqual(tenant[b"sum"], b"\x0b")

    def test_conflicts_never_cross_tenants(self):
        """TEN-1, CONF-13: equal keys in different tenants are different keys."""
        first, second = self.create(self.name(b"1")), self.create(self.name(b"2"))
        reader = first.create_transaction()
        list(reader[b"":b"\xff"])
        second[b"k"] = b"x"
        self.db[b"k"] = b"x"
        reader[b"k"] = b"y"
        self.assertEqual(commit(reader), 0)
        del self.db[b"k"]

    def test_watches_versionstamps_and_directories(self):
        """WATCH-1, VST-1: what works in a database works in a tenant."""
        tenant = self.create(self.name())
        future = tenant.set_and_watch(b"k", b"1")
        tenant[b"k"] = b"2"
        self.assertEqual(wait_code(future), 0)
        transaction = tenant.create_transaction()
        stamp = transaction.get_versionstamp()
        transaction.set_versionstamped_key(
            fdb.tuple.pack_with_versionstamp(("log", fdb.tuple.Versionstamp())), b"entry")
        transaction.commit().wait()
        found = [fdb.tuple.unpack(pair.key) for pair in tenant[fdb.tuple.range(("log",))]]
        self.assertEqual(found, [("log", fdb.tuple.Versionstamp(stamp.value, 0))])
        made = fdb.directory.create_or_open(tenant, ("app",))
        tenant[made.pack((1,))] = b"v"
        self.assertEqual(fdb.directory.list(tenant), ["app"])
        self.assertFalse(fdb.directory.exists(self.db, ("app",)))

    def test_errors_of_management(self):
        """ERRC: 2132 for a second creation, 2131 for a missing one, 2133 while it has data."""
        tenant = self.create(self.name())
        self.assertEqual(code_of(tenant_management.create_tenant, self.db, self.name()), 2132)
        self.assertEqual(code_of(tenant_management.delete_tenant, self.db, self.name(b"missing")), 2131)
        tenant[b"k"] = b"v"
        self.assertEqual(code_of(tenant_management.delete_tenant, self.db, self.name()), 2133)
        del tenant[b"k"]
        tenant_management.delete_tenant(self.db, self.name())
        self.assertEqual(code_of(tenant_management.delete_tenant, self.db, self.name()), 2131)
        tenant_management.create_tenant(self.db, self.name())
        self.assertIsNone(self.db.open_tenant(self.name())[b"k"])

    def test_a_missing_tenant_shows_at_the_first_operation(self):
        """TEN-2: opening succeeds, using is 2131."""
        tenant = self.db.open_tenant(self.name(b"missing"))
        transaction = tenant.create_transaction()
        self.assertEqual(wait_code(transaction[b"k"]), 2131)

    def test_a_name_may_not_start_with_0xff(self):
        """TEN-3: 2134."""
        self.assertEqual(code_of(tenant_management.create_tenant, self.db, b"\xffname"), 2134)

    def test_tuples_are_names(self):
        """The package packs them."""
        name = ("tenant", self.id(), 7)
        tenant = self.create(name)
        tenant[b"k"] = b"v"
        self.assertEqual(self.db.open_tenant(fdb.tuple.pack(name))[b"k"], b"v")

    @unittest.skipUnless(LISTS, "tenant listing came with package 7.3")
    def test_tenants_are_listed(self):
        """In order, with JSON that names their id; limits and bounds hold."""
        base = self.name(b"-list-")
        for index in (2, 0, 1):
            self.create(base + b"%d" % index)
        listed = tenant_management.list_tenants(self.db, base, base + b"\xff", 10).to_list()
        self.assertEqual([bytes(pair.key) for pair in listed], [base + b"%d" % index for index in range(3)])
        for pair in listed:
            self.assertIn("id", json.loads(bytes(pair.value)))
        limited = tenant_management.list_tenants(self.db, base + b"1", base + b"\xff", 1).to_list()
        self.assertEqual([bytes(pair.key) for pair in limited], [base + b"1"])

    @unittest.skipUnless(LISTS, "tenant ids came with package 7.3")
    def test_ids_differ_and_a_missing_tenant_has_none(self):
        """TEN: ids are positive and unique; 2131 without the tenant."""
        ids = [self.create(self.name(b"%d" % index)).get_id().wait() for index in range(5)]
        self.assertEqual(len(set(ids)), 5)
        self.assertTrue(all(number >= 0 for number in ids))
        missing = self.db.open_tenant(self.name(b"missing"))
        self.assertEqual(wait_code(missing.get_id()), 2131)

    def test_a_transaction_creates_and_deletes_together_with_data(self):
        """SPEC-3: management is part of the transaction: without commit nothing is made."""
        transaction = self.begin()
        tenant_management.create_tenant(transaction, self.name())
        del transaction
        self.assertEqual(code_of(self.db.open_tenant(self.name()).get, b"k"), 2131)

        @fdb.transactional
        def both(tr):
            tenant_management.create_tenant(tr, self.name())
            tr[self.k()] = b"made"

        both(self.db)
        self.made.append(self.name())
        self.assertEqual(self.db[self.k()], b"made")
        self.assertIsNone(self.db.open_tenant(self.name())[b"k"])

    def test_creating_one_name_from_many_threads(self):
        """CONF-19: six at once make one tenant; who lost the race is told 2132 or joins it after a retry."""
        codes = together(6, lambda _: code_of(tenant_management.create_tenant, self.db, self.name()))
        self.made.append(self.name())
        self.assertIn(0, codes)
        self.assertLessEqual(set(codes), {0, 2132})
        self.db.open_tenant(self.name())[b"k"] = b"v"
        self.assertEqual(self.db.open_tenant(self.name())[b"k"], b"v")
        self.assertEqual(code_of(tenant_management.create_tenant, self.db, self.name()), 2132)

    def test_a_dropped_handle_leaves_its_transactions_alive(self):
        """NET-7: as for databases."""
        tenant = self.create(self.name())
        transaction = tenant.create_transaction()
        transaction.db = transaction.snapshot.db = None
        del tenant
        gc.collect()
        transaction[b"k"] = b"v"
        self.assertEqual(commit(transaction), 0)
        self.assertEqual(self.db.open_tenant(self.name())[b"k"], b"v")


@unittest.skipIf(HAS_TENANTS, "only package 8.0 is without tenants")
class Without(DatabaseTest):
    def test_the_package_opens_no_tenant(self):
        """TEN: the symbols are there, and the package gives nothing back."""
        self.assertIsNone(self.db.open_tenant(b"name"))


if __name__ == "__main__":
    unittest.main()
