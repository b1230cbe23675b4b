# The service as a small image without torch:
#   docker build -t digit-ocr . && docker run --rm --read-only -p 8000:8000 digit-ocr
# Steps 1 and 2 are plain pip: docs/service.md shows them in a virtual environment.

FROM python:3.12-slim AS build
WORKDIR /source
COPY . .
# 1. The wheel: code, page, weights.
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .
# 2. It and what serving needs, in an environment of their own.
RUN python -m venv /opt/digit-ocr \
    && /opt/digit-ocr/bin/pip install --no-cache-dir "$(ls /wheels/*.whl)[serve,heic]" \
    && /opt/digit-ocr/bin/pip uninstall --yes pip

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home digit-ocr
COPY --from=build /opt/digit-ocr /opt/digit-ocr
ENV PATH=/opt/digit-ocr/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    DIGIT_OCR_HOST=0.0.0.0 \
    DIGIT_OCR_PORT=8000
# By number, so that an orchestrator can see that it is not root.
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['DIGIT_OCR_PORT'] + '/healthz', timeout=2)"]
# SIGTERM finishes what has begun; give it longer than --shutdown-timeout-seconds.
STOPSIGNAL SIGTERM
ENTRYPOINT ["digit-ocr", "serve"]
