# The simulated router as an image: `docker build -f deploy/routeros-sim.Dockerfile -t routeros-sim .`

FROM rust:1.95.0-bookworm AS build
# The image's own toolchain is the one of rust-toolchain.toml; nothing else is to be fetched.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package routeros-sim

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin sim
COPY --from=build /src/target/release/routeros-sim /usr/local/bin/routeros-sim
USER 10001:10001
EXPOSE 8728 8729 8730
ENTRYPOINT ["routeros-sim", "--listen", "0.0.0.0:8728", "--tls-listen", "0.0.0.0:8729", "--control", "0.0.0.0:8730"]
