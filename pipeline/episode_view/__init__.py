"""All episodes of a run for a person: a page to filter, sort and search from disk, and logs for Inspect's viewer.

choice says which episodes, within a limit; reading streams them with their scores; facts is what is known of one at a
glance. packing makes text of strangers harmless to a script; chunks and page write the page, whose own scripts lie in
scripts/. inspect_sample and inspect_logs write the same episodes as logs of Inspect. Reads only; may import report and
what is below. Nothing here imports a plug-in or starts Ray.
"""
