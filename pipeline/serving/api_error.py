"""What an endpoint refuses: a status and a sentence, as OpenAI's API writes them."""

from typing import Any


class ApiError(Exception):
    """An answer that is an error. `kind`: as in "invalid_request_error"; `parameter`: the field that is wrong."""

    def __init__(
        self, status: int, message: str, *, kind: str = "invalid_request_error", code: str = "", parameter: str = ""
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.code, self.parameter = status, kind, code, parameter

    def body(self) -> dict[str, Any]:
        error = {"message": str(self), "type": self.kind, "param": self.parameter or None, "code": self.code or None}
        return {"error": error}


def too_busy(message: str) -> ApiError:
    return ApiError(429, message, kind="rate_limit_error", code="queue_full")


def too_late(seconds: float) -> ApiError:
    return ApiError(
        504, f"no answer within {seconds:g} s; ask for fewer answers or turns", kind="timeout", code="deadline"
    )


def unavailable(message: str) -> ApiError:
    return ApiError(503, message, kind="server_error", code="unavailable")
