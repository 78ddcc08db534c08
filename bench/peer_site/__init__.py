"""edx-proctoring from PyPI as a site of its own, run by a Python of its own: nothing here imports anything of ours."""
