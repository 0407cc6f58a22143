"""A study: many runs that differ in a few settings, their shared stages computed once, one table, one report."""
