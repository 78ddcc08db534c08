"""One thing wrong with the code each time: do the tests notice? (``python -m tests.mutants``)."""
