# PACK in a container: the memory is the volume /memory, and an MCP server is on port 3005.
#
#   docker build --tag pack-memory .
#   docker run --publish 127.0.0.1:3005:3005 --volume pack-memory:/memory \
#       --env PACK_HTTP_TOKEN=… pack-memory
#   docker run --interactive --rm --volume pack-memory:/memory pack-memory serve     # stdio

ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /build
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY pack ./pack
COPY servers ./servers
COPY connectors ./connectors
COPY templates ./templates
RUN python -m venv /pack \
    && /pack/bin/pip install --no-cache-dir --require-hashes --no-deps --requirement requirements.lock \
    && /pack/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /pack/bin/pip uninstall --yes hatchling pip

FROM python:${PYTHON}-slim
LABEL org.opencontainers.image.title="PACK" \
      org.opencontainers.image.description="One memory for all your AI tools" \
      org.opencontainers.image.licenses="MIT" \
      io.modelcontextprotocol.server.name="io.github.pack-memory/pack-memory"
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 pack \
    && install --directory --owner pack --group pack /memory
COPY --from=build /pack /pack
ENV PATH=/pack/bin:$PATH \
    PACK_DIR=/memory \
    PYTHONUNBUFFERED=1
USER pack
WORKDIR /memory
VOLUME /memory
EXPOSE 3005
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:3005/health', timeout=4)"]
ENTRYPOINT ["pack"]
# Reached from outside the container, so it asks for PACK_HTTP_TOKEN and refuses to start without.
CMD ["serve", "--http", "--host", "0.0.0.0"]
