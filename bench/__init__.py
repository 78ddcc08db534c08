"""What it costs, measured against goals: ``python -m bench`` for everything, ``python -m bench NAME ...`` for some of it.

A bench is a module with ``run(note) -> list[Row]``; ``note(text)`` tells the person at the terminal what is being
done. Times on shared
machines mean nothing by themselves: what can be is given as a ratio to something done in the same run.
"""
