"""What is to be done, in which order.

Takes ``Changes``, the catalogue's graph and the live state. Makes a ``Plan``: steps that require one another, what
is left out and why, and whether a guard refuses. Refuses to plan from an incomplete reading, to delete what somebody
else still refers to, and to take a name that somebody else holds. A plan is data; nothing here writes.

Choices, 2026-11-22. Order is a graph, not a list of layers, so that one slow call holds back only what needs it: what
refers comes after what it refers to; a delete after every step that drops a reference to its target; who takes a
unique name after who gives it up. A holder that is itself to be deleted, or that waits in a ring of renames, gives
its name up first by a temporary one, because its delete must wait for those who refer to it. A status is reached
only over legal transitions, each a step of its own, and each writes the base of what it changed, so that a run that
dies in between does not look like somebody's edit. What differs is written with the first of these steps: an activity
is judged anew at each of them, and has to fit its fallback as the plan makes it. An entity has all its steps or none.

Left for later, known: additions are not yet put before the removals that they replace across entities (an entity is
patched in one go), so customers may for a moment see a fallback without its placement while both are rewritten.
"""
