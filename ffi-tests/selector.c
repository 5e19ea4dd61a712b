/*
 * Key selectors (SEL-1 to SEL-5), in get_key and as ends of a range, over stored keys, own
 * writes and own clears, and a random comparison with counting by hand.
 */
#include "harness.h"

static plinth_database *db;

static void expect_key(plinth_transaction *tr, plinth_key_selector s, bytes want, int line) {
    for (int snapshot = 0; snapshot < 2; snapshot++) {
        char asked[100], text[160];
        plinth_value found;
        plinth_error error = plinth_transaction_get_key(tr, NULL, &s, snapshot == 1, &found);
        bytes_print(asked, sizeof asked, s.key, s.key_len);
        snprintf(text, sizeof text, "get_key(%s, %d, %d)", asked, s.or_equal, (int)s.offset);
        if (harness_code(error, 0, text, __FILE__, line)) {
            harness_bytes(found.data, found.len, want, text, __FILE__, line);
        }
        plinth_value_free(&found);
    }
}

#define EXPECT(tr, key, or_equal, offset, want) expect_key((tr), selector(B(key), (or_equal), (offset)), B(want), __LINE__)

/* Section 19, selectors over {b, d, f}. (SEL-1, SEL-3) */
static void the_vectors_of_the_rules_hold_sel1(void) {
    plinth_transaction *tr = seeded(db);
    EXPECT(tr, "a", false, 1, "b");
    EXPECT(tr, "d", false, 1, "d");
    EXPECT(tr, "d", true, 1, "f");
    EXPECT(tr, "d", false, 0, "b");
    EXPECT(tr, "d", true, 0, "d");
    EXPECT(tr, "g", false, 1, "\xff");
    EXPECT(tr, "b", false, 0, "");
    EXPECT(tr, "d", false, 2, "f");
    EXPECT(tr, "d", false, -1, "");
    EXPECT(tr, "a", false, 3, "f");
    EXPECT(tr, "a", false, 4, "\xff");
    EXPECT(tr, "a", false, 0, "");
    destroy(tr);
}

/* Between keys and on them. (SEL-2) */
static void the_four_named_forms_work_between_and_on_keys_sel2(void) {
    plinth_transaction *tr = seeded(db);
    EXPECT(tr, "c", false, 0, "b");
    EXPECT(tr, "c", true, 0, "b");
    EXPECT(tr, "c", true, 1, "d");
    EXPECT(tr, "c", false, 1, "d");
    EXPECT(tr, "b", true, 0, "b");
    EXPECT(tr, "b", true, 1, "d");
    EXPECT(tr, "f", true, 1, "\xff");
    EXPECT(tr, "f", false, 0, "d");
    destroy(tr);
}

/* "" and \xff. (SEL-3, DATA-5) */
static void both_ends_of_the_key_space_are_legal_sel3(void) {
    plinth_transaction *tr = seeded(db);
    EXPECT(tr, "", false, 1, "b");
    EXPECT(tr, "", true, 1, "b");
    EXPECT(tr, "", false, 0, "");
    EXPECT(tr, "", true, 0, "");
    EXPECT(tr, "\xff", false, 0, "f");
    EXPECT(tr, "\xff", false, -2, "b");
    EXPECT(tr, "\xff", false, -3, "");
    EXPECT(tr, "\xff", false, 1, "\xff");
    EXPECT(tr, "\xff", true, 1, "\xff");
    destroy(tr);
}

/* As far as 32 bits go. (SEL-3) */
static void far_offsets_stop_at_the_ends_sel3(void) {
    plinth_transaction *tr = seeded(db);
    EXPECT(tr, "d", false, 1000, "\xff");
    EXPECT(tr, "d", false, -1000, "");
    EXPECT(tr, "d", false, INT32_MAX, "\xff");
    EXPECT(tr, "d", false, INT32_MIN, "");
    EXPECT(tr, "d", true, INT32_MAX, "\xff");
    EXPECT(tr, "d", true, INT32_MIN, "");
    destroy(tr);
}

