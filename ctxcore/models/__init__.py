"""Everything that holds weights. Nothing in ``measures`` or ``figures`` imports from here."""
