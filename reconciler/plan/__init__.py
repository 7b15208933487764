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

*Grow before shrink*, 2026-11-23. No way through the steps, cut off anywhere, may starve a live activity. Growing is
monotone, so it would do to let everything grow before anything shrinks; but that makes every change wait for every
other, and splits every patch. Instead each activity has two *witnesses*: an offer that it can show before the plan,
kept until one that it can show after it is there. They are chosen so that few have to wait, mostly nobody: an offer
that nothing happens to is both. "Selects nothing" is judged as strictly as holds at both ends: by the filter, then
approved, then with the placement, then in its calendar; so whichever of these a reader means, it is kept. A filter's
list and an offer's tags, representations, calendar and status can be in between; an activity, and a filter that
chooses in another way, change at once. A patch is split only where what waits for what would else be a ring. A ring
that is left (two activities that trade filters which both change their form) has no solution: one of them is starved,
as shortly as can be, and a warning says so. The repository judges an activity, live or not, by its fallback whenever
it is written, so its fallback has what it needs before each of its writes. An activity goes live after the first ten
offers that it will show; all of them would be activities times offers. The first part of a split patch writes the
bases of what it wrote, and keeps the others: cut off there, nothing looks like somebody's edit. An archiving directly
precedes the delete that needs it.

*Guards* look at what is planned, not at what was left out. What is protected (by its file, its stamp, or the last
applied commit) refuses the whole plan, and no number overrules that. A refusal to undo edits made live is judged by
``apply`` only, where nobody can look at the plan. Guards judge steps and not changes, so that a saved plan is judged
by the same rules when it is carried out, 2026-11-27: by what is stamped ours and protected then, and by the commit
last applied then; what was allowed when it was made holds, and what was refused stays so until it is overruled. Shares
are of what was ours before the plan, so that what it adopts, or has deleted already, changes nothing. Archiving is
forbidden to what is protected whatever it was before, though only what was in service counts as taken out of it. *The
clock* decides nothing in a plan but which fields `ignore` hides and which offers are shown meanwhile; where that makes
another order necessary the digest differs, since the one that was agreed to would starve somebody. *What a step leaves
alone* keeps its references: a delete waits for nobody who will not let go, it is a problem. *A part of a plan* takes
of each entity all steps or none, and with them the entities whose steps they require; what is excluded takes those
with it that require its steps. An external that was not found has no step, and still is one of those that are
required; a part that does not need it does not ask for it. *Reach* counts with one bit for each activity and each
instance outside, so that it is one walk over all references; the first twenty names of each sort are told.

2026-11-27. *Likely renames*: what agrees in every field is paired by hash. Else a create is compared with at most
twenty deletes, those that share its rarest values, and of very many those that stand where it stands in the order of
keys: a new prefix leaves that order as it was. *Others' instances* are judged as they are live, by the same checks that
judge our own files offline; only what ours make of them is told, since nobody here can mend theirs.

2026-11-28. *What is blocked stays as it is*, and so does what refers to it: growth is asked with those left unchanged,
since customers go on seeing them. An activity that keeps its filter goes before it where the filter would lose what the
activity shows now and what it shows next is seen through both.
"""
