"""Dials of a study: one property of the problems, or of the models, turned step by step.

`spec` is their table in the study file, of which `pipeline.study.runs` makes runs; `results` what came out.
"""
