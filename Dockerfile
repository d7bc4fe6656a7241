# One image for api, worker and cli; the command chooses:
#   node dist/apps/api/src/main.js (default) · node dist/apps/worker/src/main.js · node dist/apps/cli/src/main.js <command>
# Debian, not Alpine: chDB has no musl build.
FROM node:24-bookworm-slim AS build
WORKDIR /app
# The dependencies change less often than the sources: a layer of their own.
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
# Left to itself on a large machine, V8 keeps up to 128 MiB for young objects alone, and lets old ones pile up (ADR 0047).
ENV NODE_OPTIONS="--max-semi-space-size=16 --max-old-space-size=512"
ENV NODE_ENV=production \
    IMBI_HOST=0.0.0.0 \
    IMBI_PORT=8300 \
    IMBI_DATA_DIR=/var/lib/imbi
WORKDIR /app
RUN install -d -o node -g node -m 700 /var/lib/imbi
# Owned by root: the running process cannot change its own code.
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
EXPOSE 8300
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.IMBI_PORT}/status`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/apps/api/src/main.js"]
