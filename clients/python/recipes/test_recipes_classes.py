"""Class scheduling: many students at once, and seats are never oversold."""

import collections
import random
import unittest

import fdb
from support import DatabaseTest, together

from recipes.classes import MOST, NoSeat, Schedule, TooMany

STUDENTS, STEPS, SEATS = 12, 25, 4
CLASSES = ["%s %d" % (subject, level) for subject in ("chem", "bio", "lit") for level in range(4)]


class Classes(DatabaseTest):
    def setUp(self):
        super().setUp()
        self.schedule = Schedule(fdb.Subspace(rawPrefix=self.prefix))
        for name in CLASSES:
            self.schedule.offer(self.db, name, SEATS)

    def check(self):
        """The invariants, from one snapshot: seats left and taken make up the offer, nobody has too many."""
        left, attends = self.schedule.everything(self.db)
        taken = collections.Counter(name for _, name in attends)
        self.assertEqual({name: left[name] + taken[name] for name in CLASSES}, dict.fromkeys(CLASSES, SEATS))
        self.assertTrue(all(seats >= 0 for seats in left.values()))
        of_students = collections.Counter(student for student, _ in attends)
        self.assertTrue(all(count <= MOST for count in of_students.values()))
        self.assertEqual(len(set(attends)), len(attends))
        return attends

    def test_the_rules_for_one_student(self):
        """Signing up twice counts once; a full class and a sixth class are refused."""
        for student in range(SEATS):
            self.schedule.sign_up(self.db, student, CLASSES[0])
            self.schedule.sign_up(self.db, student, CLASSES[0])
        with self.assertRaises(NoSeat):
            self.schedule.sign_up(self.db, 99, CLASSES[0])
        for name in CLASSES[1:MOST]:
            self.schedule.sign_up(self.db, 0, name)
        with self.assertRaises(TooMany):
            self.schedule.sign_up(self.db, 0, CLASSES[6])
        self.schedule.switch(self.db, 0, CLASSES[1], CLASSES[6])
        self.assertNotIn(CLASSES[0], self.schedule.available(self.db))
        self.assertEqual(len(self.check()), SEATS + MOST - 1)

    def test_a_switch_to_a_full_class_changes_nothing(self):
        """COM-8: both or neither."""
        for student in range(SEATS):
            self.schedule.sign_up(self.db, student, CLASSES[0])
        self.schedule.sign_up(self.db, 9, CLASSES[1])
        with self.assertRaises(NoSeat):
            self.schedule.switch(self.db, 9, CLASSES[1], CLASSES[0])
        self.assertIn((9, CLASSES[1]), self.check())

    def test_many_students_at_once(self):
        """CONF-19: twelve threads of random sign-ups, drops and switches; what each student has is what is stored."""
        def body(student):
            dice, mine = random.Random(student), set()
            for _ in range(STEPS):
                self.step(dice, student, mine)
            return {(student, name) for name in mine}

        believed = set().union(*together(STUDENTS, body))
        self.assertEqual(set(self.check()), believed)

    def step(self, dice, student, mine):
        """One random action; mine is what the student believes to attend."""
        open_classes = self.schedule.available(self.db) or CLASSES
        name = dice.choice(open_classes)
        kind = dice.choice(["sign up", "sign up", "drop", "switch"])
        try:
            if kind == "sign up":
                self.schedule.sign_up(self.db, student, name)
                mine.add(name)
            elif kind == "drop" and mine:
                old = dice.choice(sorted(mine))
                self.schedule.drop(self.db, student, old)
                mine.remove(old)
            elif kind == "switch" and mine:
                old = dice.choice(sorted(mine))
                self.schedule.switch(self.db, student, old, name)
                mine.remove(old)
                mine.add(name)
        except (NoSeat, TooMany):
            pass

    def test_the_last_seats_under_a_rush(self):
        """CONF-20: twelve students want four seats of one class; four get one."""
        def body(student):
            try:
                self.schedule.sign_up(self.db, student, CLASSES[0])
                return True
            except NoSeat:
                return False

        self.assertEqual(sum(together(STUDENTS, body)), SEATS)
        self.check()


if __name__ == "__main__":
    unittest.main()
