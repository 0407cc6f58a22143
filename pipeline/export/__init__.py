"""Handing a trained model on: a plain Hugging Face directory with a model card, made of a run directory.

May import `report`, `model_files`, `stages`, `state` and what lies below them. `subject` finds what is exported,
`licence` what is known of its base model's licence, `chat_facts` what its tokenizer says, `card` writes README.md with
the parts of `card_results` and `card_usage`, `directory` writes all files, whole or not at all. The numbers of the card
are those of the report, by the same functions.
"""
