"""Around every request: its id, security headers, one line of log, metrics, and no traceback."""

from __future__ import annotations

import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digit_ocr.service import problems
from digit_ocr.service.logs import logger
from digit_ocr.service.metrics import ServiceMetrics
from digit_ocr.service.problems import problem_response

CLIENT_GONE_STATUS = 499
"""For log and metrics, as nginx has it: nobody was there to be answered."""
ENDPOINTS = ("/v1/read", "/v1/predict", "/healthz", "/metrics", "/docs", "/openapi.json")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class RequestContext:
    """The outermost middleware; what inner ones and routes add to `state["log"]` is logged."""

    def __init__(self, app: ASGIApp, metrics: ServiceMetrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["log"] = {}
        endpoint = scope["path"] if scope["path"] in ENDPOINTS else "page"
        status = CLIENT_GONE_STATUS
        responded = False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, responded
            if message["type"] == "http.response.start":
                status = message["status"]
                responded = True
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                # An answer about somebody's picture stays in no cache; the page is revalidated.
                caching = "no-cache" if endpoint == "page" else "no-store"
                headers.setdefault("Cache-Control", caching)
            await send(message)

        failed = False
        try:
            await self.app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = CLIENT_GONE_STATUS
        except Exception:
            failed = True
            logger.exception("request failed", extra={"fields": {"request_id": request_id}})
            if not responded:
                self.metrics.refusals.labels(problems.INTERNAL_ERROR.code).inc()
                response = problem_response(
                    problems.INTERNAL_ERROR, "an unexpected error; the log has it", request_id
                )
                await response(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            self.metrics.requests.labels(endpoint, str(status)).inc()
            self.metrics.request_seconds.labels(endpoint).observe(seconds)
            fields = {
                "request_id": request_id,
                "method": scope["method"],
                "endpoint": endpoint,
                "status": status,
                "seconds": round(seconds, 6),
                **state["log"],
            }
            # Probes and scrapes come every few seconds, and say nothing while all is well.
            quiet = endpoint in ("/healthz", "/metrics") and status < 400 and not failed
            (logger.debug if quiet else logger.info)("request", extra={"fields": fields})


def _request_id(scope: Scope) -> str:
    """Return the client's request id where it is a harmless word, a new one otherwise."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
