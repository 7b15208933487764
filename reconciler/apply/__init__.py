"""Carries a plan out.

Takes a ``Plan`` and a ``Writer``. Makes one ``Outcome`` for each step, and events while it works. Decides nothing
about what is to be done. Refuses to repeat a create whose answer was lost, and to overwrite what changed since it
was read.

Choices, 2026-11-22. A step starts as soon as all it requires is done, up to a number at once; one failure skips only
what requires it, by name. The report must be the truth, so an answer that was lost leads to a look at the instance:
if it is as wanted the step is done, and if that cannot be told either it is *unknown*, never *failed*. A create
cannot be looked at that way (its address is not known), so it ends *unknown*, and the next run finds the instance by
its stamp.
"""
