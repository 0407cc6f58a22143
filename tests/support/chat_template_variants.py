"""Constructs that published templates are built of, re-made: loops that look back, refusals, thoughts, headers."""

from tests.support.chat_templates import QWEN_2_5

LLAMA_3_1 = """\
{{- bos_token }}
{%- if custom_tools is defined %}{% set tools = custom_tools %}{% endif %}
{%- if not tools_in_user_message is defined %}{% set tools_in_user_message = true %}{% endif %}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}{% set date_string = strftime_now("%d %b %Y") %}
    {%- else %}{% set date_string = "26 Jul 2024" %}{% endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] | trim %}{% set messages = messages[1:] %}
{%- else %}{% set system_message = "" %}{% endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if builtin_tools is defined or tools is not none %}{{- "Environment: ipython\\n" }}{% endif %}
{{- "Today Date: " + date_string + "\\n\\n" + system_message + "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
        {{- message['content'] | trim + '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}"""

_ALTERNATES = """\
{%- for message in messages %}
{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
{%- endif %}"""
GEMMA_2 = (
    "{{ bos_token }}"
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    + _ALTERNATES
    + """
{%- set role = 'model' if message['role'] == 'assistant' else message['role'] %}
{{- '<|turn|>' + role + '\\n' + (message['content'] | trim) + '<|turn_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|turn|>model\\n' }}{% endif %}"""
)
MISTRAL_3 = (
    "{{- bos_token }}{% set ns = namespace(users=0) %}"
    + _ALTERNATES
    + """
{%- if message["role"] == "user" %}{% set ns.users = ns.users + 1 %}{{- "[INST]" + message["content"] + "[/INST]" }}
{%- elif message["content"] is defined %}{{- message["content"] + eos_token }}{% endif %}
{%- endfor %}"""
)
LLAMA_2 = (
    _ALTERNATES
    + """
{%- if message['role'] == 'user' %}{{ bos_token + '[INST] ' + message['content'].strip() + ' [/INST]' }}
{%- else %}{{ ' ' + message['content'].strip() + ' ' + eos_token }}{% endif %}
{%- endfor %}"""
)
PHI_3 = (
    "{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{'<|system|>\\n' + message['content'] + '<|end|>\\n'}}"
    "{% elif message['role'] == 'user' %}{{'<|user|>\\n' + message['content'] + '<|end|>\\n'}}"
    "{% else %}{{'<|assistant|>\\n' + message['content'] + '<|end|>\\n'}}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}"
)
PHI_4 = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '<|im_sep|>' + message['content'] + '<|im_end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}"
)
DEEPSEEK_CODER = """\
{{- bos_token }}
{%- set ns = namespace(found=messages | selectattr('role', 'equalto', 'system') | list | length > 0) %}
{%- if not ns.found %}{{ 'You are an AI programming assistant.\\n' }}{% endif %}
{%- for message in messages %}
{%- if message['role'] == 'user' %}{{ '### Instruction:\\n' + message['content'] + '\\n' }}
{%- else %}{{ '### Response:\\n' + message['content'] + '\\n' + eos_token + '\\n' }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '### Response:\\n' }}{% endif %}"""
QWEN_3_LOOKS_BACK = """\
{%- set ns = namespace(looking=true, last_query=messages | length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages | length - 1) - loop.index0 %}
    {%- if ns.looking and message.role == "user" and not message.content.startswith('<tool_response>') %}
        {%- set ns.looking = false %}{% set ns.last_query = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content %}
    {%- if message.role == "user" %}{{- '<|im_start|>user\\n' + content + '<|im_end|>\\n' }}
    {%- else %}
        {%- set thought = '' %}
        {%- if message.reasoning_content is string %}{% set thought = message.reasoning_content %}
        {%- elif '</think>' in content %}
            {%- set thought = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {{- '<|im_start|>assistant\\n' }}
        {%- if loop.index0 > ns.last_query and (loop.last or thought) %}
            {{- '<think>\\n' + thought.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}{{- content }}{% endif %}
        {{- '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{% endif %}
{%- endif %}"""
SMOLLM_3 = """\
{%- set enable_thinking = enable_thinking if enable_thinking is defined else true %}
{{- "<|im_start|>system\\nToday Date: " ~ strftime_now("%d %B %Y") ~ "\\nReasoning Mode: " }}
{{- ("/think" if enable_thinking else "/no_think") ~ "\\n<|im_end|>\\n" }}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else "" %}
    {%- if message.role == "user" %}{{- "<|im_start|>user\\n" + content + "<|im_end|>\\n" }}
    {%- else %}{% generation %}
        {{- "<|im_start|>assistant\\n" + ("" if enable_thinking else "<think>\\n\\n</think>\\n") }}
        {{- content.lstrip("\\n") + "<|im_end|>\\n" }}{% endgeneration %}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- "<|im_start|>assistant\\n" + ("" if enable_thinking else "<think>\\n\\n</think>\\n") }}
{%- endif %}"""
R1_OPENS_A_THOUGHT = """\
{{- bos_token }}
{%- for message in messages %}
{%- if message['role'] == 'user' %}{{- '<|user|>' + message['content'] }}
{%- else %}{% set content = message['content'].split('</think>')[-1] %}
{{- '<|assistant|>' + content + eos_token }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|assistant|><think>\\n' }}{% endif %}"""
NO_HEADER = QWEN_2_5.partition("{%- if add_generation_prompt")[0]
NAMED = [{"name": "default", "template": QWEN_2_5}, {"name": "tool_use", "template": "{{ tools }}"}]
NAMED_WITHOUT_DEFAULT = [{"name": "tool_use", "template": QWEN_2_5}]
