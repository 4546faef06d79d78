"""What the performance figures come from: ``make bench``. Not part of the tests, which never assert a time."""
