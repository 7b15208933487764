"""What is live.

Takes a ``Reader``. Makes a ``LiveState``: every instance of the seven kinds, whether the reading is complete, and
``Identity``: which instance is which entity of a catalogue. Refuses to guess: identity is the pin, then the stamp,
never the name.

Choices, 2026-11-22. *Completeness*: a short page must never look like a deletion, so each page's remainder is checked
against the next page's total, and a kind that does not add up is read again; what still does not add up is reported
as incomplete, and no step is planned from it. *Copies*: pages of the repository can duplicate an instance with its
stamp. The original is the one whose stamp names itself, else the earliest of those whose stamp names
none. A stamp that names another instance marks a copy even when it stands alone: deleting it because its original is
gone would delete what is not ours. If the original cannot be told, the entity is blocked rather than guessed. *Pins*
break that tie, and are consent to take an instance over; against a stamp that stands elsewhere they are an error.
*Candidates*, 2026-11-23: creating beside an instance that a page's save has stripped of its stamp would make the entity
twice, so one that may be meant blocks its entity until somebody says whose it is. What its lost copy's stamp names
counts more than who refers to it, and that more than its name, since the page can change the name in the same save.
*The anchor* is a tag, because tags have unique names: making it is a compare-and-set on a repository that has no locks.
It is set apart while reading, so that no other room can take it for an instance. Everything it keeps stands in one
link, so that one patch changes all of it or nothing; a page's save can strip that link as it can any stamp, and then
the tag is refused by name rather than guessed at.
*Moves* rewrite the stamp in the first patch that the instance gets, which names it too: beside an instance whose stamp
of now names itself, a stamp of before that does not is a copy's. Else two stamps that come to mean one key block it.
*Externals*, 2026-11-27, become entities of what the checks read of them and no more: their values obey no rule of ours.
*Whose repository* the anchor names is asked by ``plan`` as well, 2026-11-27: who is told first at ``apply`` has
reviewed a plan that was never theirs.

2026-11-27. *A candidate of several entities* happens where a page's save has stripped a stamp and a commit has split
what referred to it. An instance becomes one entity: the one of its name, else the one that somebody names.
"""
