"""What is live.

Takes a ``Reader``. Makes a ``LiveState``: every instance of the seven kinds, whether the reading is complete, and
``Ownership``: which instance is which entity of a catalogue. Refuses to guess: identity is the stamp, never the name.

Choices, 2026-11-22. *Completeness*: a short page must never look like a deletion, so each page's remainder is checked
against the next page's total, and a kind that does not add up is read again; what still does not add up is reported
as incomplete, and no step is planned from it. *Copies*: pages of the repository can duplicate an instance with its
stamp. The original is the one whose stamp names itself, else the earliest of those whose stamp names
none. A stamp that names another instance marks a copy even when it stands alone: deleting it because its original is
gone would delete what is not ours. If the original cannot be told, the entity is blocked rather than guessed.
"""
