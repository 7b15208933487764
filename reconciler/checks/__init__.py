"""What is wrong in a catalogue that can be read.

Takes a catalogue and its graph. Makes ``Problem``s: errors that would break the live catalogue, and warnings about
what customers would never, or only, see. One file for each group of codes, all pure; the instant is an argument.

Choices, 2026-11-22: offers and activities that are not in service still count as users of tags, rules and placements
(somebody is preparing them), but an archived offer or activity is not asked to be reachable. While an entity or a
file cannot be read, nothing is said about what seems to be missing: it may be written there. Of the two documented
limits for the size of an offer we check the larger one, 300 kB; the smaller would refuse documented examples.
"""
