"""The staff calls against their own schema, thousands of made-up requests of them (``python -m tests.fuzz``)."""
