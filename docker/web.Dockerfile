# The web process: no torch, no model, no watermark key.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements/web.lock requirements/web.lock
RUN python -m venv /opt/vivavoce \
 && /opt/vivavoce/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements/web.lock
COPY pyproject.toml README.md ./
COPY platform platform
COPY voices voices
COPY synthesis synthesis
COPY safeguards safeguards
RUN pip install --no-cache-dir build==1.3.0 hatchling==1.27.0 \
 && python -m build --wheel --no-isolation --outdir /tmp/dist \
 && /opt/vivavoce/bin/pip install --no-cache-dir --no-deps /tmp/dist/*.whl

FROM python:3.11-slim-bookworm
COPY --from=build /opt/vivavoce /opt/vivavoce
RUN useradd --system --uid 10001 --home-dir /srv/vivavoce --create-home vivavoce
# Outside the source tree, with safe paths: the folder named platform can never shadow the standard library here.
WORKDIR /srv/vivavoce
USER vivavoce
ENV PATH=/opt/vivavoce/bin:$PATH PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 VIVAVOCE_SHAPE=scale VIVAVOCE_ROLE=web VIVAVOCE_HOME=/srv/vivavoce/home
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/v1/healthz', timeout=2)"]
CMD ["uvicorn", "vivavoce.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--proxy-headers"]
