"""Who is shown what: a catalogue and a profile give a decision that can say why.

Takes a ``Catalogue`` of any origin (files, a Git revision, what is live, what a plan would leave), profiles and
context as plain data, an instant, counters and a seed. Makes ``Decision``s with a trace; reads decision cases and runs
them; tells by meaning what is odd in a catalogue. Refuses to guess: what another team manages is not known from the
files, and an offer whose rule cannot be evaluated is not shown, with a warning that says so.

    profile, counters, selection -> state -> prepare -> eligibility, ranking -> decide, trace
    cases -> trial -> coverage; meaning
    profiles (columns, parquet) -> impact <- workers

- ``state``: everything that holds for all instants: filters resolved, rules compiled once.
- ``prepare``: one activity at one instant: what is left when all is decided that no profile has a part in.
- ``profiles``: files of customers in pieces of bytes, which are decoded where they are counted; ``workers`` counts them
  in other processes, ``impact`` says what is counted and adds it up.
- ``ranking.choose_over``: the winners of a whole batch of profiles, without a trace; ``decide`` is the same for one
  profile, with a trace. A test holds the two against each other.

Choices, 2026-11-27. Nothing is random: a tie is broken by a hash of seed, activity, profile and offer, so neither
order nor batches matter, and one offer more moves only the profiles that gain or lose it. Offers are judged from the
highest priority down, and a rule is asked only for profiles that nothing higher has won. The trace is made apart from
the choice, so that a million profiles do not pay for it. What a rule sees of its candidate are the fields that have the
same meaning everywhere: name, status, characteristics and rank, not the tags, whose ids differ between environments.
Lint by meaning says nothing that it cannot prove: an offer behind a better one is not reported while the better one may
be taken by another activity of the same request, has a cap, or looks at itself in its rule.
Parquet is read by columns with small buffers and in ranges of rows, by one process: pyarrow alone takes 50 MB in each.
Counts of impact add up in any order, so pieces may be counted anywhere; examples are those that stand first in the
file. Two states share verdicts and compiled rules; an activity that decides the same in both is decided once.
"""
