"""The tests of Switchyard; what they share is in `tests.support`."""
