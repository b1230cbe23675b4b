"""Refusals as problem+json (RFC 9457): every one has a stable `type` and one line of words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "/problems/"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One kind of refusal: `type` is `/problems/CODE`, which the service also explains there."""

    code: str
    status: int
    title: str
    advice: str

    @property
    def type(self) -> str:
        """The stable `type` of the problem, an address on this service."""
        return TYPE_PREFIX + self.code


BAD_REQUEST = ProblemKind(
    "bad-request", 400, "The request is malformed", "Send a well-formed HTTP request."
)
NO_PICTURE = ProblemKind(
    "no-picture",
    400,
    "The request holds no picture",
    "Send the picture's bytes as the body, or as the multipart field `file`.",
)
API_KEY_REQUIRED = ProblemKind(
    "api-key-required",
    401,
    "The API key is missing or wrong",
    "Send `Authorization: Bearer KEY` or `X-API-Key: KEY`.",
)
NOT_FOUND = ProblemKind("not-found", 404, "There is nothing here", "See /docs for the endpoints.")
METHOD_NOT_ALLOWED = ProblemKind(
    "method-not-allowed", 405, "The method is not allowed here", "See /docs for the endpoints."
)
UPLOAD_TOO_SLOW = ProblemKind(
    "upload-too-slow", 408, "The request took too long to arrive", "Send a smaller picture."
)
UPLOAD_TOO_LARGE = ProblemKind(
    "upload-too-large", 413, "The request has too many bytes", "Send fewer or smaller pictures."
)
TOO_MANY_FILES = ProblemKind(
    "too-many-files", 413, "The request holds too many files", "Send them in several requests."
)
TOO_MANY_PIXELS = ProblemKind(
    "too-many-pixels", 413, "The picture has too many pixels", "Make the picture smaller."
)
UNSUPPORTED_PICTURE = ProblemKind(
    "unsupported-picture",
    415,
    "The bytes are no picture that we decode",
    "Send PNG, JPEG, WebP, TIFF, BMP or GIF; the content counts, not the declared type.",
)
IMAGE_NOT_READABLE = ProblemKind(
    "image-not-readable", 422, "The picture cannot be decoded", "Check that the file is whole."
)
NO_DIGIT_FOUND = ProblemKind(
    "no-digit-found",
    422,
    "The picture shows no digit",
    "Send a picture of one digit, or use /v1/read for whole pages.",
)
INVALID_PARAMETER = ProblemKind(
    "invalid-parameter", 422, "A parameter is invalid", "See /docs for the parameters."
)
INTERNAL_ERROR = ProblemKind(
    "internal-error",
    500,
    "The service failed",
    "Report it with the request id; the log holds the reason.",
)
QUEUE_FULL = ProblemKind(
    "queue-full", 503, "The service is busy", "Try again after the seconds in `Retry-After`."
)
NOT_READY = ProblemKind(
    "not-ready", 503, "The models are not loaded yet", "Wait until /healthz answers 200."
)
TIMED_OUT = ProblemKind(
    "timed-out", 504, "Reading took longer than allowed", "Send a smaller picture or fewer files."
)

PROBLEM_KINDS = {
    kind.code: kind for kind in tuple(globals().values()) if isinstance(kind, ProblemKind)
}


class Refusal(Exception):
    """A request that is answered with a problem; `detail` says what was wrong with this one."""

    def __init__(
        self, kind: ProblemKind, detail: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = headers or {}

    def to_dict(self) -> dict[str, str]:
        """Return it as the `error` of one picture among several."""
        name = "NoDigitFound" if self.kind is NO_DIGIT_FOUND else "ImageNotReadable"
        if self.kind is INVALID_PARAMETER:
            name = "InvalidParameter"
        return {"type": name, "message": self.detail, "problem": self.kind.type}


def problem_response(
    kind: ProblemKind, detail: str, request_id: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Return the problem+json answer of a refusal."""
    content: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "request_id": request_id,
    }
    return JSONResponse(content, kind.status, headers, MEDIA_TYPE)
