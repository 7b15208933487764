"""Who refers to whom.

Takes a catalogue. Makes a ``Graph``: the references between its entities, an order in which each comes after what it
refers to, and reachability both ways. Refuses nothing: a reference that names nothing is kept, for ``checks`` to tell.
"""
