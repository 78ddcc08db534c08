"""What the platform tells us, connected through the seam; one action each."""


def connect() -> None:
    """Connect every receiver once; called when the app is ready."""
