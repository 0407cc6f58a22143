"""The part of a model card that says how to load the model: programs that run as they stand, in its directory."""

from actors.prompting.dialogue import build_dialogue
from actors.prompting.prompts import PROMPT_FORMATS
from pipeline.export.chat_facts import ChatFacts
from pipeline.export.subject import ExportSubject
from sandbox.problem import FunctionTest, Problem

EXAMPLE = Problem(
    problem_id="example",
    prompt="Write a function double(n) that returns twice n.",
    public_tests=(FunctionTest("assert double(2) == 4"),),
    entry_point="double",
)
GENERATE = """\
```python
from transformers import AutoModelForCausalLM, AutoTokenizer

directory = "."  # this directory
tokenizer = AutoTokenizer.from_pretrained(directory)
model = AutoModelForCausalLM.from_pretrained(directory, dtype="auto")
chat = [{{"role": "user", "content": {prompt!r}}}]
asked = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False{variables})
ids = tokenizer(asked, add_special_tokens=False, return_tensors="pt").input_ids
answer = model.generate(ids, max_new_tokens={max_tokens}, do_sample=False)[0, ids.shape[1] :]
print(tokenizer.decode(answer, skip_special_tokens=True))
```"""
SCORE = """\
```python
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

directory, ends = ".", {ends}  # this directory; the tokens that end a turn
tokenizer = AutoTokenizer.from_pretrained(directory)
model = AutoModelForSequenceClassification.from_pretrained(directory, dtype="auto").eval()

def score(prompt, answer):
    chat = [{{"role": "user", "content": prompt}}, {{"role": "assistant", "content": answer}}]
    ids = tokenizer.encode(tokenizer.apply_chat_template(chat, tokenize=False{variables}), add_special_tokens=False)
    last = max(place for place, token in enumerate(ids) if token in ends)
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids[: last + 1]])).logits[0, 0].item()

print(score({prompt!r}, {answer!r}))
```"""


def usage_lines(subject: ExportSubject, facts: ChatFacts) -> list[str]:
    """How to answer with a generator, or how to score with a verifier."""
    return _scoring(subject, facts) if subject.is_verifier else _generating(subject, facts)


def _generating(subject: ExportSubject, facts: ChatFacts) -> list[str]:
    config, prompt = subject.config, _example_prompt(subject)
    room = f" --max-model-len {config.model.max_tokens}" if config.model.max_tokens else ""
    program = GENERATE.format(prompt=prompt, variables=facts.keyword_arguments, max_tokens=config.rollouts.max_tokens)
    return [
        "With transformers:",
        "",
        program,
        "",
        "With vLLM, as an OpenAI-compatible server:",
        "",
        f"```sh\nvllm serve .{room}{facts.server_option}\n```",
        "",
        f"It was trained on prompts of the format `{config.dialogue.style}`, as the one above, and on feedback of the "
        f"style `{config.dialogue.feedback}` from its second turn on; other prompts are other data."
        f"{_beginning(subject)}",
    ]


def _scoring(subject: ExportSubject, facts: ChatFacts) -> list[str]:
    program = SCORE.format(
        ends=set(facts.ends),
        variables=facts.keyword_arguments,
        prompt=_example_prompt(subject),
        answer="def double(n):\n    return 2 * n",
    )
    return [
        program,
        "",
        "The score is a logit without unit: of two answers to one prompt the one with the higher score is likelier "
        "right. It sees the first prompt and one answer, never a history.",
    ]


def _example_prompt(subject: ExportSubject) -> str:
    """As the run wrote first prompts; the problem alone if its format is of a plug-in, which a card does not import."""
    dialogue = subject.config.dialogue
    if dialogue.style not in PROMPT_FORMATS:
        return EXAMPLE.prompt
    return build_dialogue(dialogue.style, show_tests=dialogue.show_tests).first_prompt(EXAMPLE)


def _beginning(subject: ExportSubject) -> str:
    style = subject.config.dialogue.style
    begun = PROMPT_FORMATS[style].begun.beginning if style in PROMPT_FORMATS else ""
    return f" In training each answer was begun for the model with {begun!r}, which a plain chat does not do." * bool(
        begun
    )
