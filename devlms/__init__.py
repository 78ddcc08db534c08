"""The embedded LMS: a small learning platform out of real Open edX parts, for development, demonstration and tests.

It plays the LMS and Studio in one process. It is never part of what an operator installs.
"""

import warnings

# PyFilesystem (a dependency of the problem block) imports pkg_resources, which says so on every start.
warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
