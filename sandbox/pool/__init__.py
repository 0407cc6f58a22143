"""Boxes up to the cores owned, each with a thread: queue, retries, spare boxes, and what was judged already.

May import image, judging and the rooms below. `pool.Pool` is the way in; nothing else is for callers.
"""
