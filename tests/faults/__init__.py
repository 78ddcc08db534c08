"""Real servers killed, frozen and started again while students take a test: nothing acknowledged may be lost or doubled."""
