# The servers of `lab serve` in a container. TURN relays on many ports, so give it the host's network:
#   docker build -t punchlab .
#   docker run --network host -v punchlab:/var/lib/punchlab punchlab [--address 203.0.113.5]
FROM node:22-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY shims shims
COPY core core
COPY simulator simulator
COPY kernel-lab kernel-lab
COPY reports reports
COPY lab-cli lab-cli
COPY bench bench
RUN npm ci && npm prune --omit=dev

FROM node:22-bookworm-slim
WORKDIR /opt/punchlab
COPY --from=build /src/package.json ./
COPY --from=build /src/shims shims
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
RUN install -d -o node -g node -m 700 /var/lib/punchlab
USER node
VOLUME /var/lib/punchlab
# SIGTERM ends it in good order; readiness is on the metrics port.
HEALTHCHECK CMD ["node", "-e", "fetch('http://127.0.0.1:9478/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/lab-cli/main.js", "serve", "--state", "/var/lib/punchlab"]
