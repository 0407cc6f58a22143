"""How further families of models write a chat, re-made small: what stands around an answer, and what it does to one."""

TURNS = (
    "{%- for m in messages %}{{- HEADER + m.content + END }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{ OPEN }}{% endif %}"
)


def _turns(header: str, end: str, opened: str, first: str = "") -> str:
    """A template of turns alike; `header`, `end` and `opened` are Jinja expressions."""
    return first + TURNS.replace("HEADER", header).replace("END", end).replace("OPEN", opened)


_ROLE = "('model' if m.role == 'assistant' else m.role)"
_CHATML = {"header": "'<|im_start|>' + m.role + '\\n'", "end": "'<|im_end|>\\n'"}
_SPLIT = "(m.content.split('</think>')[-1] if m.role == 'assistant' else m.content)"

CHATML = _turns(**_CHATML, opened="'<|im_start|>assistant\\n'")
SMOLLM_2 = _turns(
    **_CHATML,
    opened="'<|im_start|>assistant\\n'",
    first="{{- '<|im_start|>system\\nHelp.<|im_end|>\\n' if messages[0].role != 'system' }}",
)
GEMMA = _turns(
    header=f"'<|turn|>' + {_ROLE} + '\\n'",
    end="'<|turn_end|>\\n'",
    opened="'<|turn|>model\\n'",
    first="{{- bos_token }}",
).replace("m.content", "m.content | trim")
PHI = _turns(header="'<|' + m.role + '|>\\n'", end="'<|end|>\\n'", opened="'<|assistant|>\\n'")
MISTRAL = """\
{{- bos_token }}
{%- for m in messages %}
{%- if m.role == "user" %}{{- "[INST] " + m.content + " [/INST]" }}
{%- else %}{{- " " + m.content | trim + eos_token }}{% endif %}
{%- endfor %}"""
DEEPSEEK = """\
{{- bos_token }}
{%- for m in messages %}
{%- if m.role == "user" %}{{- "User: " + m.content + "\\n\\n" }}
{%- else %}{{- "Assistant: " + m.content + eos_token }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ "Assistant:" }}{% endif %}"""
QWEN_3 = """\
{%- for m in messages %}
{%- set thought = "<think>\\n\\n</think>\\n\\n" if m.role == "assistant" and loop.last else "" %}
{{- "<|im_start|>" + m.role + "\\n" + thought + m.content + "<|im_end|>\\n" }}
{%- endfor %}
{%- if add_generation_prompt %}{{ "<|im_start|>assistant\\n" }}
{%- if enable_thinking is defined and enable_thinking is false %}{{ "<think>\\n\\n</think>\\n\\n" }}{% endif %}
{%- endif %}"""
QWEN_3_ALWAYS = QWEN_3.replace("enable_thinking is defined and enable_thinking is false", "false")
GPT_OSS = """\
{%- for m in messages %}
{%- set channel = "<|channel|>final<|message|>" if m.role == "assistant" else "<|message|>" %}
{{- "<|start|>" + m.role + channel + m.content + "<|end|>" }}
{%- endfor %}
{%- if add_generation_prompt %}{{ "<|start|>assistant" }}{% endif %}"""
GLM = """\
{%- for m in messages %}{{- "<|" + m.role + "|>\\n" + m.content }}{%- endfor %}
{%- if add_generation_prompt %}{{ "<|assistant|>\\n" }}{% endif %}"""
R1_DISTILL = _turns(header="'<|' + m.role + '|>'", end="eos_token", opened="'<|assistant|>'").replace(
    "m.content", _SPLIT
)
STRICT = "{{- raise_exception('only the first turn has a system prompt') if messages | length > 2 }}" + CHATML
