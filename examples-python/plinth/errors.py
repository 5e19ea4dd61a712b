"""Errors: the library's numbers, with the story that it tells."""

from ._native import lib, text


class Error(Exception):
    """What a call of the library returned."""

    def __init__(self, number, story=""):
        super().__init__(story or text(lib.plinth_error_description(number)))
        #: One of FoundationDB's numbers, or from 9000 on one of Plinth's own.
        self.number = number

    @property
    def name(self):
        """Such as ``not_committed``."""
        return text(lib.plinth_error_name(self.number))

    @property
    def is_retryable(self):
        """Whether the transaction may be tried again."""
        return lib.plinth_error_is_retryable(self.number)

    @property
    def is_maybe_committed(self):
        """Whether the commit may have happened all the same."""
        return lib.plinth_error_is_maybe_committed(self.number)


def check(number):
    """Raises what a call on this thread returned, unless it is 0."""
    if number != 0:
        raise Error(number, text(lib.plinth_last_error()))
