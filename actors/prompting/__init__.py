"""What models read, and how their answers are read.

`prompts` is the table of prompt formats, `feedback` that of feedback styles, `dialogue` puts one of each together, and
`chat_template` turns messages into token ids. `reading` and `evalplus` find programs in answers, `begun_answer` frames
them. Imports ids and the sandbox's problems and verdicts. To add a prompt format or a feedback style, write a row of
`PROMPT_FORMATS` or `FEEDBACK_STYLES`, or name one of your own.
"""
