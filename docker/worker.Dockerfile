# Every worker role. The wheel of torch 2.11 brings its CUDA libraries, so a plain base serves CPU and NVIDIA GPUs alike
# (the host needs the NVIDIA container toolkit, nothing else).
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements/worker.lock requirements/worker.lock
RUN python -m venv /opt/vivavoce \
 && /opt/vivavoce/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements/worker.lock
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
WORKDIR /srv/vivavoce
USER vivavoce
ENV PATH=/opt/vivavoce/bin:$PATH PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 OMP_NUM_THREADS=1 VIVAVOCE_SHAPE=scale VIVAVOCE_HOME=/srv/vivavoce/home
CMD ["vivavoce", "worker", "--queues", "analysis"]