/* Nothing to find. (SEL-3) */
static void an_empty_database_resolves_to_its_ends_sel3(void) {
    plinth_transaction *tr = begin(db);
    empty(db);
    EXPECT(tr, "", false, 1, "\xff");
    EXPECT(tr, "m", false, 1, "\xff");
    EXPECT(tr, "m", false, 0, "");
    EXPECT(tr, "\xff", true, 0, "");
    destroy(tr);
}

/* The empty key is a key. (SEL-3, DATA-2) */
static void a_found_empty_key_reads_like_the_front_sel3(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_set(tr, B(""), B("0")));
    EXPECT(tr, "", false, 1, "");
    EXPECT(tr, "", true, 1, "b");
    EXPECT(tr, "", true, 0, "");
    EXPECT(tr, "b", false, 0, "");
    EXPECT(tr, "b", false, -1, "");
    destroy(tr);
}

/* (k, 1, o) is (k\0, 0, o). (SEL-4) */
static void or_equal_is_the_same_as_the_next_key_sel4(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_set(tr, B("d\0"), B("5")));
    for (int32_t offset = -3; offset <= 4; offset++) {
        static const char *const keys[] = {"b\0", "c\0", "d\0", "f\0"};
        for (size_t i = 0; i < 4; i++) {
            plinth_key_selector equal = selector(bytes_of(keys[i], 1), true, offset);
            plinth_key_selector next = selector(bytes_of(keys[i], 2), false, offset);
            plinth_value one, two;
            CHECK_OK(plinth_transaction_get_key(tr, NULL, &equal, false, &one));
            CHECK_OK(plinth_transaction_get_key(tr, NULL, &next, false, &two));
            CHECK_BYTES(one.data, one.len, bytes_of(two.data, two.len));
            plinth_value_free(&one);
            plinth_value_free(&two);
        }
    }
    destroy(tr);
}

/* They walk over visible keys. (SEL-5, RYW-1) */
static void selectors_see_own_sets_and_clears_sel5(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_set(tr, B("c"), B("3")));
    EXPECT(tr, "b", true, 1, "c");
    EXPECT(tr, "d", false, 0, "c");
    EXPECT(tr, "a", false, 4, "f");
    CHECK_OK(tr_clear(tr, B("d")));
    EXPECT(tr, "c", true, 1, "f");
    EXPECT(tr, "f", false, 0, "c");
    CHECK_OK(tr_clear_range(tr, B("b"), B("f")));
    EXPECT(tr, "a", false, 1, "f");
    EXPECT(tr, "f", false, 0, "");
    CHECK_OK(tr_clear_range(tr, B(""), B("\xff")));
    EXPECT(tr, "a", false, 1, "\xff");
    CHECK_OK(tr_set(tr, B("m"), B("1")));
    EXPECT(tr, "a", false, 1, "m");
    EXPECT(tr, "z", false, 0, "m");
    destroy(tr);
}

