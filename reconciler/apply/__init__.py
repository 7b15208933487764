"""Carries a plan out.

Takes a ``Plan`` and a ``Writer``. Makes one ``Outcome`` for each step, and events while it works. Decides nothing
about what is to be done. Refuses to repeat a create whose answer was lost, and to overwrite what changed since it
was read.

Choices, 2026-11-22. A step starts as soon as all it requires is done, up to a number at once; one failure skips only
what requires it, by name. The report must be the truth, so an answer that was lost leads to a look at the instance:
if it is as wanted the step is done, and if that cannot be told either it is *unknown*, never *failed*.

2026-11-23. *A lost create* is looked for by name, and only our stamp counts, until the settle time is over: after it
nothing of the request can still arrive. Where names are unique asking again is then safe, since the repository refuses
the second of two; elsewhere it is not, and the step ends unknown. *The lease* is taken before live is read, so that no
plan is older than it. It is judged by the repository's clock alone, as the holder's may be wrong; an expired one is
taken only after the settle time, when the last requests of its run have landed. A holder cannot be told that it lost
its lease while it sleeps, so each step asks first whether the term has run out on a clock that only goes forward: a
term is counted from before its renewal was sent. *A patch* that meets a later revision goes on only if what it
touches, and our stamp, is as it was read; the plan keeps hashes of it, so that this holds for saved plans too. *A saved
plan* is judged whole before its first write, by the guards and against what is live; that a newer commit wrote what
it wants does not matter. A step after which another of the same entity is done is done as well,
whatever the instance looks like now: a temporary name is gone by then. *The journal* tells an intent before each write;
nothing reads it, so that losing it loses no truth.

2026-11-25. *The protocol of a run* (lease, a fresh look, prepare, write, wait for the lists, release) stands in ``run``
and not in the command line: the order of these is what the promises rest on, so whoever applies, a command or a
program, cannot leave one out.

2026-11-27. *The engine* only says which step may start; what becomes of one step, whichever answer is lost, stands in
``writing``. *Taking the lease* is a look at the anchor, by its name, and a conditional write: a register that is only
written if it is as it was read has to be read first. Where there is no anchor yet the write that makes it is the one
that takes it. A write first and a look only after its refusal would save nothing: nearly every run finds an anchor, and
would be refused. What was read before the lease is not used instead of the look: another run may have ended since.

2026-11-27. A saved plan is a conflict where it would leave a copy alone whose stamp names no instance: a fresh plan
refuses that too, and the next run would take the copy for the entity, and delete it.

2026-11-27. *A lost patch* is looked for until the settle time is over, as a lost create is: as long as nobody else has
written, a look that finds the old revision says nothing. What is still on its way at the end of a run, of any kind,
keeps the lease: a late patch or delete is of a plan that the next run may have taken back, and its ETag still fits. So
does a run that breaks off while it writes; no commit counts as applied then. *A lease whose first answer was lost* is
ours since that write, not since the look that found it.
"""
