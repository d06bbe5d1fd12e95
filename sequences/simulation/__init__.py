"""What would happen: who gets what, when, over which channel, and why not, without anything being sent.

The database plays it with the functions that run the real thing, on copies of people, and undoes it.
"""
