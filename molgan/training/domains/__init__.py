"""From one set of molecules to another: adaptation to a few examples, translation between two sets."""