/* Equal to \xff is allowed, more is not. (DATA-5) */
static void a_key_beyond_the_legal_range_is_refused_data5(void) {
    plinth_transaction *tr = seeded(db);
    plinth_key_selector s = at_or_after(B("\xff\0"));
    plinth_value found;
    CHECK_CODE(plinth_transaction_get_key(tr, NULL, &s, false, &found), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK(found.data == NULL && found.len == 0 && found.owner == NULL);
    s = at_or_after(B("\xff\xff"));
    CHECK_CODE(plinth_transaction_get_key(tr, NULL, &s, true, &found), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    destroy(tr);
}

static void the_found_key_is_binary_safe(void) {
    plinth_transaction *tr = begin(db);
    empty(db);
    put(db, B("\0\xfe\0z"), B("v"));
    EXPECT(tr, "", true, 1, "\0\xfe\0z");
    destroy(tr);
}

/* Not just the named forms. (RNG-1, SEL-1) */
static void ranges_take_any_selector_rng1(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_TEXT(scan(tr, selector(B("d"), false, 0), selector(B("d"), true, 1), NULL), "b=2 d=4");
    CHECK_TEXT(scan(tr, selector(B("d"), true, 0), selector(B("\xff"), false, 1), NULL), "d=4 f=6");
    CHECK_TEXT(scan(tr, selector(B("a"), false, 2), selector(B("a"), false, 4), NULL), "d=4 f=6");
    CHECK_TEXT(scan(tr, selector(B("g"), false, 0), selector(B("g"), false, 1), NULL), "f=6");
    CHECK_TEXT(scan(tr, selector(B("g"), false, -5), selector(B("g"), false, 5), NULL), "b=2 d=4 f=6");
    CHECK_TEXT(scan(tr, selector(B("f"), false, 1), selector(B("d"), false, 1), NULL), "");
    CHECK_TEXT(scan(tr, selector(B("g"), false, -1), selector(B("a"), false, 3), NULL), "d=4");
    destroy(tr);
}

/* ------------------------------------------------------------------ random comparison */

#define KEYS 30

/* Random keys and offsets. (SEL-1, SEL-3, SEL-5) */
static void selectors_agree_with_counting_by_hand_sel1(void) {
    long rounds = scaled(1500);
    bool there[KEYS];
    plinth_transaction *tr = begin(db);
    empty(db);
    for (int i = 0; i < KEYS; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%02d", i);
        there[i] = random_below(2) == 0;
        if (there[i]) {
            put(db, bytes_of(key, 3), B("v"));
        }
    }
    for (long round = 0; round < rounds; round++) {
        int at = (int)random_below(KEYS);
        int32_t offset = (int32_t)random_below(21) - 10;
        bool or_equal = random_below(2) == 0, add = random_below(2) == 0;
        int positions[KEYS], count = 0, below = 0, target;
        char key[8], want[8];
        snprintf(key, sizeof key, "k%02d", (int)random_below(KEYS));
        there[(key[1] - '0') * 10 + key[2] - '0'] = add;
        CHECK_OK(add ? tr_set(tr, bytes_of(key, 3), B("v")) : tr_clear(tr, bytes_of(key, 3)));
        for (int i = 0; i < KEYS; i++) {
            if (there[i]) {
                positions[count++] = i;
                below += i < at || (or_equal && i == at);
            }
        }
        /* Of the keys counted from 1, `below` is the last one below; 0 is before the first. */
        target = below + offset;
        snprintf(key, sizeof key, "k%02d", at);
        if (target >= 1 && target <= count) {
            snprintf(want, sizeof want, "k%02d", positions[target - 1]);
            expect_key(tr, selector(bytes_of(key, 3), or_equal, offset), bytes_of(want, 3), __LINE__);
        } else {
            expect_key(tr, selector(bytes_of(key, 3), or_equal, offset), target < 1 ? B("") : B("\xff"), __LINE__);
        }
    }
    destroy(tr);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(the_vectors_of_the_rules_hold_sel1);
    RUN(the_four_named_forms_work_between_and_on_keys_sel2);
    RUN(both_ends_of_the_key_space_are_legal_sel3);
    RUN(far_offsets_stop_at_the_ends_sel3);
    RUN(an_empty_database_resolves_to_its_ends_sel3);
    RUN(a_found_empty_key_reads_like_the_front_sel3);
    RUN(or_equal_is_the_same_as_the_next_key_sel4);
    RUN(selectors_see_own_sets_and_clears_sel5);
    RUN(a_key_beyond_the_legal_range_is_refused_data5);
    RUN(the_found_key_is_binary_safe);
    RUN(ranges_take_any_selector_rng1);
    RUN(selectors_agree_with_counting_by_hand_sel1);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
