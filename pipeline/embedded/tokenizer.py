"""The tiny models' tokenizer: byte-level BPE and a compact chat, `<user>prompt<asst>program<end>`."""

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from sandbox.problem import Problem
from sandbox.problems.builtin.operators import SLOTS
from sandbox.problems.builtin.phrases import MADE_UP_WORDS

VOCABULARY = 896
PAD, USER, ASSISTANT, END = "<pad>", "<user>", "<asst>", "<end>"
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}<asst>{{ message['content'] }}<end>"
    "{% else %}<user>{{ message['content'] }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<asst>{% endif %}"
)
# Frequent pieces of programs stay whole (one token each) and digits apart, so that numbers are written alike.
_PIECES = r"\n    xs = |\n    return |def f\(xs\):|\[x for x in xs if x | for x in xs|\[x | ?\d| ?[a-z]+"


def build_tokenizer(problems: list[Problem]) -> PreTrainedTokenizerFast:
    """Train on prompts, programs, made-up words and every phrase: rare ones too, so that they are a few tokens each.

    The same for models that write other spellings of a line: an engine that holds one model can take the next.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    operators = [operator for slot in SLOTS for operator in slot]
    phrases = [phrase.format(k=3) for o in operators for phrase in (o.common, o.rare, o.vague)]
    feedback = ["got [3], expected [4, 5]", "got -12, expected 3", "IndexError: list index out of range"]
    feedback += ["ValueError: max() arg is an empty sequence", "ValueError: min() iterable argument is empty"]
    corpus = [text for problem in problems for text in (problem.prompt, problem.reference or "")]
    tokenizer.train_from_iterator(
        corpus
        + 20 * [f"{phrase}, {phrase}" for phrase in phrases]
        + 20 * feedback
        + 20 * [f"{word} {word}" for word in MADE_UP_WORDS],
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=[PAD, USER, ASSISTANT, END],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[USER, ASSISTANT],
        chat_template=CHAT_TEMPLATE,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=512,
    )
