"""How a suite is judged, and what is made of what comes out of a box: the verdict is decided here, on the host.

May import languages, checkers, containers and the rooms below. The way of one program:
plan (calls, checks or cases, from trusted text) → judge (starts the runs) → conversation (tests in a judge box) →
answers (what a box said), checking (whether an output is right) and endings (how its run ended), each giving a failure
or none → tally (a result per test) → an Outcome. Nothing a program says can raise here, or become unjudged or an
infrastructure error.
"""
