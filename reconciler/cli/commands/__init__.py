"""One file for each command, and the registry by which the program finds them.

The registry says what ``--help`` prints of each, so that no command is imported to be listed. A test compares it with
the commands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Offered(NamedTuple):
    """module: where the command is, under the module's own name.   help: the first line of its own help."""

    module: str
    help: str


COMMANDS: Mapping[str, Offered] = {
    "init": Offered("init", "Make a small working catalogue in DIR."),
    "validate": Offered("validate", "Check a catalogue offline, without a repository."),
    "plan": Offered("plan", "Show what apply would do. Writes nothing."),
    "show": Offered("show", "Show a saved plan, or one entity: file, base and live."),
    "apply": Offered("apply", "Make live as Git says: plan, ask, carry out."),
    "drift": Offered("drift", "Tell who is ahead, Git or live, field by field."),
    "pull": Offered("pull", "Take edits made live into the files."),
    "import": Offered("import_", "Write files for live instances that have none."),
    "list": Offered("list_", "List what this catalogue manages: key, live status, name, URI."),
    "destroy": Offered("destroy", "Delete all that this catalogue manages."),
    "unlock": Offered("unlock", "Free the lease of a dead run."),
    "graph": Offered("graph", "Draw who refers to whom."),
    "eval": Offered("eval_", "Evaluate a rule."),
    "decide": Offered("decide", "Decide what a profile is shown, and why not the other offers."),
    "test": Offered("test", "Run the decision cases in decisions/*.yaml."),
    "impact": Offered("impact", "Tell which customers a change shows other offers."),
    "serve": Offered("serve", "Run the embedded repository over HTTP."),
    "snapshot": Offered("snapshot", "Move the content of an embedded repository."),
}
