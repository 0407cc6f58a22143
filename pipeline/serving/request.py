"""The body of a request for a chat completion: OpenAI's fields, and `mucode` with what an answer is chosen by."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.serving.api_error import ApiError

UNSUPPORTED = ("tools", "functions", "response_format", "logprobs", "stop", "stream")
"""Fields whose meaning a search cannot keep; others that it does not know are ignored, as OpenAI's servers do."""
SHOWN = 200
"""Characters of a complaint."""


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)


class TextPart(_Part):
    """A piece of a message's text."""

    type: Literal["text"]
    text: str


class Message(_Part):
    """What one side said."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart]

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)


class StdioPair(_Part):
    """A test of a program of standard input and output."""

    model_config = ConfigDict(extra="forbid")
    input: str
    output: str


class SearchOptions(_Part):
    """What answers are tried on, and how many are sampled; of what is left out the server decides."""

    model_config = ConfigDict(extra="forbid")
    tests: list[str | StdioPair] = Field(default_factory=list)
    language: str = "python"
    entry_point: str | None = None
    best_of: int | None = Field(None, ge=1)
    turns: int | None = Field(None, ge=1)
    selector: Literal["pt", "lv", "pt_lv", "cluster", "mbr"] | None = None


class ChatRequest(_Part):
    """A request that has been read."""

    model_config = ConfigDict(extra="allow")
    model: str | None = None
    messages: list[Message] = Field(min_length=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    seed: int | None = Field(None, ge=0, lt=1 << 62)
    n: Literal[1] | None = None
    mucode: SearchOptions = Field(default_factory=SearchOptions)

    @property
    def prompt(self) -> str:
        return self.messages[0].text


def read_request(body: bytes) -> ChatRequest:
    """Raises ApiError for the first thing that is not as it should be; what was sent is not repeated."""
    try:
        found = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ApiError(400, f"{field or 'body'}: {first['msg']}"[:SHOWN], parameter=field) from None
    _require_supported(found)
    return found


def _require_supported(found: ChatRequest) -> None:
    extra: dict[str, Any] = found.model_extra or {}
    if (field := next((name for name in UNSUPPORTED if extra.get(name)), None)) is not None:
        raise ApiError(400, f"{field} is not supported here; leave it out", parameter=field)
    if [message.role for message in found.messages] != ["user"]:
        raise ApiError(
            400,
            "messages: expected one message of the user, the problem; later turns are made here, from what tests say",
            parameter="messages",
        )
