# MinIO, built from source: its makers publish no current image any more, and the last public one (2025-09-07) lacks the fix of
# CVE-2025-62506. MinIO is under the AGPL; CFGen talks to it by the S3 protocol alone and distributes nothing of it.
#
#   docker build -f infra/docker/minio.Dockerfile -t cfgen/minio:20260212201848 infra/docker
#
# The compilation takes minutes and about 2 GB of space.
FROM golang:1.26.8-bookworm AS build
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
# A commit, by the name that the Go proxy gives it: it serves no release tag of MinIO. Go checks its hash against sum.golang.org.
ARG MINIO_VERSION=v0.0.0-20260212201848-7aac2a2c5b7c
RUN go install -trimpath "github.com/minio/minio@${MINIO_VERSION}" && install -d -o 1000 -g 1000 -m 0750 /data

# Not distroless: the health check needs a program that can ask over HTTP.
FROM alpine:3.22.2
COPY --from=build /go/bin/minio /usr/local/bin/minio
COPY --from=build --chown=1000:1000 /data /data
# HOME: it makes a folder for certificates there, and the root may be read-only.
ENV HOME=/tmp MINIO_BROWSER=off MINIO_UPDATE=off MINIO_CALLHOME_ENABLE=off
USER 1000:1000
EXPOSE 9000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=6 \
  CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9000/minio/health/ready"]
ENTRYPOINT ["minio"]
CMD ["server", "/data", "--address", ":9000", "--quiet"]
