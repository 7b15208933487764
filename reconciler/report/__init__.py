"""Products in words, and as JSON documents.

Takes any product: problems, a graph, a plan, a report of outcomes, drift. Makes text for 80 columns, and dicts for
JSON. Decides nothing. Refuses to let text from files or the repository steer a terminal: control, bidirectional and
zero-width characters are made visible.

Choices, 2026-11-22. Edits made live that a plan would undo come first, then deletes, patches, creates: what costs
most to overlook is read first. A create is one line, because its fields are in the diff that is under review; a patch
shows every leaf with the line that caused it. Colours only repeat what the symbols say.
Markdown is for comments on pull requests: text of others stands in ``<code>`` with all but letters and digits as
entities, so that it is neither markup nor a mention; the details are folded, and cut where a comment would be too long.
"""
