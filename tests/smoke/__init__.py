"""The main job of the product, driven over HTTP on a fresh demo by everybody who has a part in it.

``python -m tests.smoke`` (``make demo-smoke``) starts the demo, walks through the job and ends with ``main job ok``.
``python -m tests.smoke --controls`` (``make demo-smoke-controls``) spoils one part of the embedded LMS at a time and wants
each run to fail, at the step that watches that part.

It knows the product by its public pages and REST v1 alone, and imports nothing of it. What the scores should be it works out
itself, from the answer keys in the demo's OLX.
"""
